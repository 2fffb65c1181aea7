"""What every store of workers promises (ports/store.py), on PostgreSQL: it counts once, whoever counts beside it."""

import asyncio
from datetime import UTC, datetime

from tests.contract.postgres_store import OTHER, PARTITIONS, PRODUCER, applied_at_last, ask, claim, opened

from hourmill.adapters.postgres.store import PostgresStore
from hourmill.core.batch import Batch
from hourmill.core.partition import partition_of
from hourmill.errors import NotAccepted, OutcomeUnknown


async def test_a_counted_batch_is_read_at_once(store: PostgresStore) -> None:
    assert await store.apply([claim(1)], Batch({"a": {10: 2, 11: 3}, "b": {10: 4}}, {})) == []
    assert await store.hours("a", 10, 11) == {10: 2, 11: 3}
    assert await store.hours("a", 11, 99) == {11: 3}
    assert await store.hours("a", -5, 10**9) == {10: 2, 11: 3}
    assert await store.hours("c", 10, 11) == {}


async def test_batches_add_up_over_restarts_and_shard_keys(url: str) -> None:
    for shard_key in range(3):
        async with opened(url, shard_key) as store:
            await store.apply([claim(2 * shard_key + 1)], Batch({"a": {10: 2}}, {}))
            await store.apply([claim(2 * shard_key + 2)], Batch({"a": {10: 1}}, {}))
            assert await store.hours("a", 10, 10) == {10: 3 * shard_key + 3}
    assert len(await ask(url, "SELECT FROM page_views")) == 3


async def test_the_table_has_the_documented_columns(url: str, store: PostgresStore) -> None:
    await store.apply([claim(1)], Batch({'"q\\é😀/~': {486_729: 5}}, {}))
    rows = await ask(url, "SELECT page, view_hour, views, partition, shard_key FROM page_views")
    hour = datetime(2025, 7, 11, 9, tzinfo=UTC)
    assert rows == [('"q\\é😀/~', hour, 5, partition_of('"q\\é😀/~', PARTITIONS), 0)]


async def test_the_same_batches_applied_by_many_stores_at_once_count_once(url: str) -> None:
    pages = {f"page {n}": {10: 1} for n in range(200)}
    async with opened(url) as one, opened(url) as two, opened(url) as three:
        await one.apply([claim(99)], Batch({"a": {10: 1}}, {}))
        for seq in range(1, 30, 3):
            claims = [claim(seq + n, partition) for n in range(3) for partition in range(4)]
            backwards = claims[::-1]
            answers = await asyncio.gather(
                one.apply(claims, Batch(pages, {})),
                two.apply(backwards, Batch(dict(reversed(pages.items())), {})),
                three.apply(claims[5:] + claims[:5], Batch(pages, {})),
            )
            assert sorted(map(len, answers)) == [0, 12, 12]
        assert await one.hours("page 7", 10, 10) == {10: 10}


async def test_overlapping_sets_of_cells_and_keys_never_wait_for_each_other(url: str) -> None:
    async with opened(url) as one, opened(url) as two:

        async def count(store: PostgresStore, producer: bytes, step: int) -> None:
            for seq in range(1, 21):
                cells = {f"p{n}": {10: 1} for n in range(300)[::step]}
                keyed = {b"%d-%d" % (seq, n): {f"p{n}": {10: 1}} for n in range(50)[::step]}
                assert await store.apply([claim(seq, producer=producer)], Batch(cells, keyed)) == []

        async with asyncio.TaskGroup() as group:
            group.create_task(count(one, PRODUCER, 1))
            group.create_task(count(two, OTHER, -1))
        assert await one.hours("p7", 10, 10) == {10: 60}  # 20 from each, and 20 keys once


async def test_a_commit_whose_answer_was_lost_is_known_by_applying_again(url: str, store: PostgresStore) -> None:
    calls = [asyncio.create_task(store.apply([claim(seq)], Batch({"a": {10: 1}}, {}))) for seq in range(1, 4)]
    of_the_store = "datname = current_database() AND application_name = 'hourmill'"
    await ask(url, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {of_the_store}")
    for outcome in await asyncio.gather(*calls, return_exceptions=True):
        assert not isinstance(outcome, BaseException) or isinstance(outcome, NotAccepted | OutcomeUnknown)
    for seq in range(1, 4):
        assert await applied_at_last(store, [claim(seq)], Batch({"a": {10: 1}}, {})) in ([], [claim(seq)])
    assert await store.hours("a", 10, 10) == {10: 3}


async def test_a_worker_that_is_cancelled_meanwhile_leaves_all_or_nothing(url: str, store: PostgresStore) -> None:
    pages = {f"page {n}": {10: 1} for n in range(500)}
    for seq in range(1, 11):
        applying = asyncio.create_task(store.apply([claim(seq)], Batch(pages, {})))
        await asyncio.wait([applying], timeout=0.002 * seq)
        applying.cancel()
        await asyncio.wait([applying])
        await applied_at_last(store, [claim(seq)], Batch(pages, {}))
    assert await store.hours("page 0", 10, 10) == {10: 10}
    assert await ask(url, "SELECT count(DISTINCT views) FROM page_views") == [(1,)]


async def test_a_counter_at_the_ceiling_of_64_bits_stays_there(store: PostgresStore) -> None:
    for seq in range(1, 4):
        await store.apply([claim(seq)], Batch({"a": {10: 2**62}}, {}))
    assert await store.hours("a", 10, 10) == {10: 2**63 - 1}
    keyed = {b"%d" % n: {"b": {10: 2**63 - 1}} for n in range(3)}
    await store.apply([claim(4)], Batch({"b": {10: 2**63 - 1}}, keyed))
    assert await store.hours("b", 10, 10) == {10: 2**63 - 1}
