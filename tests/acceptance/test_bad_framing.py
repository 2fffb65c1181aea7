"""Requests that are too long, break off, or are no HTTP: nothing is counted by them, and nothing after them is lost."""

import pytest
from tests.acceptance.answers import refused
from tests.acceptance.routes import CHUNKS, GOOD, GOOD_BATCH, MULTI, MULTI_LIMIT, SINGLE, SINGLE_LIMIT, TEN
from tests.client import JSON, HeaderLines, chunked, head
from tests.data_file import held
from tests.service import RunningService

BOTH_LIMITS = pytest.mark.parametrize(
    ("path", "good", "limit"), [(SINGLE, GOOD, SINGLE_LIMIT), (MULTI, GOOD_BATCH, MULTI_LIMIT)], ids=["single", "multi"]
)


@pytest.mark.parametrize(("path", "length"), [(SINGLE, SINGLE_LIMIT + 1), (MULTI, MULTI_LIMIT + 1), (MULTI, 10**15)])
def test_a_body_announced_over_its_limit_is_refused_unread(service: RunningService, path: str, length: int) -> None:
    before = held(service.data_file)
    with service.connection() as connection:
        connection.send(head("POST", path, [*JSON, ("content-length", str(length))]))
        refused(connection.answer(), 413)
    assert held(service.data_file) == before


@BOTH_LIMITS
def test_a_chunked_body_is_cut_off_past_its_limit(service: RunningService, path: str, good: bytes, limit: int) -> None:
    before = held(service.data_file)
    with service.connection() as connection:
        unfinished = chunked(good.ljust(limit), b" ").removesuffix(b"0\r\n\r\n")
        connection.send(head("POST", path, CHUNKS) + unfinished)
        refused(connection.answer(), 413)
        assert connection.closed_by_peer()
    assert held(service.data_file) == before


@BOTH_LIMITS
def test_a_body_over_its_limit_is_refused_when_sent_whole(
    service: RunningService, path: str, good: bytes, limit: int
) -> None:
    before = held(service.data_file)
    refused(service.post(path, good.ljust(limit + 1)), 413)
    assert held(service.data_file) == before


@pytest.mark.parametrize("rest", [b"", b"x\r\n", b"-1\r\n\r\n", b"5\r\n{}\r\n0\r\n\r\n", b"3\r\n  "])
def test_a_chunked_body_that_breaks_off_is_not_counted(service: RunningService, rest: bytes) -> None:
    _assert_not_counted(service, head("POST", SINGLE, CHUNKS) + chunked(GOOD).removesuffix(b"0\r\n\r\n") + rest)


@pytest.mark.parametrize("missing", [1, 1000])
def test_a_body_shorter_than_announced_is_not_counted(service: RunningService, missing: int) -> None:
    length = str(len(GOOD) + missing)
    _assert_not_counted(service, head("POST", SINGLE, [*JSON, ("content-length", length)]) + GOOD)


def test_a_client_that_breaks_off_is_no_error_of_the_service(own_service: RunningService) -> None:
    _assert_not_counted(own_service, head("POST", SINGLE, [*JSON, ("content-length", "1000")]) + GOOD)
    own_service.stop()
    assert "Traceback" not in own_service.log_file.read_text()


@pytest.mark.parametrize(
    "request_head",
    [
        b"POST /page-views/single\r\n\r\n",
        b"POST  /page-views/single HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n\r\n",
        head("POST", b"/page-views/single\xff?", [*JSON, ("content-length", str(len(GOOD)))]),
        head("POST", SINGLE, [*JSON, ("content-length", "x")]),
        head("POST", SINGLE, [*JSON, ("content-length", "-1")]),
        head("POST", SINGLE, [*JSON, ("content-length", str(len(GOOD))), ("content-length", "1")]),
        head("POST", SINGLE, [*JSON, ("no colon\r\n", "")]),
    ],
)
def test_what_is_not_http_is_refused(service: RunningService, request_head: bytes) -> None:
    _assert_not_counted(service, request_head + GOOD)


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/nowhere", JSON, 404),
        ("/health", JSON, 405),
        (SINGLE, [("content-type", "text/html")], 415),
        (SINGLE, [*JSON, ("idempotency-key", "")], 400),
        (SINGLE, JSON, 400),
    ],
)
def test_a_refused_body_is_not_taken_for_a_request(
    service: RunningService, path: str, headers: HeaderLines, status: int
) -> None:
    before = held(service.data_file)
    hidden = head("POST", SINGLE, [*JSON, ("content-length", str(len(GOOD)))]) + GOOD
    with service.connection() as connection:
        refused(connection.request("POST", path, hidden, headers), status)
        assert connection.request("GET", "/health").body == b'{"status":"ok"}'
    assert held(service.data_file) == before


def test_a_connection_stays_usable_after_a_refusal(service: RunningService, page: str) -> None:
    view = f'{{"page": "{page}", "timestamp": "{TEN}"}}'.encode()
    with service.connection() as connection:
        for bad, status in ((b"{}", 400), (b"\xff", 400), (b"[" * 10_000, 400)):
            refused(connection.request("POST", SINGLE, bad, JSON), status)
            refused(connection.request("POST", SINGLE, view), 415)
            refused(connection.request("GET", "/report"), 400)
            assert connection.request("POST", SINGLE, view, JSON).status == 200
    assert service.views(page, TEN) == 3


def _assert_not_counted(service: RunningService, sent: bytes) -> None:
    before = held(service.data_file)
    with service.connection() as connection:
        connection.send(sent)
        connection.end_sending()
        answered = connection.everything()
    service.report("example.com/a")  # comes after whatever was made of that
    assert b"HTTP/1.1 200" not in answered
    assert held(service.data_file) == before
