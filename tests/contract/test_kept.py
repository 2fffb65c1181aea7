"""What is too old goes from each store, and nothing else does; what comes late is not lost."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from tests.contract.cleaning import APRIL, DAYS_30, FOR_EVER, MARCH, NOW, cleaned
from tests.contract.stores import OpenStore, sqlite_store

from hourmill.adapters.sqlite.housekeeping import AT_ONCE
from hourmill.core.batch import Batch
from hourmill.core.retention import Retention
from hourmill.ports.housekeeping import FEW_DAYS, Freed


async def test_hours_that_are_too_old_go_and_their_days_stay(open_store: OpenStore) -> None:
    async with open_store() as store:
        await store.count(Batch({"a/x": {MARCH: 2, APRIL: 3}, "b/y": {MARCH - 24: 4}}))
        done = await cleaned(store, DAYS_30)
        tables = await store.tables()
        assert done.hourly.rows == 4  # of pages and of sites
        assert done.hourly.bytes >= 0
        assert (tables.hours, tables.sites) == ({("a/x", APRIL): 3}, {("a", APRIL): 3})
        assert tables.days == {("a/x", MARCH // 24): 2, ("b/y", MARCH // 24 - 1): 4, ("a/x", APRIL // 24): 3}
        assert await store.hours("a/x", MARCH - 24, APRIL) == {APRIL: 3}


async def test_late_views_of_hours_that_are_gone_count_in_their_day_only(open_store: OpenStore) -> None:
    async with open_store() as store:
        await store.count(Batch({"a": {MARCH: 2}}))
        await cleaned(store, DAYS_30)
        await store.count(
            Batch({"a": {MARCH: 1, MARCH - 1: 1, APRIL: 5}, "b": {MARCH: 8}}, {b"key": {"a": {MARCH: 3}}})
        )
        await store.count(Batch({}, {b"key": {"a": {MARCH: 3}}}))
        assert await store.hours("a", MARCH - 24, APRIL) == {APRIL: 5}
        assert (await store.tables()).true_days() == {
            ("a", MARCH // 24): 7,
            ("b", MARCH // 24): 8,
            ("a", APRIL // 24): 5,
        }
        await cleaned(store, DAYS_30)
        tables = await store.tables()
    assert tables.days == {("a", MARCH // 24): 7, ("b", MARCH // 24): 8, ("a", APRIL // 24): 5}
    assert tables.hours == {("a", APRIL): 5}


async def test_hours_go_even_where_somebody_goes_on_raising_them(open_store: OpenStore) -> None:
    async with open_store() as store:
        counted, stop = 0, False

        async def count() -> None:
            nonlocal counted
            while not stop:
                await store.count(Batch({"a": {MARCH: 1}}))
                counted += 1

        counting = asyncio.create_task(count())
        while counted < 5:  # noqa: ASYNC110
            await asyncio.sleep(0)
        done = await cleaned(store, DAYS_30)
        stop = True
        await counting
        tables = await store.tables()
    assert done.hourly.rows == 2
    assert (tables.hours, tables.sites, tables.dirty) == ({}, {}, set())
    assert tables.days == {("a", MARCH // 24): counted}


async def test_hours_stay_where_many_of_their_days_are_dirty(open_store: OpenStore) -> None:
    """Rolling them all up while nobody can count would take too long."""
    days = range(MARCH // 24 - FEW_DAYS, MARCH // 24 + 1)
    async with open_store() as store:
        await store.count(Batch({"a": {24 * day: 1 for day in days}}))
        await store.folded()
        async with store.household.turn(0.0) as house:
            assert house is not None
            assert not await house.keep_hours_from(MARCH // 24 + 1)
            assert await house.hours_kept_from() == 0
            await house.begin_roll_up(days[0])
            await house.begin_roll_up(days[0])
            assert await house.roll_up(days[0])
            assert await house.keep_hours_from(MARCH // 24 + 1)
        tables = await store.tables()
    assert tables.days == {("a", day): 1 for day in days}
    assert tables.dirty == set()


async def test_hours_that_went_do_not_come_back_when_the_retention_is_raised(open_store: OpenStore) -> None:
    async with open_store() as store:
        await store.count(Batch({"a": {MARCH: 2}}))
        await cleaned(store, DAYS_30)
        await cleaned(store, FOR_EVER)
        await cleaned(store, DAYS_30, NOW - timedelta(days=60))
        await store.count(Batch({"a": {MARCH: 1}}))
        tables = await store.tables()
    assert tables.hours == {}
    assert tables.days == {("a", MARCH // 24): 3}


async def test_days_that_are_too_old_go(open_store: OpenStore) -> None:
    async with open_store() as store:
        await store.count(Batch({"a": {MARCH: 2, APRIL: 3}}))
        done = await cleaned(store, Retention(hourly_days=10, daily_days=30))
        assert done.daily.rows == 1
        assert (await store.tables()).days == {("a", APRIL // 24): 3}


async def test_for_ever_nothing_goes(open_store: OpenStore) -> None:
    async with open_store() as store:
        await store.count(Batch({"a": {0: 2, APRIL: 3}}))
        done = await cleaned(store)
        assert done.freed == Freed()
        assert (await store.tables()).hours == {("a", 0): 2, ("a", APRIL): 3}


async def test_what_does_not_fit_into_one_transaction_is_done_in_several(open_store: OpenStore) -> None:
    pages = 2 * AT_ONCE + 1
    async with open_store() as store:
        await store.count(Batch({f"a/{n}": {MARCH: 1, APRIL: 1} for n in range(pages)}))
        done = await cleaned(store, DAYS_30)
        tables = await store.tables()
    assert done.hourly.rows == pages + 1
    assert len(tables.days) == 2 * pages
    assert len(tables.hours) == pages


async def test_the_data_file_gets_smaller(tmp_path: Path) -> None:
    path = tmp_path / "views.db"
    async with sqlite_store(path) as store:
        await store.count(
            Batch({f"example.com/page-{n}": dict.fromkeys(range(MARCH - 9, MARCH), 1) for n in range(2_000)})
        )
        await store.folded()
        done = await cleaned(store, DAYS_30)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA freelist_count").fetchone() == (0,)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
    assert done.hourly.bytes > 500_000
    assert path.stat().st_size == 4096 * pages


async def test_a_day_whose_hours_somebody_took_away_keeps_its_counter(open_store: OpenStore) -> None:
    async with open_store() as store:
        await store.count(Batch({"a": {APRIL: 1000}}))
        await cleaned(store)
        await store.rows("UPDATE page_views SET views = 1")
        await store.count(Batch({"a": {APRIL: 1}}))
        await cleaned(store)
        assert (await store.tables()).days == {("a", APRIL // 24): 1000}


async def test_a_turn_that_a_wrong_clock_put_into_the_future_keeps_nobody_from_cleaning(open_store: OpenStore) -> None:
    async with open_store() as store:
        await cleaned(store)
        await store.rows(store.later_turn)
        async with store.household.turn(3600) as house:
            assert house is not None
