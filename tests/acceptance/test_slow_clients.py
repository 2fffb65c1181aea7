"""Clients that are slow, many or large hold up nobody else for long, and nothing of theirs is counted by halves."""

from contextlib import ExitStack
from select import select

import pytest
from tests.acceptance.answers import refused, success
from tests.acceptance.routes import CHUNKS, GOOD, GOOD_BATCH, MULTI, SINGLE, TEN
from tests.client import JSON, PATIENCE_S, Connection, HeaderLines, chunked, head
from tests.conftest import StartService
from tests.data_file import held
from tests.service import RunningService

SLOW = 50
TRICKLES_EVERY_S = 0.1


def begun(service: RunningService, path: str, body: bytes, headers: HeaderLines) -> Connection:
    """A request whose body does not come to its end."""
    connection = service.connection()
    connection.send(head("POST", path, headers) + body)
    return connection


def announced(length: int) -> HeaderLines:
    return [*JSON, ("content-length", str(length))]


@pytest.fixture
def hasty(start_service: StartService) -> RunningService:
    return start_service({"HOURMILL_BODY_WITHIN_SECONDS": "1"})


@pytest.mark.parametrize(
    ("path", "body", "headers"),
    [
        (SINGLE, b"", announced(len(GOOD))),
        (SINGLE, GOOD[:-1], announced(len(GOOD))),
        (MULTI, GOOD_BATCH, announced(1 << 20)),
        (SINGLE, chunked(GOOD).removesuffix(b"0\r\n\r\n"), CHUNKS),
        (MULTI, b"", CHUNKS),
    ],
)
def test_a_body_that_does_not_come_to_its_end_is_given_up(
    hasty: RunningService, path: str, body: bytes, headers: HeaderLines
) -> None:
    with begun(hasty, path, body, headers) as connection:
        answer = connection.answer()
        refused(answer, 408)
        assert answer.headers["connection"] == "close"
        assert connection.closed_by_peer()
    assert held(hasty.data_file).views == {}


def test_a_body_that_trickles_is_given_up(hasty: RunningService) -> None:
    with begun(hasty, SINGLE, b"", announced(10_000)) as connection:
        for _ in range(int(PATIENCE_S / TRICKLES_EVERY_S)):
            connection.send(b" ")
            if select([connection.socket], [], [], TRICKLES_EVERY_S)[0]:
                break
        refused(connection.answer(), 408)
    assert held(hasty.data_file).views == {}


def test_slow_clients_do_not_hold_up_others(hasty: RunningService, page: str) -> None:
    with ExitStack() as stack:
        slow = [stack.enter_context(begun(hasty, SINGLE, GOOD[:9], announced(len(GOOD)))) for _ in range(SLOW)]
        slow += [stack.enter_context(begun(hasty, MULTI, b"5\r\n", CHUNKS)) for _ in range(SLOW)]
        assert success(hasty.post(SINGLE, {"page": page, "timestamp": TEN}))
        for connection in slow:
            refused(connection.answer(), 408)
        assert success(hasty.post(SINGLE, {"page": page, "timestamp": TEN}))
    assert hasty.views(page, TEN) == 2


def test_a_head_that_does_not_come_to_its_end_ends_the_connection(service: RunningService) -> None:
    with service.connection() as connection:
        connection.send(head("POST", SINGLE, JSON)[:-2])
        assert connection.closed_by_peer()


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (head("GET", "/health", [(f"x-{number}", "1") for number in range(101)]), 431),
        (head("GET", "/health", [("x", "x" * 500_000)]), 431),
        (head("GET", "/" + "x" * 70_000, []), 414),
    ],
)
def test_a_head_that_is_too_large_is_refused(service: RunningService, request_head: bytes, status: int) -> None:
    with service.connection() as connection:
        connection.send(request_head)
        assert connection.answer("GET").status == status
        assert connection.closed_by_peer()


def test_a_head_of_nearly_64_kib_is_taken_even_in_pieces(service: RunningService) -> None:
    request = head("GET", "/health", [("x", "x" * 65_000)])
    with service.connection() as connection:
        for start in range(0, len(request), 1000):
            connection.send(request[start : start + 1000])
        assert connection.answer("GET").status == 200


def test_bodies_under_way_are_bounded_together(start_service: StartService, page: str) -> None:
    service = start_service({"HOURMILL_MAX_READING_BYTES": "65536"})
    batch = f'{{"{page}": {{"{TEN}": 1}}}}'.encode()
    first, rest = b"{" + b" " * 30_000, batch[1:]
    length = announced(len(first) + len(rest))
    with ExitStack() as stack:
        three = {one.socket: one for one in (stack.enter_context(begun(service, MULTI, first, length)) for _ in "123")}
        (refused_one,), _, _ = select(three, [], [], PATIENCE_S)
        answer = three.pop(refused_one).answer()
        assert (answer.status, answer.json()["outcome"]) == (503, "not_accepted")
        for connection in three.values():
            connection.send(rest)
            assert success(connection.answer())
    assert success(service.post(MULTI, batch.ljust(200_000)))  # one alone is always read
    assert service.views(page, TEN) == 3


def test_a_batch_may_have_so_many_entries_and_no_more(start_service: StartService) -> None:
    service = start_service({"HOURMILL_MAX_ENTRIES": "20"})
    hours = {f"2025-07-{16 + number // 24}T{number % 24:02}:00": 1 for number in range(21)}
    refused(service.post(MULTI, {"a": hours}), 413)
    refused(service.post(MULTI, {f"a/{number}": {TEN: 1} for number in range(21)}), 413)
    assert held(service.data_file).views == {}
    refused(service.post(MULTI, {"a": dict(list(hours.items())[:20])}), 413)  # a page is an entry as well
    refused(service.post(MULTI, {f"a/{number}": {} for number in range(21)}), 413)
    assert held(service.data_file).views == {}
    assert success(service.post(MULTI, {"a": dict(list(hours.items())[:19])}))
    assert success(service.post(MULTI, {f'{number}"': {} for number in range(20)}))
