"""Spans of groups reach a collector of OpenTelemetry, and one that is away harms nobody."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.cluster import eventually
from tests.command import run
from tests.conftest import StartService
from tests.service import free_port

VIEWS = {"a": {"2025-07-16T10:00:00Z": 40}, "b": {"2025-07-16T10:00:00Z": 2}}


class Collector(ThreadingHTTPServer):
    """Takes spans."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Export)
        self.bodies: list[bytes] = []


class _Export(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Be silent."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as listening:
        Thread(target=listening.serve_forever, daemon=True).start()
        yield listening
        listening.shutdown()


def test_the_password_of_a_collector_is_not_shown(tmp_path: Path) -> None:
    for scheme in ("https", "ftp"):
        told = run(tmp_path, "config", settings={"HOURMILL_TRACES_URL": f"{scheme}://u:hidden@collector/v1/traces"})
        assert (told.returncode, "HOURMILL_TRACES_URL" in told.stdout + told.stderr) == (
            0 if scheme == "https" else 3,
            True,
        )
        assert "u:hidden" not in told.stdout + told.stderr


def test_a_group_is_a_span_with_its_figures(start_service: StartService, collector: Collector) -> None:
    service = start_service({"HOURMILL_TRACES_URL": f"http://127.0.0.1:{collector.server_port}/v1/traces"})
    assert service.post("/page-views/multi", VIEWS).status == 200
    assert service.stop() == 0
    exported = [ExportTraceServiceRequest.FromString(body) for body in collector.bodies]
    spans = [span for one in exported for resource in one.resource_spans for scope in resource.scope_spans
             for span in scope.spans]  # fmt: skip
    assert [span.name for span in spans] == ["group"]
    assert {entry.key: entry.value.int_value for entry in spans[0].attributes} == {
        "hourmill.requests": 1, "hourmill.views": 42}  # fmt: skip
    assert spans[0].start_time_unix_nano < spans[0].end_time_unix_nano


def test_a_collector_that_is_away_harms_nobody(start_service: StartService) -> None:
    service = start_service({"HOURMILL_TRACES_URL": "http://127.0.0.1:1/v1/traces"})
    assert service.post("/page-views/multi", VIEWS).status == 200
    assert service.stop() == 0


async def test_neither_password_nor_query_of_a_collector_that_is_away_is_logged(start_service: StartService) -> None:
    url = f"http://u:hiddenword@127.0.0.1:{free_port()}/v1/traces?token=hiddenquery"
    service = start_service({"HOURMILL_TRACES_URL": url})
    assert service.post("/page-views/multi", VIEWS).status == 200

    async def told() -> bool:
        return "/v1/traces?***" in service.log_file.read_text()  # the library's own words

    await eventually(told)
    assert service.stop() == 0
    said = service.log_file.read_text()
    assert "hidden" not in said
