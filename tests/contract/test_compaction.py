"""Rows that several workers wrote for one page and hour become one; what is counted meanwhile is not lost."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from tests.contract.postgres_store import ask, lock_awaited
from tests.contract.stores import postgres_store

from hourmill.adapters.postgres.housekeeping import PostgresHousehold
from hourmill.core.batch import Batch
from hourmill.core.hour import hour_of
from hourmill.core.retention import Retention
from hourmill.errors import NotCleaned
from hourmill.services.janitor import Cleaned, Janitor
from hourmill.wiring.parts import utc_now

NOW = datetime(2026, 5, 20, 13, 30, tzinfo=UTC)
THIS_HOUR = hour_of("2026-05-20T13:00Z")
EARLIER = hour_of("2026-05-18T13:00Z")
JANUARY = hour_of("2026-01-05T00:00Z")
ROWS = "SELECT page, shard_key, views, partition FROM page_views ORDER BY page, view_hour, shard_key"


async def cleaned(url: str, retention: Retention = Retention()) -> Cleaned:  # noqa: B008 it cannot be changed
    found = await Janitor(PostgresHousehold(url, utc_now), retention, lambda: NOW).clean()
    assert found is not None
    return found


async def count(url: str, shard_key: int, *batches: Batch) -> None:
    async with postgres_store(url, shard_key) as store:
        for batch in batches:
            await store.count(batch)


async def test_rows_of_hours_that_are_over_become_one(url: str) -> None:
    for shard_key in (7, 3, 5):
        await count(url, shard_key, Batch({"a": {EARLIER: shard_key, THIS_HOUR: 1}, "b": {THIS_HOUR - 1: 2}}))
    before = await ask(url, ROWS)
    assert (await cleaned(url)).compacted == 4
    after = await ask(url, ROWS)
    partitions = {page: partition for page, _, _, partition in before}
    assert after == [
        ("a", 3, 15, partitions["a"]),
        *[("a", shard_key, 1, partitions["a"]) for shard_key in (3, 5, 7)],  # the running hour
        ("b", 3, 6, partitions["b"]),
    ]
    assert (await cleaned(url)).compacted == 0


async def test_what_no_row_can_hold_stays_in_several(url: str) -> None:
    for shard_key in (1, 2):
        await count(url, shard_key, Batch({"a": {EARLIER: 2**62}}))
    assert (await cleaned(url)).compacted == 0
    assert [row[:3] for row in await ask(url, ROWS)] == [("a", 1, 2**62), ("a", 2, 2**62)]


async def test_a_flush_under_way_keeps_its_views(url: str) -> None:
    """It holds a row that is to be compacted: that waits for it, and takes the row as it is then."""
    for shard_key in (1, 2):
        await count(url, shard_key, Batch({"a": {EARLIER: 10}}))
    flush = await asyncpg.connect(url)
    under_way = flush.transaction()
    await under_way.start()
    await flush.execute("UPDATE page_views SET views = views + 5 WHERE shard_key = 2")
    cleaning = asyncio.create_task(cleaned(url))
    await lock_awaited(url)
    await under_way.commit()
    assert (await cleaning).compacted == 1
    await flush.close()
    assert [row[:3] for row in await ask(url, ROWS)] == [("a", 1, 25)]


async def test_counting_goes_on_while_rows_become_one(url: str) -> None:
    pages = [f"page-{number}" for number in range(200)]

    async def counting(shard_key: int) -> None:
        await count(url, shard_key, *[Batch({page: {EARLIER: 1} for page in pages}) for _ in range(20)])

    async def cleaning() -> None:
        for _ in range(10):
            await cleaned(url)

    async with asyncio.TaskGroup() as group:
        for shard_key in range(3):
            group.create_task(counting(shard_key))
        group.create_task(cleaning())
    await cleaned(url)
    assert [(page, views) for page, _, views, _ in await ask(url, ROWS)] == [(page, 60) for page in sorted(pages)]


async def test_a_lock_that_is_never_given_ends_the_cleaning(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hourmill.adapters.postgres.housekeeping.TRIES", 2)
    await count(url, 1, Batch({"a": {EARLIER: 1}}))
    flush = await asyncpg.connect(url)
    async with flush.transaction():
        await flush.execute("SELECT pg_advisory_xact_lock_shared(1213024588, 6)")
        with pytest.raises(NotCleaned, match="lock timeout"):
            await cleaned(url)
        await count(url, 1, Batch({"a": {EARLIER: 2}}))  # nobody has to wait for who waits
    await flush.close()
    assert (await cleaned(url)).rolled_up == 1
    assert await ask(url, "SELECT page, views FROM page_views_daily") == [("a", 3)]


async def test_a_month_that_somebody_reads_is_dropped_later(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hourmill.adapters.postgres.housekeeping.TRIES", 2)
    await count(url, 1, Batch({"a": {JANUARY: 1}}))
    reader = await asyncpg.connect(url)
    async with reader.transaction():
        await reader.fetch("SELECT * FROM page_views")
        with pytest.raises(NotCleaned, match="lock timeout"):
            await cleaned(url, Retention(hourly_days=30))
        await count(url, 1, Batch({"a": {JANUARY: 1, EARLIER: 1}}))
    await reader.close()
    done = await cleaned(url, Retention(hourly_days=30))
    assert done.hourly.rows == 2
    assert done.hourly.bytes > 0
    assert await ask(url, "SELECT views FROM page_views_daily WHERE view_day = '2026-01-05'") == [(2,)]
    assert await ask(url, "SELECT to_regclass('page_views_2026_01'), to_regclass('site_views_2026_01')") == [
        (None, None)
    ]


async def test_a_clock_that_is_wrong_drops_nothing(url: str) -> None:
    await count(url, 1, Batch({"a": {JANUARY: 1}}))
    wrong = datetime.now(UTC) + timedelta(days=3650)
    household = PostgresHousehold(url, lambda: wrong)
    with pytest.raises(NotCleaned, match=f"clock says {wrong:%Y}"):
        await Janitor(household, Retention(hourly_days=30), lambda: wrong).clean()
    assert await ask(url, "SELECT views FROM page_views") == [(1,)]


async def test_a_look_counts_a_row_that_is_old_and_second_once(url: str) -> None:
    for shard_key in (1, 2, 3):
        await count(url, shard_key, Batch({"a": {JANUARY: 1, EARLIER: 1}}))
    retention = Retention(hourly_days=30)
    said = await Janitor(PostgresHousehold(url, utc_now), retention, lambda: NOW).look()
    done = await cleaned(url, retention)
    assert said is not None
    assert (said.compacted, said.hourly.rows) == (done.compacted, done.hourly.rows) == (4, 2)


async def test_marks_that_have_expired_go(url: str) -> None:
    await count(url, 1, Batch({}, {b"old": {"a": {EARLIER: 1}}, b"new": {"a": {EARLIER: 1}}}))
    await count(url, 1, Batch({"a": {EARLIER: 1}}))
    await ask(url, "UPDATE idempotency_keys SET claimed_at = now() - interval '73 hours' WHERE key_hash = 'old'")
    await ask(url, "UPDATE claims SET changed_at = now() - interval '31 days' WHERE applied = '{[1,2)}'")
    await ask(url, "INSERT INTO workers VALUES (gen_random_uuid(), now() - interval '2 days')")
    await ask(url, "INSERT INTO leases VALUES (9, gen_random_uuid(), now() - interval '2 days')")
    said = await Janitor(PostgresHousehold(url, utc_now), Retention(), lambda: NOW).look()
    assert said is not None
    assert (await cleaned(url)).forgotten == said.forgotten
    left = "SELECT (SELECT count(*) FROM claims), (SELECT count(*) FROM workers), (SELECT count(*) FROM leases)"
    assert await ask(url, left) == [(0, 0, 0)]
    assert await ask(url, "SELECT key_hash FROM idempotency_keys") == [(b"new",)]
