"""The roof: settings into live objects, opened and closed in order. The only place that names an adapter."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import structlog

from hourmill.adapters.direct.publisher import DirectPublisher
from hourmill.adapters.postgres.connection import Database, connect
from hourmill.adapters.postgres.leases import PostgresLeases
from hourmill.adapters.postgres.ledger import PostgresLedger
from hourmill.adapters.postgres.migrate import migrate
from hourmill.adapters.postgres.store import PostgresStore
from hourmill.adapters.rabbitmq.consumer import PREFETCH, RabbitConsumer
from hourmill.adapters.rabbitmq.publisher import RabbitPublisher
from hourmill.adapters.rabbitmq.topology import Topology
from hourmill.adapters.sqlite.connection import open_for_writing
from hourmill.adapters.sqlite.journal import Clocks
from hourmill.adapters.sqlite.ledger import SqliteLedger
from hourmill.adapters.sqlite.reader import SqliteReader
from hourmill.adapters.sqlite.store import SqliteStore
from hourmill.errors import SettingsRefused
from hourmill.http.app import App
from hourmill.http.body import BodyReader
from hourmill.http.collect import BodyLimits, Collect
from hourmill.http.health import Health
from hourmill.http.report import Report
from hourmill.http.server import Address, serve
from hourmill.ports.queue import Publisher
from hourmill.ports.store import CounterReader, CounterWriter, ImportLedger
from hourmill.services.collect import Collector, Limits
from hourmill.services.lease import Leaseholder
from hourmill.services.mill import Mill, Pace
from hourmill.services.produce import Producer
from hourmill.services.report import Reporter
from hourmill.settings import Settings

FLUSHED_WITHIN_S = 8.0  # when a worker stops; what is not acknowledged by then is delivered again

log = structlog.get_logger()

Ready = Callable[[], Awaitable[None]]


class _Behind(NamedTuple):
    """What the API stands on; each of `ready` returns once its server was reached."""

    writer: CounterWriter
    reader: CounterReader
    ready: list[Ready]


def utc_now() -> datetime:
    """The clock."""
    return datetime.now(UTC)


def where(settings: Settings) -> str:
    """The store, for people: no password in it."""
    return str(settings.data_file or settings.postgres_url.rpartition("@")[2].partition("?")[0])


@asynccontextmanager
async def service(settings: Settings) -> AsyncIterator[App]:
    """The API behind its RSGI application; on leaving, everything accepted is durable.

    raises  DataFileInUse, DataFileUnusable
    """
    behind = _distributed(settings) if settings.data_file is None else _embedded(settings.data_file, settings)
    async with behind as (writer, reader, ready):
        collector = Collector(writer, Limits(settings.max_waiting_views, settings.max_waiting_bytes))
        body_limits = BodyLimits(settings.max_single_body_bytes, settings.max_multi_body_bytes)
        bodies, health = BodyReader(), Health()
        collect, report = Collect(collector, bodies, body_limits), Report(Reporter(reader, utc_now))
        starting = asyncio.create_task(_start(health, ready))
        yield App(collect, report, bodies, health)
        starting.cancel()
        await collector.close()


async def serve_api(settings: Settings, address: Address, stop: asyncio.Event, listening: Callable[[], None]) -> None:
    """The API on PostgreSQL, until `stop` is set.

    raises  SettingsRefused, AddressInUse
    """
    _need_postgres(settings, "hourmill api")
    async with service(settings) as app:
        await serve(app, address, stop, listening)


async def serve_all(settings: Settings, stop: asyncio.Event, listening: Callable[[], None]) -> None:
    """Everything in this process, until `stop` is set: the API, and a worker if there is a broker.

    raises  DataFileInUse, DataFileUnusable, SchemaUnusable, AddressInUse
    """
    if settings.data_file is None:
        await _migrated(settings, stop)
    async with service(settings) as app:
        address = Address(settings.host, settings.port)
        parts = [serve(app, address, stop, listening)]
        if settings.rabbitmq_url is not None:
            parts.append(work(settings, stop))
        await _together(stop, *parts)


async def work(settings: Settings, stop: asyncio.Event) -> None:
    """One worker, until `stop` is set; the flush under way is ended, the partitions are given back.

    raises  SettingsRefused
    """
    _need_postgres(settings, "hourmill worker")
    if settings.rabbitmq_url is None:
        raise SettingsRefused(["RABBITMQ_URL: unset; a worker takes its views from RabbitMQ."])
    url = settings.rabbitmq_url.get_secret_value()
    prefetch = max(PREFETCH, 2 * settings.batch_size)  # the next flush fills while one is under way
    async with _store(settings) as store, RabbitConsumer.open(url, _topology(settings), prefetch) as consumer:
        mill = Mill(consumer, store, Pace(settings.batch_size, settings.flush_interval_ms / 1000))
        leaseholder = Leaseholder(PostgresLeases(store.database), consumer, mill.flushing)
        stopping = asyncio.create_task(stop.wait())
        milling = asyncio.create_task(_mill(mill, leaseholder, [store.ready, consumer.ready]))
        await asyncio.wait([stopping, milling], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        mill.close()
        await asyncio.wait([milling], timeout=FLUSHED_WITHIN_S)
        milling.cancel()
        await asyncio.wait([milling])
        await leaseholder.leave()
        if not milling.cancelled():
            milling.result()


async def migrate_store(settings: Settings) -> list[str]:
    """Bring the store's schema up to date; what was done.

    raises  DataFileUnusable, SchemaUnusable, Unreachable
    """
    if settings.data_file is None:
        return await migrate(settings.postgres_url)
    open_for_writing(settings.data_file, check=False).close()
    return [f"{settings.data_file} has the schema of this version."]


@asynccontextmanager
async def open_reporter(settings: Settings) -> AsyncIterator[Reporter]:
    """Reports from the store, beside a running server if there is one.

    raises  DataFileUnusable, Unreachable
    """
    if settings.data_file is None:
        async with _store(settings) as store:
            await (await connect(settings.postgres_url)).close()  # a command does not wait for its server
            await store.ready()
            yield Reporter(store, utc_now)
    else:
        with closing(SqliteReader(settings.data_file)) as reader:
            yield Reporter(reader, utc_now)


@asynccontextmanager
async def open_ledger(settings: Settings, *, dry_run: bool) -> AsyncIterator[ImportLedger]:
    """Where imports are counted, beside a running server if there is one; dry_run: it can be asked, and makes nothing.

    raises  DataFileInUse (by another import), DataFileUnusable, Unreachable
    """
    if settings.data_file is None:
        open_postgres = PostgresLedger.open_for_asking if dry_run else PostgresLedger.open
        async with open_postgres(settings.postgres_url, settings.num_partitions) as ledger:
            yield ledger
    else:
        open_sqlite = SqliteLedger.open_for_asking if dry_run else SqliteLedger.open
        with open_sqlite(settings.data_file, settings.num_partitions) as ledger:
            yield ledger


@asynccontextmanager
async def _embedded(data_file: Path, settings: Settings) -> AsyncIterator[_Behind]:
    clocks = Clocks(time.time, time.monotonic)
    fold_interval_s = settings.flush_interval_ms / 1000
    async with SqliteStore.open(data_file, settings.num_partitions, fold_interval_s, clocks) as store:
        yield _Behind(store, store, [])


@asynccontextmanager
async def _distributed(settings: Settings) -> AsyncIterator[_Behind]:
    async with _store(settings) as store, _publisher(settings, store) as publisher:
        partitions = settings.num_partitions if settings.rabbitmq_url else 1
        producer = Producer(publisher, partitions)
        yield _Behind(producer, store, [store.ready, publisher.ready])
        await producer.close()


def _store(settings: Settings) -> AbstractAsyncContextManager[PostgresStore]:
    shard_key = random.randrange(settings.num_shards)  # noqa: S311 not for secrets
    return PostgresStore.open(settings.postgres_url, settings.num_partitions, shard_key)


@asynccontextmanager
async def _publisher(settings: Settings, store: PostgresStore) -> AsyncIterator[Publisher]:
    if settings.rabbitmq_url is None:
        yield DirectPublisher(store)
    else:
        async with RabbitPublisher.open(settings.rabbitmq_url.get_secret_value(), _topology(settings)) as publisher:
            yield publisher


def _topology(settings: Settings) -> Topology:
    return Topology(settings.num_partitions, settings.queue_max_bytes, settings.queue_prefix)


def _need_postgres(settings: Settings, command: str) -> None:
    if settings.data_file is not None:
        raise SettingsRefused([f"DATABASE_URL: {command} needs PostgreSQL; `hourmill serve` is for SQLite."])


async def _start(health: Health, ready: Sequence[Ready]) -> None:
    for server in ready:
        await server()
    if health.state == "starting":
        health.state = "ready"


async def _mill(mill: Mill, leaseholder: Leaseholder, ready: Sequence[Ready]) -> None:
    for server in ready:
        await server()
    holding = asyncio.create_task(leaseholder.run())
    try:
        await mill.run()
    finally:
        holding.cancel()
        await asyncio.wait([holding])


async def _migrated(settings: Settings, stop: asyncio.Event) -> None:
    """Bring the schema up to date, as soon as PostgreSQL can be reached."""
    async with Database.open(settings.postgres_url) as database:
        stopping = asyncio.create_task(stop.wait())
        connected = asyncio.create_task(database.connected())
        await asyncio.wait([stopping, connected], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        connected.cancel()
    if not stop.is_set():
        for line in await migrate(settings.postgres_url):
            log.info("migrated", done=line)


async def _together(stop: asyncio.Event, *parts: Coroutine[None, None, None]) -> None:
    """Run all parts to their end; when one fails, the others are stopped, and its error is raised."""
    running = [asyncio.create_task(part) for part in parts]
    await asyncio.wait(running, return_when=asyncio.FIRST_EXCEPTION)
    stop.set()
    await asyncio.wait(running)
    for task in running:
        task.result()
