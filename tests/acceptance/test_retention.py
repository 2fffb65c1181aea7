"""What is old goes, and nothing else: the settings, the service, the workers, and `hourmill clean` and `doctor`."""

import asyncio
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.acceptance.answers import pointers_of, refused, success
from tests.acceptance.routes import MULTI, SINGLE
from tests.cluster import Cluster, eventually
from tests.command import run
from tests.conftest import StartService
from tests.data_file import held
from tests.service import RunningService
from tests.traffic import Traffic

from hourmill.cli.options import Exit

EVERY_SECOND = {"HOURMILL_CLEAN_INTERVAL_SECONDS": "1"}
KEPT = {"HOURMILL_RETENTION_HOURLY_DAYS": "30", "HOURMILL_RETENTION_DAILY_DAYS": "400"}
LOG_LINE = '192.0.2.1 - - [{day:%d/%b/%Y}:10:05:03 +0000] "GET {path} HTTP/1.1" 200 1 "-" "Firefox"\n'


class Times(NamedTuple):
    """When a test began, and two moments before."""

    now: datetime
    late: datetime
    too_old: datetime


@pytest.fixture
def at() -> Times:
    now = datetime.now(UTC)
    return Times(now, now - timedelta(days=90), now - timedelta(days=500))


def stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:00:00Z}"


def days_of(data_file: Path) -> list[tuple[str, str, int]]:
    with closing(sqlite3.connect(data_file)) as connection:
        return connection.execute("SELECT page, view_day, views FROM page_views_daily ORDER BY 1, 2").fetchall()


def clean(service: RunningService, *options: str, **settings: str) -> dict[str, Any]:
    database = ["--database", f"sqlite:///{service.data_file}"]
    done = run(service.folder, "clean", "--json", *database, *options, settings=settings)
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


async def test_a_running_service_cleans_by_itself(start_service: StartService, at: Times) -> None:
    service = start_service({**KEPT, **EVERY_SECOND})
    assert success(service.post(MULTI, {"a": {stamp(at.late): 2}, "b": {stamp(at.now): 1}}), day_only=2)

    async def gone() -> bool:
        return days_of(service.data_file) == [("a", f"{at.late:%Y-%m-%d}", 2)] and not service.views(
            "a", stamp(at.late)
        )

    async def said() -> bool:  # a moment after it was done
        return bool(service.logged("cleaned"))

    await eventually(gone)
    await eventually(said)
    assert service.views("b", stamp(at.now)) == 1
    assert {"rolled_up", "hourly_rows", "hourly_bytes", "forgotten", "ms"} < set(service.logged("cleaned")[0])
    assert service.stop() == 0


def test_what_is_older_than_days_are_kept_is_refused_and_named(start_service: StartService, at: Times) -> None:
    service = start_service(KEPT)
    old = service.post(SINGLE, {"page": "a", "timestamp": stamp(at.too_old)})
    assert "kept from" in old.json()["errors"][0]["detail"]
    assert pointers_of(refused(old, 400)) == ["#/timestamp"]
    batch = {"a": {stamp(at.now): 1, stamp(at.too_old): 1}, "b/c": {stamp(at.too_old): 0}, "d": {stamp(at.too_old): 3}}
    named = pointers_of(refused(service.post(MULTI, batch), 400))
    assert named == [f"#/a/{stamp(at.too_old)}", f"#/d/{stamp(at.too_old)}"]
    assert success(service.post(MULTI, {"b": {stamp(at.too_old): 0}}))  # adds nothing
    assert success(service.post(SINGLE, {"page": "a", "timestamp": stamp(at.now)}))
    service.stop()
    assert list(held(service.data_file).views.values()) == [1]


def test_without_a_retention_the_oldest_view_is_taken_and_stays(start_service: StartService) -> None:
    service = start_service()
    assert success(service.post(SINGLE, {"page": "a", "timestamp": "1970-01-01T00:00Z"}))
    assert clean(service)["hourly"] == {"rows": 0, "bytes": 0}
    assert service.views("a", "1970-01-01T00:00Z") == 1


def test_clean_says_before_what_it_does_and_does_it_beside_a_server(start_service: StartService, at: Times) -> None:
    service = start_service()
    service.post(MULTI, {f"a/{n}": {stamp(at.late): 2, stamp(at.now): 1} for n in range(30)})
    assert clean(service)["rolled_up_days"] == 1
    before = held(service.data_file).views
    said = clean(service, "--dry-run", **KEPT)
    assert (said["dry_run"], said["hourly"]["rows"], said["daily"]["rows"]) == (True, 31, 0)
    assert held(service.data_file).views == before
    done = clean(service, **KEPT)
    assert (done["dry_run"], done["hourly"]["rows"]) == (False, 31)
    assert len(held(service.data_file).views) == 30
    assert len(days_of(service.data_file)) == 30


def test_clean_and_verify_speak_to_people(start_service: StartService, at: Times) -> None:
    service = start_service()
    service.post(MULTI, {"a/1": {stamp(at.late): 2}})
    service.stop()
    database = ["--database", f"sqlite:///{service.data_file}"]
    dry = run(service.folder, "clean", "--dry-run", *database)
    assert "Dry run: nothing was changed. 1 day would be rolled up" in dry.stdout
    assert "1 day rolled up" in run(service.folder, "clean", *database).stdout
    well = run(service.folder, "verify", *database)
    assert (well.returncode, "All counters of days, sites and months are the sums" in well.stdout) == (0, True)
    with closing(sqlite3.connect(service.data_file)) as connection:
        connection.execute("UPDATE page_views_daily SET views = 7")
        connection.commit()
    ill = run(service.folder, "verify", *database)
    assert ill.returncode == Exit.FAILED
    assert f"page_views_daily: 'a/1' on {at.late:%Y-%m-%d} says 7, its hours make 2" in ill.stdout
    assert "They were made anew" in run(service.folder, "verify", "--rebuild", *database).stdout
    assert json.loads(run(service.folder, "verify", "--json", *database).stdout)["misfits"] == []


