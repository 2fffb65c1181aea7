"""What the routes of statistics answer: as documented, as JSON or CSV, up to the moment."""

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from itertools import pairwise
from typing import Any
from urllib.parse import quote

import pytest
from tests.acceptance.answers import success
from tests.acceptance.routes import MULTI, SINGLE
from tests.client import Answer
from tests.documents import blocks, text_of
from tests.service import RunningService, running_service

BLOCKS = list(blocks(text_of("docs/stats-api.md")))
ROUTES = ["timeseries", "totals", "pages", "sites", "heatmap"]
EXAMPLES = [(request.text.strip(), answer) for request, answer in pairwise(BLOCKS) if request.language == "text"]
DAY = "from=2025-07-16&to=2025-07-16"


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service that holds the batch of the document."""
    with running_service(tmp_path_factory.mktemp("documented")) as running:
        assert success(running.post(MULTI, BLOCKS[0].text.encode()))
        assert success(running.post(MULTI, {"=1+1/x": {"2025-06-01T00:00Z": 2}, "\uff0bx": {"2025-06-01T00:00Z": 1}}))
        yield running


def rows_of(answer: Answer) -> list[list[str]]:
    assert (answer.status, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8; header=present")
    return list(csv.reader(StringIO(answer.body.decode(), newline="")))


def answered(service: RunningService, target: str) -> Any:
    answer = service.get(target)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json"), answer
    return answer.json()


@pytest.mark.parametrize(("target", "example"), EXAMPLES, ids=[target for target, _ in EXAMPLES])
def test_a_documented_request_is_answered_as_documented(documented: RunningService, target: str, example: Any) -> None:
    answer = documented.get(target)
    if example.language == "csv":
        assert answer.body.decode().splitlines() == example.text.splitlines()
    else:
        shown = json.loads(example.text)
        assert list(shown) == list(answer.json())
        assert answer.json() | {"complete_until": None} == shown | {"complete_until": None}


def test_the_examples_are_found() -> None:
    assert len(EXAMPLES) == 5


@pytest.mark.parametrize("route", ROUTES)
def test_what_was_just_counted_is_in_every_answer(service: RunningService, page: str, route: str) -> None:
    now = datetime.now(UTC)
    assert success(service.post(SINGLE, {"page": page, "timestamp": now.isoformat()}))
    answer = service.get(f"/v1/{route}?page={page}&tz=Asia/Tokyo")
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert sum_of(body) == 1
    assert datetime.fromisoformat(body["complete_until"]) >= now.replace(microsecond=0)
    assert body["range"] == body["range"] | {"tz": "Asia/Tokyo", "period": "7d"}
    assert (
        datetime.fromisoformat(body["range"]["from"]).utcoffset()
        == datetime.fromisoformat(f"{now.date()}T00:00+09:00").utcoffset()
    )


def sum_of(body: Any) -> int:
    """All views that an answer has, whatever it is."""
    for name in ("total", "views"):
        if name in body:
            return int(body[name])
    return sum(cell["views"] for cell in body["cells"])


@pytest.mark.parametrize("route", ROUTES)
def test_a_head_is_answered_like_a_get(service: RunningService, route: str) -> None:
    target = f"/v1/{route}?{DAY}"
    got, head = service.get(target), service.request("HEAD", target)
    assert (head.status, head.body) == (200, b"")
    assert head.headers.keys() == got.headers.keys()
    assert head.headers["content-type"] == got.headers["content-type"]


@pytest.mark.parametrize("route", ROUTES)
def test_the_running_bucket_is_partial_and_so_are_those_after_it(service: RunningService, route: str) -> None:
    del route
    body = answered(service, "/v1/timeseries?period=year&interval=day")
    until = datetime.fromisoformat(body["complete_until"])
    ends = [bucket["start"] for bucket in body["buckets"][1:]] + [body["range"]["to"]]
    assert [bucket["partial"] for bucket in body["buckets"]] == [datetime.fromisoformat(end) > until for end in ends]


@pytest.mark.parametrize(
    ("accept", "as_csv"),
    [
        *((accept, True) for accept in ["text/csv", "TEXT/CSV", "text/*", "application/json;q=0.5, text/csv"]),
        *(
            (accept, True)
            for accept in ["text/csv;header=present", "*/*;q=0.1, text/csv", "text/csv, application/json;q=0"]
        ),
        *((accept, False) for accept in ["", "*/*", "application/json", "text/csv, application/json", "text/html"]),
        *((accept, False) for accept in ["text/csv;q=0", "text/csv;q=0.3, */*;q=0.5", "text/csv;q=x", ",;,", "csv"]),
    ],
)
def test_csv_is_answered_where_it_is_preferred(documented: RunningService, accept: str, as_csv: bool) -> None:
    answer = documented.get(f"/v1/pages?{DAY}", [("accept", accept)])
    assert (answer.status, answer.headers["vary"]) == (200, "accept")
    assert answer.headers["content-type"].startswith("text/csv" if as_csv else "application/json")
    for form in ("csv", "json"):
        asked = documented.get(f"/v1/pages?{DAY}&format={form}", [("accept", accept)])
        assert form in asked.headers["content-type"]


@pytest.mark.parametrize("route", ROUTES)
def test_a_table_holds_what_the_json_holds(documented: RunningService, route: str) -> None:
    target = f"/v1/{route}?{DAY}&tz=Asia/Kolkata&compare=previous"
    body, answer = answered(documented, target), documented.get(f"{target}&format=csv")
    heading, *rows = rows_of(answer)
    entries = next(
        (body[name] for name in ("buckets", "pages", "sites", "cells") if isinstance(body.get(name), list)), [body]
    )
    assert [row[heading.index("views")] for row in rows] == [str(entry["views"]) for entry in entries]
    assert all(len(row) == len(heading) for row in rows)
    assert answer.headers["hourmill-approximate-edges"] == "true"
    assert answer.headers["hourmill-complete-until"] >= body["complete_until"]
    assert answer.headers["content-disposition"].startswith(f'attachment; filename="hourmill-{route}-2025')


def test_a_page_is_no_formula(documented: RunningService) -> None:
    target = "/v1/pages?from=2025-06-01&to=2025-06-01&sort=name"
    assert [entry["page"] for entry in answered(documented, target)["pages"]] == ["=1+1/x", "\uff0bx"]
    assert [row[0] for row in rows_of(documented.get(f"{target}&format=csv"))] == ["page", "'=1+1/x", "'\uff0bx"]


@pytest.mark.parametrize("form", ["json", "csv"])
def test_a_ranking_goes_on_where_its_link_leads(documented: RunningService, form: str) -> None:
    seen, target = 0, f"/v1/pages?limit=1&sort=name&from=2025-01-01&to=2025-12-31&search={quote('X')}&format={form}"
    while target:
        answer = documented.get(target)
        seen += 1
        target = answer.headers.get("link", "").partition(">")[0].removeprefix("<")
        if form == "json":
            assert bool(target) == (answer.json()["next"] is not None)
    assert seen == len(answered(documented, "/v1/pages?limit=9&from=2025-01-01&to=2025-12-31&search=X")["pages"]) > 1


@pytest.mark.parametrize(
    ("query", "buckets"),
    [
        ("from=1970-01-01&to=2169-12-31&interval=month", 2400),
        ("from=1970-01-01&to=1970-01-01&interval=hour", 24),
        ("from=1970-01-01&to=1970-01-02&tz=Asia/Kolkata&interval=day", 2),
        ("from=1970-01-01&to=1970-01-02&tz=Pacific/Kiritimati&interval=day", 2),
        ("from=2200-12-31&to=2200-12-31&tz=Pacific/Pago_Pago&interval=hour", 24),
        ("from=2200-12-31T23:00-12:00&to=2200-12-31T23:00-13:00&interval=hour", 1),
        ("from=2181-01-01&to=2200-12-31&interval=week", 1044),
        ("from=2000-01-01T00:00&to=2000-01-01T01:00&tz=Africa/Abidjan", 1),
        ("period=24h&interval=month", None),
        ("period=12mo&interval=hour&tz=Australia/Lord_Howe", None),
    ],
)
def test_ranges_at_the_ends_of_time_are_answered(service: RunningService, query: str, buckets: int | None) -> None:
    target = f"{query}&compare=previous"
    body = answered(service, f"/v1/timeseries?{target}")
    assert buckets is None or len(body["buckets"]) == buckets
    for route in ("totals", "pages", "sites"):
        assert service.get(f"/v1/{route}?{target}").status == 200
