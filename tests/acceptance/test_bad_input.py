"""What the service refuses: with which status, naming what, and that nothing is counted by it."""

from urllib.parse import unquote, urlencode

import pytest
from tests.acceptance.bad_requests import (
    BAD_BATCHES,
    BAD_KEYS,
    BAD_QUERIES,
    BAD_SINGLES,
    BAD_TIMESTAMPS,
    DEEP_BODIES,
    GOOD,
    GOOD_BATCH,
    MULTI,
    SINGLE,
    TEN,
    UNKNOWN_PATHS,
    UNREADABLE_QUERIES,
    WRONG_MEDIA,
    WRONG_METHODS,
    Body,
)
from tests.client import JSON, Answer, HeaderLines, chunked, head
from tests.data_file import held
from tests.service import RunningService

CHUNKS: HeaderLines = [*JSON, ("transfer-encoding", "chunked")]
SINGLE_LIMIT = 16 << 10
MULTI_LIMIT = 8 << 20
BOTH_ROUTES = pytest.mark.parametrize(("path", "body"), [(SINGLE, GOOD), (MULTI, GOOD_BATCH)], ids=["single", "multi"])
BOTH_LIMITS = pytest.mark.parametrize(
    ("path", "good", "limit"), [(SINGLE, GOOD, SINGLE_LIMIT), (MULTI, GOOD_BATCH, MULTI_LIMIT)], ids=["single", "multi"]
)
PHRASES = {
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Content Too Large",
    415: "Unsupported Media Type",
}


def _refused(answer: Answer, status: int) -> list[dict[str, str]]:
    """The errors that a problem document names, once all else of it is checked."""
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json"), answer
    document = answer.json()
    errors: list[dict[str, str]] = document.pop("errors", [])
    detail = document.pop("detail")
    assert document == {"type": "about:blank", "title": PHRASES[status], "status": status}
    assert isinstance(detail, str)
    assert detail
    assert all(isinstance(error["detail"], str) and error["detail"] for error in errors)
    assert bool(errors) == (status == 400)
    return [{name: text for name, text in error.items() if name != "detail"} for error in errors]


def _pointers(errors: list[dict[str, str]]) -> list[str]:
    """The JSON Pointers of errors that name nothing else, percent-decoded."""
    assert all(set(error) == {"pointer"} and error["pointer"].isascii() for error in errors), errors
    return [unquote(error["pointer"], errors="strict") for error in errors]


def _below(page: str, timestamp: str) -> str:
    shown = timestamp if len(timestamp) <= 2048 else timestamp[:64] + "\u2026"
    return "#/" + "/".join(name.replace("~", "~0").replace("/", "~1") for name in (page, shown))


@pytest.mark.parametrize("bad", BAD_SINGLES, ids=lambda bad: bad.name)
def test_a_bad_single_is_refused_and_changes_nothing(service: RunningService, bad: Body) -> None:
    before = held(service.data_file)
    answer = service.post(SINGLE, bad.body, [("idempotency-key", "bad")])
    assert _pointers(_refused(answer, 400)) == bad.pointers
    assert held(service.data_file) == before


@pytest.mark.parametrize("path", [SINGLE, MULTI])
@pytest.mark.parametrize("body", DEEP_BODIES, ids=["arrays", "objects"])
def test_a_deep_body_is_refused_whether_or_not_the_python_can_read_it(
    service: RunningService, path: str, body: bytes
) -> None:
    before = held(service.data_file)
    assert _refused(service.post(path, body), 400)
    assert held(service.data_file) == before


@pytest.mark.parametrize("bad", BAD_BATCHES, ids=lambda bad: bad.name)
def test_a_bad_batch_is_refused_and_changes_nothing(service: RunningService, bad: Body) -> None:
    before = held(service.data_file)
    answer = service.post(MULTI, bad.body, [("idempotency-key", "bad")])
    assert _pointers(_refused(answer, 400)) == bad.pointers
    assert held(service.data_file) == before


@pytest.mark.parametrize("timestamp", [*BAD_TIMESTAMPS, "2025-07-16_10:00"])
def test_a_bad_timestamp_is_refused_and_changes_nothing(service: RunningService, timestamp: str) -> None:
    before = held(service.data_file)
    answer = service.post(SINGLE, {"page": "example.com/a", "timestamp": timestamp})
    assert _pointers(_refused(answer, 400)) == ["#/timestamp"]
    assert held(service.data_file) == before


@pytest.mark.parametrize("timestamp", [*BAD_TIMESTAMPS, "2025-07-16__10:00", "_2025-07-16T10:00"])
def test_a_bad_timestamp_refuses_its_batch(service: RunningService, timestamp: str) -> None:
    before = held(service.data_file)
    answer = service.post(MULTI, {"example.com/b": {TEN: 1}, "a/~": {TEN: 1, timestamp: 1, "2025-07-16T11:00": 1}})
    assert _pointers(_refused(answer, 400)) == [_below("a/~", timestamp)]
    assert service.post(MULTI, {"a": {timestamp: 0}}).status == 400
    assert held(service.data_file) == before


@pytest.mark.parametrize("timestamp", [*BAD_TIMESTAMPS, "2025-07-16_10:00"])
def test_a_bad_now_is_refused(service: RunningService, timestamp: str) -> None:
    answer = service.get("/report?" + urlencode({"page": "a", "now": timestamp}))
    assert _refused(answer, 400) == [{"parameter": "now"}]


@pytest.mark.parametrize(("query", "parameters"), BAD_QUERIES)
def test_a_bad_query_is_refused(service: RunningService, query: str, parameters: list[str]) -> None:
    assert _refused(service.get("/report" + query), 400) == [{"parameter": name} for name in parameters]


