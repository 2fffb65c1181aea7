"""What the janitor does to each store (ports/housekeeping.py), and that nothing counted is lost or doubled by it."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from tests.contract.cleaning import APRIL, DAYS_30, FOR_EVER, MARCH, NOW, THIS_HOUR, TODAY, YESTERDAY, cleaned
from tests.contract.stores import OpenStore, Tables

from hourmill.core.batch import Batch, Cells
from hourmill.core.hour import EPOCH
from hourmill.core.retention import Retention
from hourmill.services.janitor import Janitor


def agree(tables: Tables) -> bool:
    """Whether the counters of clean days are the sums of their hours."""
    days: dict[tuple[str, int], int] = {}
    sites: dict[tuple[str, int], int] = {}
    for (page, hour), views in tables.hours.items():
        if hour // 24 not in tables.dirty:
            site = page.partition("/")[0] if "/" in page else ""
            days[page, hour // 24] = days.get((page, hour // 24), 0) + views
            sites[site, hour] = sites.get((site, hour), 0) + views
    return (tables.days, tables.sites) == (days, sites)


async def test_days_and_sites_are_the_sums_of_their_hours(open_store: OpenStore) -> None:
    first, last = 24 * YESTERDAY, 24 * YESTERDAY + 23
    async with open_store() as store:
        await store.count(
            Batch({"a/x": {first: 2, last: 3, first - 1: 5}, "a/y": {first: 7}, "/z": {last: 1}, "b": {last: 2}})
        )
        assert (await cleaned(store)).rolled_up == 2
        tables = await store.tables()
    assert tables.days == {
        ("a/x", YESTERDAY): 5,
        ("a/x", YESTERDAY - 1): 5,
        ("a/y", YESTERDAY): 7,
        ("/z", YESTERDAY): 1,
        ("b", YESTERDAY): 2,
    }
    assert tables.sites == {("a", first): 9, ("a", last): 3, ("a", first - 1): 5, ("", last): 3}
    assert tables.dirty == set()
    assert agree(tables)


async def test_the_running_day_stays_dirty(open_store: OpenStore) -> None:
    async with open_store() as store:
        await store.count(Batch({"a": {THIS_HOUR: 2, THIS_HOUR - 24: 1}}))
        assert (await cleaned(store)).rolled_up == 1
        tables = await store.tables()
    assert tables.dirty == {TODAY}
    assert tables.true_days() == {("a", TODAY): 2, ("a", YESTERDAY): 1}


async def test_a_day_that_is_raised_again_is_rolled_up_again(open_store: OpenStore) -> None:
    async with open_store() as store:
        for hour in (THIS_HOUR - 24, THIS_HOUR - 25, THIS_HOUR - 24):
            await store.count(Batch({"a": {hour: 3}}))
            assert (await store.tables()).dirty == {YESTERDAY}
            assert (await cleaned(store)).rolled_up == 1
            assert agree(await store.tables())
        assert (await cleaned(store)).rolled_up == 0


async def test_a_counter_of_a_day_stays_at_the_ceiling_of_64_bits(open_store: OpenStore) -> None:
    async with open_store() as store:
        for hour in (THIS_HOUR - 24, THIS_HOUR - 25, THIS_HOUR - 26):
            await store.count(Batch({"a": {hour: 2**62}}))
        await cleaned(store)
        assert (await store.tables()).days == {("a", YESTERDAY): 2**63 - 1}


@pytest.mark.parametrize("rolled_up", [True, False])
async def test_a_look_says_what_would_be_done_and_changes_nothing(open_store: OpenStore, rolled_up: bool) -> None:
    retention = Retention(hourly_days=30, daily_days=60)
    async with open_store() as store:
        await store.count(Batch({f"a/{n}": {MARCH: 2, MARCH - 24 * 60: 1, APRIL: 1} for n in range(50)}))
        if rolled_up:
            await cleaned(store)
        await store.folded()
        before = await store.tables()
        said = await Janitor(store.household, retention, lambda: NOW).look()
        assert said is not None
        assert await store.tables() == before
        done = await cleaned(store, retention)
    assert said.hourly.bytes > 0
    assert (said.rolled_up, said.hourly.rows, said.daily.rows, said.forgotten) == (
        done.rolled_up, done.hourly.rows, done.daily.rows, done.forgotten)  # fmt: skip
    assert (done.hourly.rows, done.daily.rows) == (50 + 50 + 1 + 1, 50)


async def test_one_cleans_at_a_time_and_not_too_often(open_store: OpenStore) -> None:
    async with open_store() as store:
        janitor = Janitor(store.household, FOR_EVER, lambda: NOW)
        async with store.household.turn(0.0) as house:
            assert house is not None
            assert await janitor.clean() is None
            assert await janitor.look() is None
        assert await janitor.clean(3600) is not None
        assert await janitor.clean(3600) is None
        assert await janitor.clean() is not None


async def test_a_turn_is_over_when_it_ends(open_store: OpenStore) -> None:
    async with open_store() as store:
        for _ in range(50):
            async with store.household.turn(0.0) as house:
                assert house is not None


async def test_a_janitor_that_is_stopped_anywhere_is_taken_over_from(open_store: OpenStore) -> None:
    cells: Cells = {f"a/{n}": {MARCH - 24: 1, MARCH: 1, THIS_HOUR - 24: 1} for n in range(20)}
    async with open_store() as store:
        for wait_s in [0.0, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032]:
            await store.count(Batch({page: dict(hours) for page, hours in cells.items()}))
            cleaning = asyncio.create_task(cleaned(store, DAYS_30))
            await asyncio.wait([cleaning], timeout=wait_s)
            cleaning.cancel()
            with suppress(asyncio.CancelledError):
                await cleaning
        await cleaned(store, DAYS_30)
        days = (await store.tables()).days
    assert days == {(page, hour // 24): 7 for page, hours in cells.items() for hour in hours}


async def test_what_is_counted_while_the_janitor_works_is_in_every_grain(open_store: OpenStore) -> None:
    hours = [(datetime(2026, month, 10, tzinfo=UTC) - EPOCH) // timedelta(hours=1) for month in (2, 3, 4, 5)]
    async with open_store() as store:
        counted = 0

        async def count() -> None:
            nonlocal counted
            for _ in range(60):
                await store.count(Batch({"a": dict.fromkeys(hours, 1)}))
                counted += 1

        async def clean() -> None:
            for retention in [FOR_EVER, FOR_EVER, Retention(60), Retention(60), DAYS_30] * 2:
                await cleaned(store, retention)

        async with asyncio.TaskGroup() as group:
            for _ in range(3):
                group.create_task(count())
            group.create_task(clean())
        await cleaned(store, DAYS_30)
        tables = await store.tables()
    assert tables.days == {("a", hour // 24): counted for hour in hours}
    assert tables.hours == {("a", hour): counted for hour in hours[2:]}
    assert tables.sites == {("", hour): counted for hour in hours[2:]}