@pytest.mark.parametrize("command", ["clean", "verify", "storage"])
def test_a_store_that_is_not_there_is_not_made(tmp_path: Path, command: str) -> None:
    done = run(tmp_path, command)
    assert done.returncode == Exit.FAILED
    assert "no such data file" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["clean", "verify", "storage"])
def test_a_database_without_our_schema_is_told_of(tmp_path: Path, database_url: str, command: str) -> None:
    done = run(tmp_path, command, settings={"DATABASE_URL": database_url})
    assert done.returncode == Exit.FAILED
    assert "`hourmill migrate`" in done.stderr


def test_days_are_kept_for_as_long_as_hours_at_least(tmp_path: Path) -> None:
    for settings in ({"HOURMILL_RETENTION_DAILY_DAYS": "9"}, KEPT | {"HOURMILL_RETENTION_DAILY_DAYS": "29"}):
        done = run(tmp_path, "clean", settings=settings)
        assert done.returncode == Exit.SETTINGS
        assert "hours cannot be kept for longer than days" in done.stderr


def test_storage_is_shown_to_people_and_programs(start_service: StartService, at: Times) -> None:
    service = start_service()
    service.post(MULTI, {f"a/{n}": {stamp(at.now - timedelta(days=2)): 2} for n in range(70)})
    clean(service)
    database = ["--database", f"sqlite:///{service.data_file}"]
    said = run(service.folder, "storage", *database, settings=KEPT)
    assert said.returncode == 0
    assert "400 days" in said.stdout
    (row,) = [line.split() for line in said.stdout.splitlines() if line.split()[:1] == ["page_views"]]
    assert row[1:4] == ["30", "days", "70"]
    found = json.loads(run(service.folder, "storage", "--json", *database).stdout)["tables"]
    (hours,) = [table for table in found if table["table"] == "page_views"]
    assert (hours["grain"], hours["rows"], hours["rows_per_day"]) == ("hourly", 70, 35)
    assert hours["rows_in_a_year"] == 70 + 35 * 365


def test_an_import_says_what_counted_in_its_day_only_and_what_is_too_old(
    start_service: StartService, at: Times
) -> None:
    service = start_service()
    clean(service, **KEPT)
    days = [at.too_old, at.late, at.late, at.now - timedelta(days=1)]
    log = service.folder / "access.log"
    log.write_text("".join(LOG_LINE.format(day=day, path=f"/{n}") for n, day in enumerate(days)))
    command = ["import", "access-log", "--database", f"sqlite:///{service.data_file}", str(log)]
    for options in (["--dry-run", "--json"], ["--json"]):
        said = json.loads(run(service.folder, *command, *options, settings=KEPT).stdout)
        assert (said["views"], said["day_only"], said["left_out"]["too_old"]) == (3, 2, 1)
    assert [(page, views) for page, _, views in days_of(service.data_file)] == [("/1", 1), ("/2", 1)]
    again = run(service.folder, *command, settings=KEPT)
    assert "already imported" in again.stdout


def test_an_import_of_counts_says_what_counts_in_its_day_only_or_in_its_first_hour_and_what_is_too_old(
    start_service: StartService, at: Times
) -> None:
    service = start_service()
    clean(service, **KEPT)
    today, late = (f"{day:%Y%m%d}" for day in (at.now, at.late))
    rows = [f"/1,{today},4", f"/2,{stamp(at.too_old)},1", f"/3,{late},2", f"/4,{stamp(at.now - timedelta(days=1))},8"]
    counts = service.folder / "views.csv"
    counts.write_text("\n".join(["page,time,views", *rows, ""]))
    command = ["import", "counts", "--json", "--database", f"sqlite:///{service.data_file}", str(counts)]
    for options in (["--dry-run"], []):
        said = json.loads(run(service.folder, *command, *options, settings=KEPT).stdout)
        assert (said["rows"], said["counted"], said["too_old"], said["views"]) == (4, 3, 1, 14)
        assert (said["day_only"], said["in_first_hour"]) == (2, 4)
    assert [(page, views) for page, _, views in days_of(service.data_file)] == [("/3", 2)]
    assert service.views("/1", f"{at.now:%Y-%m-%d}T00:00:00Z") == 4


async def test_one_of_the_workers_cleans(cluster: Cluster) -> None:
    cluster.migrate()
    cluster.settings |= EVERY_SECOND
    api = await cluster.ready_api()
    cluster.worker()
    cluster.worker()
    traffic = Traffic(api.port)
    async with traffic.running(8):
        await traffic.more_answers(300)
        await eventually(lambda: cluster.has_logged("cleaned"))
    await cluster.exact(traffic)
    assert not api.logged("cleaned")
    assert (await asyncio.to_thread(run, api.folder, "clean", settings=cluster.settings)).returncode == 0
    (row,) = await cluster.rows("SELECT sum(views)::bigint AS views FROM page_views_daily")
    assert row["views"] == (await cluster.counted()).total()
    assert (await asyncio.to_thread(run, api.folder, "verify", settings=cluster.settings)).returncode == 0
