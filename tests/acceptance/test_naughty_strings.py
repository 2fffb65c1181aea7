"""Naughty strings as pages: each is counted under exactly itself, or refused; none is changed on its way."""

import csv
import json
import re
from io import StringIO
from urllib.parse import urlencode

from click.testing import CliRunner
from tests.acceptance.answers import pointers_of, refused, success
from tests.acceptance.naughty_strings import BIG_LIST, MARKUP, NO_PAGES, PAGES, SQL
from tests.acceptance.routes import MULTI, SINGLE, TEN
from tests.client import JSON
from tests.cluster import Cluster, eventually
from tests.data_file import held
from tests.service import RunningService

from hourmill.cli.main import hourmill
from hourmill.core.hour import hour_of
from hourmill.core.spreadsheet import harmless

COUNTS = {page: number for number, page in enumerate(PAGES, 1)}
BLANKS = ' "\u00a0\u200b\u2028\u3000\ufeff'
FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
BATCH = {page: {TEN: count} for page, count in COUNTS.items()}


def test_the_big_list_is_there_and_most_of_it_are_pages() -> None:
    assert len(set(BIG_LIST)) == 481
    assert len(set(BIG_LIST) & set(PAGES)) == 477
    assert (len(PAGES), len(NO_PAGES)) == (601, 19)


def test_each_is_counted_and_reported_under_exactly_itself(own_service: RunningService) -> None:
    assert success(own_service.post(MULTI, BATCH))
    with own_service.connection() as connection:
        for page in PAGES:
            view = json.dumps({"page": page, "timestamp": TEN}, ensure_ascii=False).encode()
            assert success(connection.request("POST", SINGLE, view, JSON))
        for page, count in COUNTS.items():
            target = "/report?" + urlencode({"page": page, "now": TEN, "order": "desc", "take": 1})
            assert connection.request("GET", target).json() == {"data": [{"h": 10, "v": count + 1}]}
    assert held(own_service.data_file).views == {
        (page, "2025-07-16 10:00:00"): count + 1 for page, count in COUNTS.items()
    }


def test_statistics_name_and_find_each_and_a_spreadsheet_calculates_none(own_service: RunningService) -> None:
    assert success(own_service.post(MULTI, BATCH))
    span = {"from": "2025-07-16", "to": "2025-07-16", "limit": 1000}
    ranked = own_service.get("/v1/pages?" + urlencode(span)).json()["pages"]
    assert {entry["page"]: entry["views"] for entry in ranked} == COUNTS
    with own_service.connection() as connection:
        for page, count in COUNTS.items():
            target = "/v1/totals?" + urlencode({"page": page, "from": "2025-07-16", "to": "2025-07-16"})
            assert connection.request("GET", target).json()["views"] == count
    for text in ("%", "_", "\\", "'", '"', "*", "[", "?", "%_", "\u202e"):  # no wildcard of any database
        found = own_service.get("/v1/pages?" + urlencode(span | {"search": text})).json()["pages"]
        assert {entry["page"] for entry in found} == {page for page in PAGES if text in page}
    table = own_service.get("/v1/pages?" + urlencode(span | {"format": "csv"})).body.decode()
    cells = {row["page"]: int(row["views"]) for row in csv.DictReader(StringIO(table, newline=""))}
    assert cells == {safe(page): count for page, count in COUNTS.items()}
    parts = [part for cell in cells for part in re.split(r"[;|\t]", cell)]
    assert not [part for part in parts if part.strip(BLANKS).startswith(FORMULA)]
    assert all(line.startswith('"') for line in table.split("\r\n")[1:-1])


def safe(page: str) -> str:
    """A page as a spreadsheet may have it: which part of it is marked is tested with core/spreadsheet.py."""
    return harmless(page)


async def test_each_comes_through_broker_and_database_as_itself(cluster: Cluster) -> None:
    cluster.migrate()
    api = await cluster.ready_api()
    cluster.worker()
    assert success(api.post(MULTI, BATCH))
    expected = {(page, hour_of(TEN)): count for page, count in COUNTS.items()}
    await eventually(lambda: cluster.holds(expected))
    assert {page: api.views(page, TEN) for page in PAGES} == COUNTS
    assert await cluster.settle(expected) == expected


def test_each_that_is_no_page_is_refused_everywhere(service: RunningService) -> None:
    before = held(service.data_file)
    for text in NO_PAGES:
        assert pointers_of(refused(service.post(SINGLE, {"page": text, "timestamp": TEN}), 400)) == ["#/page"]
        assert len(refused(service.post(MULTI, {"a": {TEN: 1}, text: {TEN: 1}}), 400)) == 1
        asked = service.get("/report?" + urlencode({"page": text}, errors="surrogatepass"))
        assert len(refused(asked, 400)) == 1
    assert held(service.data_file) == before


def test_the_terminal_shows_each_as_it_is(own_service: RunningService) -> None:
    batch = {page: {TEN: 7} for page in [*MARKUP, *SQL]}
    assert success(own_service.post(MULTI, batch))
    database = ["--database", f"sqlite:///{own_service.data_file}"]
    for page in batch:
        shown = CliRunner().invoke(hourmill, ["report", "--now", TEN, "--take", "24", *database, "--", page])
        assert shown.output.splitlines()[0].rstrip() == page.rstrip()
        assert "7 views" in shown.output
