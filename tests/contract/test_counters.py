"""What every store of an API promises (ports/store.py: CounterWriter, CounterReader), on each of them."""

import asyncio

from tests.contract.stores import OpenStore

from hourmill.core.batch import Batch


async def test_a_counted_batch_is_read_at_once(open_store: OpenStore) -> None:
    async with open_store() as store:
        await store.count(Batch(cells={"a": {10: 2, 11: 3}, "b": {10: 4}}))
        assert await store.hours("a", 10, 11) == {10: 2, 11: 3}
        assert await store.hours("a", 11, 99) == {11: 3}
        assert await store.hours("c", 10, 11) == {}


async def test_batches_add_up_over_restarts(open_store: OpenStore) -> None:
    for _ in range(3):
        async with open_store() as store:
            await store.count(Batch(cells={"a": {10: 2}}))
            await store.count(Batch(cells={"a": {10: 1}}))
    async with open_store() as store:
        assert await store.hours("a", 10, 10) == {10: 9}


async def test_a_repeated_key_counts_once_and_its_batch_counts_all_the_same(open_store: OpenStore) -> None:
    async with open_store() as store:
        await store.count(Batch(keyed={b"k1": {"a": {10: 5}}}))
        await store.count(Batch(cells={"a": {10: 1}}, keyed={b"k1": {"a": {10: 5}}, b"k2": {"a": {10: 7}}}))
        assert await store.hours("a", 10, 10) == {10: 13}


async def test_requests_with_a_key_that_was_counted_before_are_told(open_store: OpenStore) -> None:
    async with open_store() as store:
        keyed = {b"%d" % number: {"a": {10: 5}} for number in range(3)}
        await store.count(Batch(cells={"a": {10: 1}}, keyed=dict(keyed)))
        assert store.repeated() == 0
        await store.count(Batch(keyed={**keyed, b"new": {"a": {10: 5}}}))
        await store.count(Batch(keyed={b"new": {"b": {10: 5}}}))
        await store.count(Batch(cells={"a": {10: 1}}))
        assert store.repeated() == 4


async def test_a_key_is_remembered_over_a_restart(open_store: OpenStore) -> None:
    for _ in range(2):
        async with open_store() as store:
            await store.count(Batch(keyed={b"k": {"a": {10: 5}}}))
            assert await store.hours("a", 10, 10) == {10: 5}


async def test_a_counter_at_the_ceiling_of_64_bits_stays_there(open_store: OpenStore) -> None:
    async with open_store() as store:
        for _ in range(3):
            await store.count(Batch(cells={"a": {10: 2**62}}))
            assert 10 in await store.hours("a", 10, 10)
            await store.folded()
        assert await store.hours("a", 10, 10) == {10: 2**63 - 1}


async def test_parallel_counts_and_reads_show_no_view_twice_and_none_too_few(
    open_store: OpenStore,
) -> None:
    async with open_store() as store:
        answered = 0

        async def count() -> None:
            nonlocal answered
            for _ in range(100):
                await store.count(Batch(cells={"a": {10: 1}}))
                answered += 1

        async def read() -> None:
            for _ in range(50):
                before = answered
                seen = (await store.hours("a", 10, 10)).get(10, 0)
                assert before <= seen <= answered + 4

        async with asyncio.TaskGroup() as group:
            for _ in range(4):
                group.create_task(count())
            group.create_task(read())
        assert await store.hours("a", 10, 10) == {10: 400}
