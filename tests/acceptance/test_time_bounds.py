"""Views ahead of the clock, without a time, and of hours that are not kept any more."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.answers import pointers_of, refused, success
from tests.acceptance.routes import MULTI, SINGLE
from tests.client import HeaderLines
from tests.cluster import Cluster, eventually
from tests.command import run
from tests.conftest import StartService
from tests.data_file import held
from tests.service import RunningService

KEPT = {"HOURMILL_RETENTION_HOURLY_DAYS": "30"}
LATE = "2016-01-15T10:00:00Z"
LOG_LINE = '192.0.2.1 - - [{day:%d/%b/%Y:%H}:00:00 +0000] "GET /a HTTP/1.1" 200 1 "-" "Firefox"\n'
WAYS: list[HeaderLines] = [[], [("x-request-id", "a")]]  # the usual way, and that of a task


def stamp(ahead: timedelta = timedelta()) -> str:
    return f"{datetime.now(UTC) + ahead:%Y-%m-%dT%H:%M:%SZ}"


@pytest.fixture(params=WAYS, ids=["usual", "task"])
def headers(request: pytest.FixtureRequest) -> HeaderLines:
    way: HeaderLines = request.param
    return way


@pytest.mark.parametrize("ahead", [timedelta(hours=30), timedelta(days=32), timedelta(days=60_000)])
def test_a_view_that_is_far_ahead_is_refused_and_named(
    service: RunningService, headers: HeaderLines, ahead: timedelta
) -> None:
    before, far, now = held(service.data_file), stamp(ahead), stamp()
    single = service.post(SINGLE, {"page": "a", "timestamp": far}, headers)
    assert ":59:59Z now" in single.json()["errors"][0]["detail"]
    assert pointers_of(refused(single, 400)) == ["#/timestamp"]
    batch = service.post(MULTI, {"a/b": {now: 1, far: 1}, "c": {far: 2}, "d": {far: 0}}, headers)
    assert pointers_of(refused(batch, 400)) == [f"#/a~1b/{far}", f"#/c/{far}"]
    assert held(service.data_file) == before


def test_a_view_that_is_25_hours_ahead_is_counted(service: RunningService, page: str, headers: HeaderLines) -> None:
    ahead = stamp(timedelta(hours=25))
    assert success(service.post(SINGLE, {"page": page, "timestamp": ahead}, headers))
    assert success(service.post(MULTI, {page: {ahead: 2}}, headers))
    assert service.views(page, ahead) == 3


def test_a_setting_says_how_far_ahead_views_may_be(start_service: StartService, headers: HeaderLines) -> None:
    service = start_service({"HOURMILL_MAX_AHEAD_HOURS": "100"})
    assert success(service.post(SINGLE, {"page": "a", "timestamp": stamp(timedelta(hours=100))}, headers))
    assert service.post(SINGLE, {"page": "a", "timestamp": stamp(timedelta(hours=105))}, headers).status == 400


@pytest.mark.parametrize("more", ['"x": 1, ', '"x": "\\"", ', ""])
def test_a_view_without_a_time_is_counted_now(
    service: RunningService, page: str, headers: HeaderLines, more: str
) -> None:
    assert success(service.post(SINGLE, f'{{{more}"page": "{page}"}}'.encode(), headers))
    hours = service.report(page)  # the hour may have gone by meanwhile
    assert sum(views for _, views in hours[-2:]) == 1
    assert pointers_of(refused(service.post(SINGLE, {"page": page, "timestamp": None}, headers), 400)) == [
        "#/timestamp"
    ]


def test_views_that_count_in_their_day_only_are_told(start_service: StartService, headers: HeaderLines) -> None:
    service = start_service(KEPT)
    assert success(service.post(SINGLE, {"page": "a", "timestamp": LATE}, headers), day_only=1)
    batch = {"a": {LATE: 450, stamp(): 7}, "b": {LATE: 1}, "c": {LATE: 0}}
    assert success(service.post(MULTI, batch, headers), day_only=451)
    for value in ({}, {"a": {stamp(): 7}}, {"a": {LATE: 0}}):
        assert service.post(MULTI, value, headers).body == b'{"success":true}'
    assert service.post(SINGLE, {"page": "a", "timestamp": stamp()}, headers).body == b'{"success":true}'


def test_a_repeat_is_told_the_same_of_its_day(start_service: StartService) -> None:
    service = start_service(KEPT)
    for _ in range(2):
        assert success(service.post(MULTI, {"a": {LATE: 451}}, [("idempotency-key", "k")]), day_only=451)


async def test_hours_that_went_from_the_store_stay_gone_whatever_the_settings_say(
    own_service: RunningService, headers: HeaderLines
) -> None:
    assert own_service.post(SINGLE, {"page": "a", "timestamp": LATE}, headers).body == b'{"success":true}'
    database = ["--database", f"sqlite:///{own_service.data_file}"]

    async def cleaned() -> bool:  # not while the service cleans
        return (await asyncio.to_thread(run, own_service.folder, "clean", *database, settings=KEPT)).returncode == 0

    await eventually(cleaned)
    own_service.restart()
    assert success(own_service.post(SINGLE, {"page": "a", "timestamp": LATE}, headers), day_only=1)


async def test_before_a_broker_views_of_days_are_told_by_what_the_store_says(cluster: Cluster) -> None:
    cluster.migrate()
    await cluster.rows("UPDATE kept_from SET hours = '2020-01-01'")
    api = await cluster.ready_api()
    assert success(api.post(MULTI, {"a": {LATE: 3, stamp(): 1}}), day_only=3)
    assert success(api.post(SINGLE, {"page": "a", "timestamp": LATE}), day_only=1)


@pytest.mark.parametrize("options", [["--dry-run"], []])
def test_imports_leave_out_what_is_far_ahead(tmp_path: Path, options: list[str]) -> None:
    now, ahead = datetime.now(UTC), datetime.now(UTC) + timedelta(hours=30)
    log, counts = tmp_path / "access.log", tmp_path / "views.csv"
    log.write_text("".join(LOG_LINE.format(day=day) for day in (now, ahead)))
    counts.write_text("page,time,views\n" + "".join(f"b,{day:%Y-%m-%dT%H:00:00Z},2\n" for day in (now, ahead)))
    lines = imported(tmp_path, "access-log", str(log), *options)
    rows = imported(tmp_path, "counts", str(counts), *options)
    assert (lines["views"], lines["left_out"]["too_new"], lines["left_out"]["too_old"]) == (1, 1, 0)
    assert (rows["rows"], rows["counted"], rows["too_new"], rows["too_old"]) == (2, 1, 1, 0)
    shown = run(tmp_path, "import", "counts", str(counts), *options).stdout
    assert "ahead of this machine's clock (HOURMILL_MAX_AHEAD_HOURS)" in shown


def imported(folder: Path, *arguments: str) -> dict[str, Any]:
    """What an import says."""
    done = run(folder, "import", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said