@pytest.mark.parametrize("query", UNREADABLE_QUERIES)
def test_a_query_that_is_not_utf_8_is_refused(service: RunningService, query: str) -> None:
    assert len(_refused(service.get("/report" + query), 400)) == 1


@pytest.mark.parametrize(("target", "method", "allowed"), WRONG_METHODS)
def test_a_wrong_method_is_refused_with_those_allowed(
    service: RunningService, target: str, method: str, allowed: str
) -> None:
    before = held(service.data_file)
    answer = service.request(method, target, None if method == "HEAD" else GOOD, JSON)
    assert (answer.status, answer.headers["allow"]) == (405, allowed)
    if method != "HEAD":
        _refused(answer, 405)
    assert held(service.data_file) == before


@pytest.mark.parametrize("path", UNKNOWN_PATHS)
def test_an_unknown_path_is_not_found(service: RunningService, path: str) -> None:
    before = held(service.data_file)
    for answer in (service.get(path), service.post(path, GOOD_BATCH)):
        _refused(answer, 404)
        assert len(answer.body) < 1000
    assert held(service.data_file) == before


@BOTH_ROUTES
@pytest.mark.parametrize("headers", WRONG_MEDIA)
def test_another_media_type_is_refused(service: RunningService, path: str, body: bytes, headers: HeaderLines) -> None:
    before = held(service.data_file)
    _refused(service.request("POST", path, body, headers), 415)
    assert held(service.data_file) == before


@BOTH_ROUTES
@pytest.mark.parametrize("headers", BAD_KEYS)
def test_a_bad_key_is_refused(service: RunningService, path: str, body: bytes, headers: HeaderLines) -> None:
    before = held(service.data_file)
    assert _refused(service.post(path, body, headers), 400) == [{"header": "Idempotency-Key"}]
    assert held(service.data_file) == before


@pytest.mark.parametrize(("path", "length"), [(SINGLE, SINGLE_LIMIT + 1), (MULTI, MULTI_LIMIT + 1), (MULTI, 10**15)])
def test_a_body_announced_over_its_limit_is_refused_unread(service: RunningService, path: str, length: int) -> None:
    before = held(service.data_file)
    with service.connection() as connection:
        connection.send(head("POST", path, [*JSON, ("content-length", str(length))]))
        _refused(connection.answer(), 413)
    assert held(service.data_file) == before


@BOTH_LIMITS
def test_a_chunked_body_is_cut_off_past_its_limit(service: RunningService, path: str, good: bytes, limit: int) -> None:
    before = held(service.data_file)
    with service.connection() as connection:
        unfinished = chunked(good.ljust(limit), b" ").removesuffix(b"0\r\n\r\n")
        connection.send(head("POST", path, CHUNKS) + unfinished)
        _refused(connection.answer(), 413)
        assert connection.closed_by_peer()
    assert held(service.data_file) == before


@BOTH_LIMITS
def test_a_body_over_its_limit_is_refused_when_sent_whole(
    service: RunningService, path: str, good: bytes, limit: int
) -> None:
    before = held(service.data_file)
    _refused(service.post(path, good.ljust(limit + 1)), 413)
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
        _refused(connection.request("POST", path, hidden, headers), status)
        assert connection.request("GET", "/health").body == b'{"status":"ok"}'
    assert held(service.data_file) == before


def test_every_bad_entry_of_a_batch_is_named(service: RunningService) -> None:
    batch = {"a": {TEN: -1, "then": 1, "2025-07-16T11:00Z": 1}, "": {}, "b": {"now": 2.5}, "c": 7}
    pointers = ["#/a/" + TEN, "#/a/then", "#/", "#/b/now", "#/b/now", "#/c"]
    assert _pointers(_refused(service.post(MULTI, batch), 400)) == pointers


@pytest.mark.parametrize("count", [20, 21, 1000])
def test_the_first_20_bad_entries_are_named_and_all_are_numbered(service: RunningService, count: int) -> None:
    answer = service.post(MULTI, {"good": {TEN: 1}} | {f"page{number}": {TEN: -1} for number in range(count)})
    assert _pointers(_refused(answer, 400)) == [f"#/page{number}/{TEN}" for number in range(20)]
    assert (f"{count:,}" in answer.json()["detail"]) == (count > 20)


def test_after_1000_bad_entries_a_batch_is_not_looked_at_any_further(service: RunningService) -> None:
    answer = service.post(MULTI, {f"page{number}": {TEN: -1} for number in range(20_000)})
    assert len(_refused(answer, 400)) == 20
    assert answer.json()["detail"].startswith("More than 1,000 faults")


def test_the_answer_to_an_absurdly_long_name_stays_small(service: RunningService) -> None:
    long = "x" * 100_000
    for batch in ({long: {TEN: 1}}, {"a": {long: 1}}, {f"{number}{long}": {long: -1} for number in range(30)}):
        answer = service.post(MULTI, batch)
        _refused(answer, 400)
        assert len(answer.body) < 16_000
    answer = service.post(MULTI, f'{{"a": {{"x": {{"{long}": 1, "{long}": 1}}}}}}'.encode())
    _refused(answer, 400)
    assert len(answer.body) < 1000


def test_a_connection_stays_usable_after_a_refusal(service: RunningService, page: str) -> None:
    view = f'{{"page": "{page}", "timestamp": "{TEN}"}}'.encode()
    with service.connection() as connection:
        for bad, status in ((b"{}", 400), (b"\xff", 400), (b"[" * 10_000, 400)):
            _refused(connection.request("POST", SINGLE, bad, JSON), status)
            _refused(connection.request("POST", SINGLE, view), 415)
            _refused(connection.request("GET", "/report"), 400)
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
