"""Trouble behind the service: 503, nothing answered is lost, and it goes on when the trouble ends."""

import json
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from tests.acceptance.routes import MULTI, SINGLE
from tests.client import JSON, PATIENCE_S, chunked, head
from tests.cluster import eventually
from tests.conftest import StartService
from tests.contract.postgres_store import ask
from tests.load import HOUR
from tests.metrics import scrape
from tests.service import RunningService

VIEW = {"page": "p", "timestamp": HOUR}
BODY = json.dumps(VIEW).encode()
UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


@contextmanager
def one_waits(service: RunningService, body: bytes = BODY) -> Iterator[None]:
    """Within: one view waits for its commit, which another program holds up. Then it is answered."""
    with closing(sqlite3.connect(service.data_file, isolation_level=None)) as other, service.connection() as waiting:
        other.execute("BEGIN IMMEDIATE")
        waiting.send(head("POST", SINGLE, [*JSON, ("content-length", str(len(body)))]) + body)
        while scrape(service).value("hourmill_waiting_entries") < 1:
            pass
        yield
        other.execute("COMMIT")
        assert waiting.answer().status == 200


def test_a_file_that_cannot_grow_gives_503_and_counting_goes_on_when_it_can(own_service: RunningService) -> None:
    answered = 0
    assert own_service.post("/page-views/single", VIEW).status == 200
    resource.prlimit(own_service.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))  # as a full disk would
    refused = own_service.post("/page-views/multi", {"big": {HOUR: 7}})
    health = own_service.get("/health")
    resource.prlimit(own_service.pid, resource.RLIMIT_FSIZE, UNLIMITED)
    answered += own_service.post("/page-views/single", VIEW).status == 200

    assert refused.status == 503
    assert refused.headers["retry-after"].isdigit()
    assert refused.json()["outcome"] in {"not_accepted", "unknown"}
    assert health.status == 200
    assert own_service.views("p", HOUR) == 1 + answered == 2
    assert own_service.views("big", HOUR) in ({0} if refused.json()["outcome"] == "not_accepted" else {0, 7})


def test_a_file_locked_by_another_program_only_delays_the_answer(own_service: RunningService) -> None:
    with one_waits(own_service):
        assert own_service.get("/health").status == 200
    assert own_service.views("p", HOUR) == 1


def test_past_the_limit_of_waiting_views_503_comes_at_once(start_service: StartService) -> None:
    service = start_service({"HOURMILL_MAX_WAITING_VIEWS": "1"})
    with one_waits(service):
        refused = service.post(SINGLE, VIEW)
    assert (refused.status, refused.json()["outcome"]) == (503, "not_accepted")
    assert "retry-after" in refused.headers
    assert service.views("p", HOUR) == 1


def test_past_the_limit_of_waiting_bytes_503_comes_at_once(start_service: StartService) -> None:
    service = start_service({"HOURMILL_MAX_WAITING_BYTES": "1024"})
    with one_waits(service, BODY + b" " * 1024):
        refused = service.post(MULTI, {"p": {HOUR: 3}})
    assert (refused.status, refused.json()["outcome"]) == (503, "not_accepted")
    assert service.views("p", HOUR) == 1


def test_a_connection_goes_on_after_a_503_whatever_the_body_was(start_service: StartService) -> None:
    service = start_service({"HOURMILL_MAX_WAITING_VIEWS": "1"})
    with service.connection() as client:
        with one_waits(service):
            for size in (100, 9_000, 16_000, 20_000, 100):  # 8 KiB come with the head
                assert client.request("POST", MULTI, BODY.ljust(size), JSON).status == 503
            client.send(head("POST", MULTI, [*JSON, ("transfer-encoding", "chunked")]) + chunked(BODY))
            assert client.answer().status == 503
        assert client.request("POST", SINGLE, BODY, JSON).status == 200
    assert service.views("p", HOUR) == 2


NEVER_COME = [("content-length", "50"), ("content-length", "100000"), ("transfer-encoding", "chunked")]


@pytest.mark.parametrize("given", NEVER_COME)
def test_a_body_that_never_comes_after_a_503_holds_up_no_stop(
    start_service: StartService, given: tuple[str, str]
) -> None:
    service = start_service({"HOURMILL_MAX_WAITING_VIEWS": "1"})
    with service.connection() as client:
        with one_waits(service):
            client.send(head("POST", MULTI, [*JSON, given]))
            assert client.answer().status == 503
        assert service.stop() == 0


async def test_what_postgresql_says_goes_to_the_log_and_not_to_clients(
    start_service: StartService, database_url: str
) -> None:
    service = start_service({"DATABASE_URL": database_url})

    async def ready() -> bool:
        return service.get("/readyz").status == 200

    await eventually(ready, PATIENCE_S)
    await ask(database_url, "ALTER TABLE page_views RENAME TO ours")
    await ask(database_url, "DROP FUNCTION apply_batches CASCADE")
    answers = [service.get("/report?page=p"), service.post(SINGLE, VIEW)]
    assert [answer.status for answer in answers] == [503, 503]
    assert not any(word in answer.body for answer in answers for word in (b"exist", b"page_views", b"SQLSTATE"))
    logged = {line["error"]: line["reason"] for line in service.logged("requests fail")}
    assert 'relation "page_views" does not exist' in logged["Unreadable"]
    assert "apply_batches" in logged["NotAccepted"]
