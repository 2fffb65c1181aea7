"""A request can be found again by the name that its client gave it, and a fault of ours by ours."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs
from tests.service import RunningService

from hourmill.cli.settings import load
from hourmill.http.answer import Answer, Headers
from hourmill.http.gate import Route
from hourmill.wiring.api import service as opened

VIEW = {"page": "a", "timestamp": "2025-07-16T10:00:00Z"}


@pytest.mark.parametrize("name", ["7f3d-0001", "~" * 128])
def test_the_name_of_a_request_comes_back(service: RunningService, name: str) -> None:
    headers = [("X-Request-Id", name)]
    answers = [service.post("/page-views/single", VIEW, headers), service.post("/page-views/single", b"{", headers),
               service.get("/report?page=a", headers), service.get("/nothing", headers)]  # fmt: skip
    assert [answer.status for answer in answers] == [200, 400, 200, 404]
    assert all(answer.headers["x-request-id"] == name for answer in answers)


@pytest.mark.parametrize("name", ["", "two words", "ü", "~" * 129])
def test_a_name_that_could_do_harm_does_not(service: RunningService, name: str) -> None:
    answer = service.get("/nothing", [("X-Request-Id", name)])
    assert "x-request-id" not in answer.headers


class Request:
    """A request and its response."""

    method = "GET"
    path = "/health"
    query_string = ""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self.headers = headers
        self.answer = Answer(0, [], b"")

    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None:
        self.answer = Answer(status, headers, body)


async def broken(*_: object) -> Answer:
    raise RuntimeError("a fault of ours")


@pytest.mark.parametrize("given", [{}, {"x-request-id": "7f3d"}])
async def test_a_fault_of_ours_is_told_and_logged_under_one_name(tmp_path: Path, given: dict[str, str]) -> None:
    async with opened(load({"DATABASE_URL": f"sqlite:///{tmp_path}/views.db"})) as app:
        app._routes["/health"]["GET"] = Route(broken)
        request = Request(given)
        with capture_logs() as lines:
            await app.__rsgi__(request, request)  # type: ignore[arg-type]
        status, headers, body = request.answer
        problem = msgspec.json.decode(body)
        assert status == problem["status"] == 500
        assert (
            problem["request_id"] == dict(headers)["x-request-id"] == given.get("x-request-id", problem["request_id"])
        )
        assert "a fault of ours" not in body.decode()
        failed = [line for line in lines if line["event"] == "request failed"]
        assert [(line["route"], line["request_id"]) for line in failed] == [("/health", problem["request_id"])]
        assert app.figures().refused == {"RuntimeError": 1}
