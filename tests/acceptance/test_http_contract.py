"""What the service takes and what it answers, over real HTTP; what it refuses is in test_bad_input."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen

import pytest
from tests.client import Answer, Connection, HeaderLines, chunked, head
from tests.data_file import held
from tests.service import COMMAND, RunningService, free_port

SINGLE = "/page-views/single"
MULTI = "/page-views/multi"
TEN = "2025-07-16T10:00:00Z"
ELEVEN = "2025-07-16T11:00:00Z"
SINGLE_LIMIT = 16 << 10
MULTI_LIMIT = 8 << 20

CHUNKS: HeaderLines = [("content-type", "application/json"), ("transfer-encoding", "chunked")]

CONTENT_TYPES = [
    "application/json",
    "application/json; charset=utf-8",
    "Application/JSON;charset=UTF-8",
    'application/json ; charset="utf-8"',
    "text/plain",
    "text/plain;charset=UTF-8",
]

HOURS_OF_TIMESTAMPS = [
    ("2025-07-16T10:00:00Z", TEN),
    ("2025-07-16T10:59:59.999999999Z", TEN),
    ("2025-07-16T10:00:00", TEN),
    ("2025-07-16T10:00", TEN),
    ("2025-07-16T10:00Z", TEN),
    ("2025-07-16t10:00:00z", TEN),
    ("2025-07-16T12:30:00+02:00", TEN),
    ("2025-07-16T15:44:59+05:45", "2025-07-16T09:00:00Z"),
    ("2025-07-15T23:30:00-11:30", ELEVEN),
    ("2025-07-16T10:00:00-00:00", TEN),
    ("2024-02-29T23:00:00Z", "2024-02-29T23:00:00Z"),
    ("2016-12-31T23:59:60Z", "2016-12-31T23:00:00Z"),
    ("2017-01-01T05:29:60.5+05:30", "2016-12-31T23:00:00Z"),
    ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
    ("1969-12-31T23:30:00-01:00", "1970-01-01T00:00:00Z"),
    ("2200-12-31T23:59:59Z", "2200-12-31T23:00:00Z"),
    ("2201-01-01T00:30:00+01:00", "2200-12-31T23:00:00Z"),
]

UNKNOWN_MEMBERS = [
    '"referrer": "https://example.com/"',
    '"Page": "another", "TIMESTAMP": 1',
    '"": null',
    '"a": [{"b": [1, 2.5e3, true, {"c": {}}]}]',
    '"quoted": "\\"page\\": \\"another\\""',
    '"huge": 1e400, "long": ' + "7" * 5000,
    '"nested": ' + "[" * 30 + "]" * 30,
    '"siblings": [{"a": 1}, {"a": 1}]',
]

UNLIKE_PAGES = [
    *(
        "a",
        "A",
        "a/",
        "/a",
        "//a",
        "a//b",
        "a/../b",
        "%61",
        "a?b=1&c=2",
        "a?c=2&b=1",
        "a#b",
        "a b",
        "a  b",
        "a+b",
        "a%20b",
    ),
    *(
        " a",
        "a ",
        "\u00e9",
        "e\u0301",
        "\u212b",
        "\u00c5",
        "A\u030a",
        "\ufeffa",
        "a\u200b",
        "\u2028",
        "\u00a0",
        "\uffff",
    ),
    *(
        '"',
        "\\",
        "\\u0061",
        "\\n",
        "'",
        "a'--",
        "%00",
        "0",
        "0.0",
        "null",
        "{}",
        "[0]",
        "\U0001f600",
        "\u4f8b\u3048",
        "$.a",
        "~0",
        "~1",
    ),
]


def _success(answer: Answer) -> bool:
    return (answer.status, answer.headers["content-type"], answer.json()) == (
        200,
        "application/json",
        {"success": True},
    )


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


def test_a_single_view_adds_one(service: RunningService, page: str) -> None:
    answers = [service.post(SINGLE, {"page": page, "timestamp": TEN}) for _ in range(3)]
    assert all(map(_success, answers))
    assert service.views(page, TEN) == 3


def test_a_batch_adds_each_number_to_its_page_and_hour(service: RunningService, page: str) -> None:
    other = page + "/other"
    assert _success(service.post(MULTI, {page: {TEN: 5, ELEVEN: 3}, other: {TEN: 2}}))
    assert service.report(page, now=ELEVEN)[-2:] == [(10, 5), (11, 3)]
    assert service.report(other, now=ELEVEN)[-2:] == [(10, 2), (11, 0)]


def test_a_batch_of_thousands_of_cells_is_counted_whole(own_service: RunningService) -> None:
    batch = {
        f"example.com/{page}": {f"2025-07-16T{hour:02}:00:00Z": page + hour for hour in range(24)}
        for page in range(300)
    }
    assert _success(own_service.post(MULTI, batch))
    counted = {
        (page, f"2025-07-16 {hour[11:13]}:00:00"): count
        for page, hours in batch.items()
        for hour, count in hours.items()
        if count
    }
    assert held(own_service.data_file).views == counted


@pytest.mark.parametrize("content_type", CONTENT_TYPES)
def test_json_is_taken_as_json_or_as_plain_text(service: RunningService, page: str, content_type: str) -> None:
    view, batch = f'{{"page": "{page}", "timestamp": "{TEN}"}}', f'{{"{page}": {{"{TEN}": 2}}}}'
    headers = [("content-type", content_type), ("content-encoding", "identity")]
    assert _success(service.request("POST", SINGLE, view.encode(), headers))
    assert _success(service.request("POST", MULTI, batch.encode(), headers))
    assert service.views(page, TEN) == 3


@pytest.mark.parametrize("members", UNKNOWN_MEMBERS)
def test_unknown_members_are_ignored(service: RunningService, page: str, members: str) -> None:
    assert _success(service.post(SINGLE, f'{{"page": "{page}", {members}, "timestamp": "{TEN}"}}'.encode()))
    assert service.views(page, TEN) == 1


@pytest.mark.parametrize(("timestamp", "hour"), HOURS_OF_TIMESTAMPS)
def test_a_timestamp_falls_in_its_utc_hour(service: RunningService, page: str, timestamp: str, hour: str) -> None:
    assert _success(service.post(SINGLE, {"page": page, "timestamp": timestamp}))
    assert _success(service.post(MULTI, {page: {timestamp: 2}}))
    assert service.views(page, hour) == 3
    assert service.views(page, timestamp) == 3


@pytest.mark.parametrize("timestamp", ["2025-06-01_21:00", "2025-06-01_21:00:59Z", "2025-06-01_23:00+02:00"])
def test_a_batch_may_write_an_underscore_for_the_t(service: RunningService, page: str, timestamp: str) -> None:
    assert _success(service.post(MULTI, {page: {timestamp: 4}}))
    assert service.views(page, "2025-06-01T21:00") == 4


def test_timestamps_of_the_same_hour_are_summed(service: RunningService, page: str) -> None:
    batch = {
        page: {
            TEN: 1,
            "2025-07-16T10:00": 2,
            "2025-07-16_10:59": 4,
            "2025-07-16T12:01:00+02:00": 8,
            "2025-07-16T10:01": 0,
        }
    }
    assert _success(service.post(MULTI, batch))
    assert service.views(page, TEN) == 15


@pytest.mark.parametrize("batch", [{}, {"example.com/none": {}}, {"example.com/none": {TEN: 0, ELEVEN: 0}}])
def test_a_batch_without_a_view_succeeds_and_adds_nothing(
    service: RunningService, batch: dict[str, dict[str, int]]
) -> None:
    before = held(service.data_file)
    assert _success(service.post(MULTI, batch))
    assert held(service.data_file) == before


def test_a_count_of_zero_adds_nothing_beside_others(service: RunningService, page: str) -> None:
    assert _success(service.post(MULTI, {page: {TEN: 0, ELEVEN: 1}, page + "/none": {TEN: 0}}))
    assert {cell: views for cell, views in held(service.data_file).views.items() if cell[0].startswith(page)} == {
        (page, "2025-07-16 11:00:00"): 1
    }


def test_sums_go_past_32_bits(service: RunningService, page: str) -> None:
    most = 2**31 - 1
    for _ in range(3):
        assert _success(service.post(MULTI, {page: {TEN: most, "2025-07-16T10:30:00Z": most}}))
    assert service.views(page, TEN) == 6 * most


@pytest.mark.parametrize("page", ["x" * 2048, "\u00e9" * 1024, "\u4f8b" * 682 + "ab", "\U0001f600" * 512, "~"])
def test_a_page_has_1_to_2048_bytes(service: RunningService, page: str) -> None:
    assert _success(service.post(SINGLE, {"page": page, "timestamp": TEN}))
    assert _success(service.post(MULTI, {page: {TEN: 1}}))
    assert service.views(page, TEN) == 2


def test_pages_are_never_normalised(own_service: RunningService) -> None:
    batch = {page: {TEN: number} for number, page in enumerate(UNLIKE_PAGES, 1)}
    assert _success(own_service.post(MULTI, batch))
    for page in UNLIKE_PAGES:
        assert _success(own_service.post(SINGLE, {"page": page, "timestamp": TEN}))
    reported = {page: own_service.views(page, TEN) for page in UNLIKE_PAGES}
    assert reported == {page: number + 1 for number, page in enumerate(UNLIKE_PAGES, 1)}
    assert held(own_service.data_file).views == {
        (page, "2025-07-16 10:00:00"): views for page, views in reported.items()
    }


@pytest.mark.parametrize("cut", [1, 7, 40])
def test_a_chunked_body_is_taken(service: RunningService, page: str, cut: int) -> None:
    view, batch = f'{{"page": "{page}", "timestamp": "{TEN}"}}'.encode(), f'{{"{page}": {{"{TEN}": 2}}}}'.encode()
    with service.connection() as connection:
        for path, body in ((SINGLE, view), (MULTI, batch)):
            parts = [body[at : at + cut] for at in range(0, len(body), cut)]
            connection.send(head("POST", path, CHUNKS) + chunked(*parts))
            assert _success(connection.answer())
    assert service.views(page, TEN) == 3


@pytest.mark.parametrize(("path", "limit"), [(SINGLE, SINGLE_LIMIT), (MULTI, MULTI_LIMIT)])
def test_a_body_may_be_as_large_as_its_limit(service: RunningService, page: str, path: str, limit: int) -> None:
    body = f'{{"page": "{page}", "timestamp": "{TEN}"}}' if path == SINGLE else f'{{"{page}": {{"{TEN}": 1}}}}'
    padded = body.encode().ljust(limit)
    assert _success(service.post(path, padded))
    with service.connection() as connection:
        connection.send(head("POST", path, CHUNKS) + chunked(padded[:5000], padded[5000:]))
        assert _success(connection.answer())
    assert service.views(page, TEN) == 2


def test_a_connection_serves_many_requests(service: RunningService, page: str) -> None:
    view = f'{{"page": "{page}", "timestamp": "{TEN}"}}'.encode()
    with service.connection() as connection:
        assert all(_success(connection.request("POST", SINGLE, view, CHUNKS[:1])) for _ in range(20))
    assert service.views(page, TEN) == 20


def test_a_report_has_24_hours_with_zeros_oldest_first(service: RunningService, page: str) -> None:
    assert _success(service.post(MULTI, {page: {"2025-07-15T11:00Z": 1, "2025-07-15T10:59Z": 2, TEN: 4, ELEVEN: 8}}))
    zeros = [(hour % 24, 0) for hour in range(12, 34)]
    assert service.report(page, now="2025-07-16T10:59:59Z") == [(11, 1), *zeros, (10, 4)]


def test_a_report_of_an_unseen_page_is_all_zeros(service: RunningService, page: str) -> None:
    assert service.report(page, now="1970-01-01T00:00:00Z") == [(hour % 24, 0) for hour in range(1, 25)]
    assert service.report(page, now="2200-12-31T23:00:00Z") == [(hour, 0) for hour in range(24)]


def test_a_report_is_ordered_then_cut(service: RunningService, page: str) -> None:
    assert _success(service.post(MULTI, {page: {"2025-07-15T11:00Z": 1, TEN: 2}}))
    assert service.report(page, now=TEN, take="2") == [(11, 1), (12, 0)]
    assert service.report(page, now=TEN, take="2", order="desc") == [(10, 2), (9, 0)]
    assert service.report(page, now=TEN, order="asc") == service.report(page, now=TEN, order="desc")[::-1]


@pytest.mark.parametrize("take", ["24", "25", "024", "1000", "9" * 4400])
def test_a_report_takes_no_more_than_24_hours(service: RunningService, page: str, take: str) -> None:
    assert service.report(page, now=TEN, take=take) == service.report(page, now=TEN)


def test_a_complete_report_leaves_the_running_hour_out(service: RunningService, page: str) -> None:
    assert _success(service.post(MULTI, {page: {"2025-07-15T10:00Z": 1, "2025-07-16T09:00Z": 2, TEN: 4}}))
    complete = service.report(page, now=TEN, complete="true")
    assert complete == [(10, 1), *((hour % 24, 0) for hour in range(11, 33)), (9, 2)]
    assert service.report(page, now=TEN, complete="true", order="desc", take="1") == [(9, 2)]
    assert service.report(page, now=TEN, complete="false") == service.report(page, now=TEN)


def test_a_report_ends_with_the_clock_s_hour_and_shows_what_was_just_counted(
    service: RunningService, page: str
) -> None:
    before = datetime.now(UTC).isoformat()
    assert _success(service.post(SINGLE, {"page": page, "timestamp": before}))
    shown = service.report(page)
    after = datetime.now(UTC).isoformat()
    assert sum(views for _, views in shown) == 1
    assert shown in (service.report(page, now=before), service.report(page, now=after))


@pytest.mark.parametrize("now", ["2025-07-16T12:00:00%2B02:00", "2025-07-16T07:30-02:30", "2025-07-16T10:00:00.5Z"])
def test_a_report_takes_now_with_an_offset(service: RunningService, now: str) -> None:
    answer = service.get(f"/report?page=example.com/&now={now}&take=1&order=desc")
    assert answer.body == b'{"data":[{"h":10,"v":0}]}'


@pytest.mark.parametrize(("path", "views"), [(SINGLE, 1), (MULTI, 3)])
def test_a_keyed_request_is_counted_once_and_answered_alike(
    service: RunningService, page: str, path: str, views: int
) -> None:
    value = {"page": page, "timestamp": TEN} if path == SINGLE else {page: {TEN: 3}}
    first, second = (service.post(path, value, [("Idempotency-Key", page)]) for _ in range(2))
    first.headers.pop("date"), second.headers.pop("date")
    assert _success(first)
    assert second == first
    assert service.views(page, TEN) == views


@pytest.mark.parametrize(("path", "views"), [(SINGLE, 1), (MULTI, 3)])
def test_parallel_repeats_of_a_key_are_counted_once(service: RunningService, page: str, path: str, views: int) -> None:
    value = {"page": page, "timestamp": TEN} if path == SINGLE else {page: {TEN: 3}}
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: service.post(path, value, [("idempotency-key", page)]), range(20)))
    assert all(map(_success, answers))
    assert service.views(page, TEN) == views


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_key_and_its_views_outlive_the_service(own_service: RunningService, page: str, end: str) -> None:
    view, key = {"page": page, "timestamp": TEN}, [("idempotency-key", "k" * 255)]
    assert _success(own_service.post(SINGLE, view, key))
    own_service.stop() if end == "stop" else own_service.kill()
    own_service.start()
    assert _success(own_service.post(SINGLE, view, key))
    assert own_service.views(page, TEN) == 1


def test_unlike_keys_are_counted_each(service: RunningService, page: str) -> None:
    visible = "".join(map(chr, range(0x21, 0x7F)))
    for key in ("a", "A", "aa", visible, "k" * 254, "k" * 255):
        assert _success(service.post(SINGLE, {"page": page, "timestamp": TEN}, [("idempotency-key", key)]))
    assert service.views(page, TEN) == 6


def test_a_refused_request_does_not_use_up_its_key(service: RunningService, page: str) -> None:
    key = [("idempotency-key", page)]
    assert service.post(SINGLE, {"page": page, "timestamp": "yesterday"}, key).status == 400
    assert _success(service.post(SINGLE, {"page": page, "timestamp": TEN}, key))
    assert service.views(page, TEN) == 1
