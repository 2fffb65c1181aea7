"""How requests reach the service, over real HTTP: connections, HEAD, chunked bodies, bodies up to their limit."""

import os
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen

import pytest
from tests.acceptance.answers import success
from tests.acceptance.routes import CHUNKS, MULTI, MULTI_LIMIT, SINGLE, SINGLE_LIMIT, TEN
from tests.client import Connection, chunked, head
from tests.service import COMMAND, RunningService, free_port


def test_the_service_can_be_reached_when_it_says_so(tmp_path: Path) -> None:
    port, environment = free_port(), {"PATH": os.environ["PATH"]}
    arguments = [COMMAND, "serve", "--port", str(port)]
    with Popen(arguments, cwd=tmp_path, env=environment, stdout=PIPE, stderr=DEVNULL) as process:
        assert process.stdout is not None
        try:
            assert b"is counting at" in process.stdout.readline()
            with Connection(port) as connection:
                assert connection.request("GET", "/health").status == 200
        finally:
            process.terminate()


def test_health_answers_ok(service: RunningService) -> None:
    answer = service.get("/health")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.body == b'{"status":"ok"}'


@pytest.mark.parametrize("target", ["/health", "/report?page=example.com/"])
def test_head_answers_like_get_without_the_body(service: RunningService, target: str) -> None:
    got, headed = service.get(target), service.request("HEAD", target)
    got.headers.pop("date"), headed.headers.pop("date")
    assert headed == (200, got.headers, b"")


@pytest.mark.parametrize("cut", [1, 7, 40])
def test_a_chunked_body_is_taken(service: RunningService, page: str, cut: int) -> None:
    view, batch = f'{{"page": "{page}", "timestamp": "{TEN}"}}'.encode(), f'{{"{page}": {{"{TEN}": 2}}}}'.encode()
    with service.connection() as connection:
        for path, body in ((SINGLE, view), (MULTI, batch)):
            parts = [body[at : at + cut] for at in range(0, len(body), cut)]
            connection.send(head("POST", path, CHUNKS) + chunked(*parts))
            assert success(connection.answer())
    assert service.views(page, TEN) == 3


@pytest.mark.parametrize(("path", "limit"), [(SINGLE, SINGLE_LIMIT), (MULTI, MULTI_LIMIT)])
def test_a_body_may_be_as_large_as_its_limit(service: RunningService, page: str, path: str, limit: int) -> None:
    body = f'{{"page": "{page}", "timestamp": "{TEN}"}}' if path == SINGLE else f'{{"{page}": {{"{TEN}": 1}}}}'
    padded = body.encode().ljust(limit)
    assert success(service.post(path, padded))
    with service.connection() as connection:
        connection.send(head("POST", path, CHUNKS) + chunked(padded[:5000], padded[5000:]))
        assert success(connection.answer())
    assert service.views(page, TEN) == 2


def test_a_connection_serves_many_requests(service: RunningService, page: str) -> None:
    view = f'{{"page": "{page}", "timestamp": "{TEN}"}}'.encode()
    with service.connection() as connection:
        assert all(success(connection.request("POST", SINGLE, view, CHUNKS[:1])) for _ in range(20))
    assert service.views(page, TEN) == 20
