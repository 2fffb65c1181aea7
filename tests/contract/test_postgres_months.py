"""The partitions that PostgreSQL's counters by time consist of: made by the clock, whatever is sent."""

import asyncio

import pytest
from tests.contract.postgres_store import ask, claim, opened

from hourmill.adapters.postgres.migrate import migrate
from hourmill.adapters.postgres.store import PostgresStore
from hourmill.core.batch import Batch
from hourmill.core.hour import FIRST_HOUR, LAST_HOUR
from hourmill.errors import Scattered

DAY = 24
MONTH = 730
PARTS = 1 + 24 + 1 + 2 + 1  # what is older, 24 months, the running one, two ahead, the rest
MOST_DIRTY = 400
TABLES = "'{page_views,page_views_daily,site_views}'::regclass[]"
COUNT_PARTS = f"SELECT count(*) FROM pg_inherits WHERE inhparent = ANY ({TABLES})"
TODAY = "SELECT current_date - date '1970-01-01'"


async def test_hours_of_thousands_of_days_from_1970_to_2200_are_counted_and_make_no_partition(
    url: str, store: PostgresStore
) -> None:
    hours = dict.fromkeys([*range(FIRST_HOUR, LAST_HOUR, 9 * DAY), LAST_HOUR], 1)
    assert await store.apply([claim(1)], Batch({"a": hours}, {})) == []
    assert await store.apply([claim(2)], Batch({"a": hours}, {})) == []
    assert await store.hours("a", FIRST_HOUR, LAST_HOUR) == dict.fromkeys(hours, 2)
    assert await ask(url, COUNT_PARTS) == [(3 * PARTS,)]


async def test_of_thousands_of_days_a_bounded_number_waits_to_be_rolled_up(url: str, store: PostgresStore) -> None:
    ((today,),) = await ask(url, TODAY)
    hours = dict.fromkeys(range(0, (today + 1) * DAY, DAY), 1)
    await store.apply([claim(1)], Batch({"a/x": hours}, {}))
    dirty = [day for (day,) in await ask(url, "SELECT view_day - date '1970-01-01' FROM dirty_days ORDER BY 1")]
    assert dirty == list(range(today + 1 - MOST_DIRTY, today + 1))


async def test_days_beyond_those_that_wait_are_right_at_once(url: str, store: PostgresStore) -> None:
    ((today,),) = await ask(url, TODAY)
    hours = dict.fromkeys(range(0, (today + 1) * DAY, DAY), 1)
    for seq in (1, 2):
        await store.apply([claim(seq)], Batch({"a/x": hours}, {}))
    settled = today + 1 - MOST_DIRTY
    clean = "WHERE view_day NOT IN (SELECT view_day FROM dirty_days)"
    assert await ask(url, f"SELECT count(*), sum(views) FROM page_views_daily {clean}") == [(settled, 2 * settled)]
    assert await ask(url, "SELECT sum(views) FROM page_views_monthly") == [(2 * settled,)]
    assert await ask(url, "SELECT site, sum(views) FROM site_views GROUP BY site") == [("a", 2 * settled)]


async def test_an_hour_of_such_a_day_is_one_row_whoever_counts_it(url: str, store: PostgresStore) -> None:
    hours = dict.fromkeys(range(0, (MOST_DIRTY + 1) * DAY, DAY), 1)
    await store.apply([claim(1)], Batch({"a/x": hours}, {}))
    async with opened(url, shard_key=3) as other:
        await other.apply([claim(2)], Batch({"a/x": {0: 1, MOST_DIRTY * DAY: 1}}, {}))
    rows = "SELECT shard_key, views FROM page_views WHERE view_hour = to_timestamp({} * 3600) ORDER BY 1"
    assert await ask(url, rows.format(0)) == [(0, 2)]
    assert await ask(url, rows.format(MOST_DIRTY * DAY)) == [(0, 1), (3, 1)]


async def test_today_waits_to_be_rolled_up_however_many_days_do(url: str, store: PostgresStore) -> None:
    ((today,),) = await ask(url, TODAY)
    await store.apply([claim(1)], Batch({"a": dict.fromkeys(range(0, 2 * MOST_DIRTY * DAY, DAY), 1)}, {}))
    await store.apply([claim(2)], Batch({"a": {today * DAY: 1}}, {}))
    assert await ask(url, f"SELECT FROM dirty_days WHERE view_day = date '1970-01-01' + {today}") == [()]


