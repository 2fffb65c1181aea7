"""Statistics of a real log, against what SQL counts in the table by itself."""

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.client import PATIENCE_S
from tests.service import COMMAND, RunningService, running_service

LOG = Path(__file__).parents[1] / "data" / "access.log.gz"
DAYS = "from=2015-05-17&to=2015-05-20"
ZONES = [("UTC", "+0"), ("America/New_York", "-4"), ("Asia/Tokyo", "+9")]  # and their hours from UTC in that May


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    with running_service(tmp_path_factory.mktemp("log")) as running:
        arguments = ["import", "access-log", "--site", "example.com", str(LOG)]
        subprocess.run([COMMAND, *arguments], cwd=running.folder, check=True, capture_output=True, timeout=PATIENCE_S)
        yield running


def counted(service: RunningService, query: str, offset: str) -> list[tuple[Any, ...]]:
    """What a query finds in `local`: page, local time as a text, views of the four days."""
    local = f"""WITH local AS (
        SELECT page, datetime(view_hour, '{offset} hours') AS shown, views FROM page_views
        WHERE date(view_hour, '{offset} hours') BETWEEN '2015-05-17' AND '2015-05-20'
    )"""
    with closing(sqlite3.connect(service.data_file)) as connection:
        return connection.execute(local + query).fetchall()


@pytest.mark.parametrize(("zone", "offset"), ZONES)
def test_the_days_of_a_log_are_what_sql_counts(imported: RunningService, zone: str, offset: str) -> None:
    body = imported.get(f"/v1/timeseries?{DAYS}&tz={zone}&interval=day").json()
    days = dict(counted(imported, "SELECT date(shown), sum(views) FROM local GROUP BY 1", offset))
    assert {bucket["start"][:10]: bucket["views"] for bucket in body["buckets"] if bucket["views"]} == days
    totals = imported.get(f"/v1/totals?{DAYS}&tz={zone}").json()
    assert [(totals["views"], totals["pages"])] == counted(
        imported, "SELECT sum(views), count(DISTINCT page) FROM local", offset
    )
    assert totals["peak"]["views"] == max(counted(imported, "SELECT sum(views) FROM local GROUP BY shown", offset))[0]


@pytest.mark.parametrize(("zone", "offset"), ZONES)
def test_the_pages_of_a_log_are_what_sql_counts(imported: RunningService, zone: str, offset: str) -> None:
    body = imported.get(f"/v1/pages?{DAYS}&tz={zone}&limit=1000").json()
    top = "SELECT page, sum(views) FROM local GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1000"
    assert [(entry["page"], entry["views"]) for entry in body["pages"]] == counted(imported, top, offset)
    searched = imported.get(f"/v1/pages?{DAYS}&tz={zone}&limit=1000&search=BLOG&sort=name").json()
    named = "SELECT page, sum(views) FROM local WHERE lower(page) LIKE '%blog%' GROUP BY 1 ORDER BY 1"
    assert [(entry["page"], entry["views"]) for entry in searched["pages"]] == counted(imported, named, offset)


@pytest.mark.parametrize(("zone", "offset"), ZONES)
def test_the_week_of_a_log_is_what_sql_counts(imported: RunningService, zone: str, offset: str) -> None:
    body = imported.get(f"/v1/heatmap?{DAYS}&tz={zone}").json()
    hours = "SELECT strftime('%w', shown), strftime('%H', shown), sum(views) FROM local GROUP BY 1, 2"
    week = {(int(weekday) or 7, int(hour)): views for weekday, hour, views in counted(imported, hours, offset)}
    assert {(cell["weekday"], cell["hour"]): cell["views"] for cell in body["cells"] if cell["views"]} == week
