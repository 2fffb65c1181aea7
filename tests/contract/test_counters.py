"""What every store of an API promises (ports/store.py: CounterWriter, CounterReader), on each of them."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from hourmill.adapters.direct.publisher import DirectPublisher
from hourmill.adapters.postgres.migrate import migrate
from hourmill.adapters.postgres.store import PostgresStore
from hourmill.adapters.sqlite.journal import Clocks
from hourmill.adapters.sqlite.store import SqliteStore
from hourmill.core.batch import Batch
from hourmill.ports.store import CounterReader, CounterWriter
from hourmill.services.produce import Producer

PARTITIONS = 4


class Store:
    """Both sides of a store."""

    def __init__(self, writer: CounterWriter, reader: CounterReader) -> None:
        self.count = writer.count
        self.hours = reader.hours


OpenStore = Callable[[], AbstractAsyncContextManager[Store]]


@pytest.fixture
def sqlite_store(tmp_path: Path) -> OpenStore:
    @asynccontextmanager
    async def opened() -> AsyncIterator[Store]:
        clocks = Clocks(time.time, time.monotonic)
        async with SqliteStore.open(tmp_path / "views.db", PARTITIONS, 0.0, clocks) as store:
            yield Store(store, store)

    return opened


@pytest.fixture
def postgres_store(database_url: str) -> OpenStore:
    """PostgreSQL as the API uses it without a broker: numbered batches of one producer."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Store]:
        await migrate(database_url)
        async with PostgresStore.open(database_url, PARTITIONS, 0) as store:
            await store.ready()
            producer = Producer(DirectPublisher(store), 1)
            yield Store(producer, store)
            await producer.close()

    return opened


@pytest.fixture(params=["sqlite", "postgres"])
def open_store(request: pytest.FixtureRequest) -> OpenStore:
    """Each of them; opened again it holds what it held."""
    made: OpenStore = request.getfixturevalue(f"{request.param}_store")
    return made


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


async def test_a_key_is_remembered_over_a_restart(open_store: OpenStore) -> None:
    for _ in range(2):
        async with open_store() as store:
            await store.count(Batch(keyed={b"k": {"a": {10: 5}}}))
            assert await store.hours("a", 10, 10) == {10: 5}


async def test_a_counter_at_the_ceiling_of_64_bits_stays_there(open_store: OpenStore) -> None:
    async with open_store() as store:
        for _ in range(3):
            await store.count(Batch(cells={"a": {10: 2**62}}))
            assert 10 in await store.hours("a", 10, 10)  # reading folds
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