async def test_hours_in_the_rest_move_into_a_month_when_it_is_made(url: str, store: PostgresStore) -> None:
    for table in ("page_views", "page_views_daily", "site_views"):
        newest = f"SELECT part::text FROM parts_of('{table}') ORDER BY before DESC LIMIT 1"
        ((part,),) = await ask(url, newest)
        await ask(url, f"DROP TABLE {part}")
    ((today,),) = await ask(url, "SELECT max(before) - date '1970-01-01' + 3 FROM parts_of('page_views')")
    await store.apply([claim(1)], Batch({"a": {today * DAY: 1}}, {}))
    assert await ask(url, "SELECT views FROM page_views_other") == [(1,)]
    await migrate(url)
    assert await ask(url, "SELECT views FROM page_views_other") == []
    assert await store.hours("a", today * DAY, today * DAY) == {today * DAY: 1}
    assert await ask(url, COUNT_PARTS) == [(3 * PARTS,)]


async def test_a_month_that_was_dropped_or_detached_is_counted_in_the_rest(url: str, store: PostgresStore) -> None:
    ((part, day),) = await ask(
        url,
        "SELECT part::text, first - date '1970-01-01' FROM parts_of('page_views')"
        " WHERE first > '-infinity' ORDER BY before LIMIT 1 OFFSET 5",
    )
    await ask(url, f"ALTER TABLE page_views DETACH PARTITION {part}")
    assert await store.accepts({"a": {day * DAY: 1}})
    assert await store.apply([claim(1)], Batch({"a": {day * DAY: 2}}, {})) == []
    await migrate(url)
    assert await store.hours("a", day * DAY, day * DAY) == {day * DAY: 2}


async def test_parts_made_by_two_at_once_stand_once(url: str, store: PostgresStore) -> None:
    for month in range(3):
        ((part,),) = await ask(url, "SELECT part::text FROM parts_of('page_views') ORDER BY before DESC LIMIT 1")
        await ask(url, f"DROP TABLE {part}")
        assert month < 3
    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(migrate(url))
    assert await ask(url, COUNT_PARTS) == [(3 * PARTS,)]


async def test_counting_goes_on_while_a_month_is_made(url: str) -> None:
    async with opened(url) as one:
        ((now,),) = await ask(url, "SELECT (extract(epoch FROM now()) / 3600)::integer")
        making, seq = asyncio.create_task(_made_again(url, 20)), 0
        while not making.done():
            seq += 1
            assert await one.apply([claim(seq)], Batch({"a": {now: 1}}, {})) == []
        await making
        assert await one.hours("a", now, now) == {now: seq}


async def _made_again(url: str, times: int) -> None:
    for _ in range(times):
        ((part,),) = await ask(url, "SELECT part::text FROM parts_of('page_views') ORDER BY before DESC LIMIT 1")
        await ask(url, f"DROP TABLE {part}")
        await migrate(url)


async def test_a_report_of_a_page_locks_the_partitions_of_its_hours_only(url: str, store: PostgresStore) -> None:
    ((now,),) = await ask(url, "SELECT (extract(epoch FROM now()) / 3600)::integer")
    async with store.database.connection() as connection, connection.transaction():
        for _ in range(10):  # a plan that is kept for any bounds would lock all of them
            await connection.fetch(store._sql["read_hours"], "a", now - 23, now)
        locked = (
            "SELECT DISTINCT relation FROM pg_locks"
            f" JOIN pg_inherits ON inhrelid = relation AND inhparent = ANY ({TABLES})"
        )
        months = len(await connection.fetch(locked))
    assert months in (1, 2)


async def test_batches_of_many_days_are_taken_one_by_one(url: str, store: PostgresStore) -> None:
    usual, scattered = {"a": {0: 1}}, {"b": dict.fromkeys(range(0, 100 * DAY, DAY), 1)}
    with pytest.raises(Scattered):
        await store.apply([claim(1), claim(2)], Batch(usual | scattered, {}))
    assert await ask(url, "SELECT count(*) FROM claims") == [(0,)]
    assert await store.apply([claim(1)], Batch(usual, {})) == []
    assert await store.apply([claim(2)], Batch(scattered, {})) == []
    assert await store.hours("b", 0, 100 * DAY) == scattered["b"]
