"""What the API stands on: SQLite, PostgreSQL, or PostgreSQL and a broker."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, closing
from functools import partial
from pathlib import Path
from typing import NamedTuple

from hourmill.adapters.direct.progress import DirectProgress
from hourmill.adapters.direct.publisher import DirectPublisher
from hourmill.adapters.postgres.facts import PostgresWatch
from hourmill.adapters.postgres.housekeeping import PostgresHousehold
from hourmill.adapters.postgres.keys import PostgresKeys
from hourmill.adapters.postgres.progress import PostgresProgress
from hourmill.adapters.postgres.store import PostgresStore
from hourmill.adapters.rabbitmq.publisher import RabbitPublisher
from hourmill.adapters.sqlite.facts import SqliteWatch
from hourmill.adapters.sqlite.journal import Clocks
from hourmill.adapters.sqlite.store import SqliteStore
from hourmill.http.health import Ready
from hourmill.ports.keys import KeyStore
from hourmill.ports.progress import PartitionStates, Progress
from hourmill.ports.queue import Publisher
from hourmill.ports.stats import StatsReader
from hourmill.ports.store import CounterReader
from hourmill.ports.watch import StoreWatch
from hourmill.services.collect import Collector, Limits
from hourmill.services.collect_on_loop import LoopCollector
from hourmill.services.collect_on_thread import ThreadCollector
from hourmill.services.produce import Producer
from hourmill.settings import Settings
from hourmill.wiring.parts import cleaning, postgres, topology, utc_now

HELD_OPEN_S = 0.006  # RabbitMQ's work goes by the message, whatever is in it: see docs/decisions/0015


class Collecting(NamedTuple):
    """How requests are collected.

    views, batches  make a collector for each; views need not wait for what batches commit
    producers       that collectors hand their groups to
    """

    views: Callable[[Limits], Collector]
    batches: Callable[[Limits], Collector]
    producers: list[Producer]


class Behind(NamedTuple):
    """What the API stands on.

    ready     each returns once its server was reached
    repeated  how many requests had a key that the store knew; 0 where workers count
    """

    collecting: Collecting
    reader: CounterReader
    stats: StatsReader
    progress: Progress
    keys: KeyStore
    ready: list[Ready]
    watch: StoreWatch
    states: PartitionStates | None
    repeated: Callable[[], int]


def behind(settings: Settings) -> AbstractAsyncContextManager[Behind]:
    """All of it, opened; on leaving, what was accepted is durable.

    raises  DataFileInUse, DataFileUnusable
    """
    return _distributed(settings) if settings.data_file is None else _embedded(settings.data_file, settings)


@asynccontextmanager
async def _embedded(data_file: Path, settings: Settings) -> AsyncIterator[Behind]:
    clocks = Clocks(time.time, time.monotonic)
    fold_interval_s = settings.flush_interval_ms / 1000
    async with (
        SqliteStore.open(data_file, settings.num_partitions, fold_interval_s, clocks) as store,
        cleaning(settings, store.household),
    ):
        with closing(SqliteWatch(data_file)) as watch:
            collecting = Collecting(partial(ThreadCollector, store), partial(ThreadCollector, store.patient), [])
            yield Behind(collecting, store, store.stats, DirectProgress(utc_now), store.keys, [], watch, None,
                         lambda: store.repeated)  # fmt: skip


@asynccontextmanager
async def _distributed(settings: Settings) -> AsyncIterator[Behind]:
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(postgres(settings))
        publisher = await stack.enter_async_context(_publisher(settings, store))
        if settings.rabbitmq_url is None:  # else the workers clean
            await stack.enter_async_context(cleaning(settings, PostgresHousehold(settings.postgres_url, utc_now)))
        partitions = settings.num_partitions if settings.rabbitmq_url else 1
        producers: list[Producer] = []
        noted = PostgresProgress(store.database) if settings.rabbitmq_url else None
        progress = noted or DirectProgress(utc_now)
        keys = PostgresKeys(store.database.connection)
        ready: list[Ready] = [store.ready, publisher.ready]
        watch = PostgresWatch(store.database)
        held_open_s = HELD_OPEN_S if settings.rabbitmq_url else 0.0

        def collector(limits: Limits) -> Collector:
            producers.append(Producer(publisher, partitions))
            return LoopCollector(producers[-1], limits, held_open_s)

        collecting = Collecting(collector, collector, producers)
        yield Behind(collecting, store, store.stats, progress, keys, ready, watch, noted, lambda: store.repeated)
        await asyncio.gather(*(producer.close() for producer in producers))


@asynccontextmanager
async def _publisher(settings: Settings, store: PostgresStore) -> AsyncIterator[Publisher]:
    if settings.rabbitmq_url is None:
        yield DirectPublisher(store)
    else:
        async with RabbitPublisher.open(settings.rabbitmq_url.get_secret_value(), topology(settings)) as publisher:
            yield publisher
