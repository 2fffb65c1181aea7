"""The months that page_views consists of in PostgreSQL: made when they are needed, also beside others."""

import asyncio

from tests.contract.postgres_store import ask, claim, opened

from hourmill.adapters.postgres.months import make_months
from hourmill.adapters.postgres.store import PostgresStore
from hourmill.core.batch import Batch
from hourmill.core.hour import FIRST_HOUR, LAST_HOUR

MONTH = 730


async def test_hours_of_hundreds_of_months_from_1970_to_2200_are_counted(url: str, store: PostgresStore) -> None:
    hours = dict.fromkeys([*range(FIRST_HOUR, LAST_HOUR, 9 * MONTH), LAST_HOUR], 1)
    assert await store.apply([claim(1)], Batch({"a": hours}, {})) == []
    assert await store.apply([claim(2)], Batch({"a": hours}, {})) == []
    assert await store.hours("a", FIRST_HOUR, LAST_HOUR) == dict.fromkeys(hours, 2)
    options = await ask(url, "SELECT DISTINCT reloptions FROM pg_class WHERE relname LIKE 'page\\_views\\_____\\___'")
    assert options == [(["fillfactor=70"],)]


async def test_the_hours_at_the_edges_of_a_month_are_counted(store: PostgresStore) -> None:
    july, august = 486_480, 487_224
    hours = {july - 1: 1, july: 2, august - 1: 3, august: 4}
    await store.apply([claim(1)], Batch({"a": hours}, {}))
    assert await store.hours("a", july - 1, august) == hours


async def test_a_month_that_was_dropped_is_made_again(url: str, store: PostgresStore) -> None:
    await store.apply([claim(1)], Batch({"a": {0: 1}}, {}))
    await ask(url, "DROP TABLE page_views_1970_01")
    assert await store.accepts({"a": {0: 1}})
    assert await store.apply([claim(2)], Batch({"a": {0: 2}}, {})) == []
    assert await store.hours("a", 0, 0) == {0: 2}


async def test_a_month_that_was_detached_is_left_alone_and_made_anew(url: str, store: PostgresStore) -> None:
    for seq in (1, 2, 3):
        await store.apply([claim(seq)], Batch({"a": {0: seq}}, {}))
        if seq < 3:
            await ask(url, f"ALTER TABLE page_views DETACH PARTITION page_views_1970_01{(seq - 1) * '_again'}")
    assert await store.hours("a", 0, 0) == {0: 3}
    assert await ask(url, "SELECT views FROM page_views_1970_01") == [(1,)]


async def test_a_partition_of_somebody_elses_making_is_used(url: str, store: PostgresStore) -> None:
    await ask(
        url, "CREATE TABLE year PARTITION OF page_views FOR VALUES FROM ('1970-01-01 00:00Z') TO ('1971-01-01 00:00Z')"
    )
    await make_months(store.database, [0])
    await store.apply([claim(1)], Batch({"a": {0: 1}}, {}))
    assert await ask(url, "SELECT views FROM year") == [(1,)]


async def test_months_made_by_two_stores_at_once_stand_once(url: str) -> None:
    hours = dict.fromkeys(range(0, 40 * MONTH, MONTH), 1)
    async with opened(url) as one, opened(url) as two:
        async with asyncio.TaskGroup() as group:
            group.create_task(one.apply([claim(1)], Batch({"a": hours}, {})))
            group.create_task(two.apply([claim(2)], Batch({"a": hours}, {})))
        assert await one.hours("a", 0, 40 * MONTH) == dict.fromkeys(hours, 2)


async def test_counting_goes_on_while_months_are_made(url: str) -> None:
    async with opened(url) as one, opened(url) as two:
        await one.apply([claim(10**6)], Batch({"a": {0: 1}}, {}))
        making = asyncio.create_task(make_months(two.database, range(MONTH, 60 * MONTH, MONTH)))
        seq = 0
        while not making.done():
            seq += 1
            assert await one.apply([claim(seq)], Batch({"a": {0: 1}}, {})) == []
        await making
        assert await one.hours("a", 0, 0) == {0: seq + 1}
