"""A day that is raised while PostgreSQL sums it up stays dirty."""

import asyncio

import asyncpg
from tests.contract.postgres_store import ask, lock_awaited
from tests.contract.stores import postgres_store

from hourmill.core.batch import Batch
from hourmill.core.hour import hour_of

HOUR = hour_of("2026-05-18T13:00Z")


async def test_a_view_that_comes_between_the_sum_and_its_end_is_not_forgotten(url: str) -> None:
    async with postgres_store(url) as store:
        await store.count(Batch({"a": {HOUR: 1}}))
        await ask(url, "UPDATE dirty_days SET rolling = true")
        other = await asyncpg.connect(url)
        async with other.transaction():
            await other.execute("INSERT INTO page_views_daily VALUES ('a', '2026-05-18', 0)")
            rolling_up = asyncio.create_task(ask(url, "SELECT roll_up('2026-05-18')"))
            await lock_awaited(url)
            await store.count(Batch({"a": {HOUR: 10}}))  # the sum is made, and waits to be written
        await rolling_up
        await other.close()
        tables = await store.tables()
    assert tables.days == {("a", HOUR // 24): 1}
    assert tables.dirty == {HOUR // 24}
    assert tables.true_days() == {("a", HOUR // 24): 11}
