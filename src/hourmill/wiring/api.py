"""The API: on SQLite, on PostgreSQL, or before a broker."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, closing
from functools import partial
from pathlib import Path
from typing import NamedTuple

import structlog

from hourmill.adapters.direct.progress import DirectProgress
from hourmill.adapters.direct.publisher import DirectPublisher
from hourmill.adapters.postgres.connection import Database
from hourmill.adapters.postgres.facts import PostgresWatch
from hourmill.adapters.postgres.housekeeping import PostgresHousehold
from hourmill.adapters.postgres.keys import PostgresKeys
from hourmill.adapters.postgres.migrate import migrate
from hourmill.adapters.postgres.progress import PostgresProgress
from hourmill.adapters.postgres.store import PostgresStore
from hourmill.adapters.rabbitmq.publisher import RabbitPublisher
from hourmill.adapters.sqlite.facts import SqliteWatch
from hourmill.adapters.sqlite.journal import Clocks
from hourmill.adapters.sqlite.store import SqliteStore
from hourmill.http.app import App, Parts, routes_of
from hourmill.http.assets import Assets
from hourmill.http.body import BodyReader, ReadingLimits
from hourmill.http.collect import BodyLimits, Collect, Rules
from hourmill.http.health import Health, Ready
from hourmill.http.live import LiveRoute
from hourmill.http.report import Report
from hourmill.http.server import Address, Tls, serve
from hourmill.http.stats import stats_routes
from hourmill.ports.keys import KeyStore
from hourmill.ports.progress import PartitionStates, Progress
from hourmill.ports.queue import Publisher
from hourmill.ports.stats import StatsReader
from hourmill.ports.store import CounterReader, CounterWriter
from hourmill.ports.watch import StoreWatch
from hourmill.services.collect import Collector, Limits
from hourmill.services.newcomers import Newcomers
from hourmill.services.produce import Producer
from hourmill.services.report import Reporter
from hourmill.services.stats.analyst import Analyst
from hourmill.services.stats.live import Live
from hourmill.services.turnstile import Turnstile
from hourmill.services.watch import Watched
from hourmill.settings import Settings
from hourmill.wiring.access import access, check_credentials, check_exposure, say_if_no_key, tls
from hourmill.wiring.parts import cleaning, need_postgres, oldest_hour, postgres, topology, utc_now
from hourmill.wiring.tracing import tracer
from hourmill.wiring.watch import metrics, watched
from hourmill.wiring.worker import work

log = structlog.get_logger()

HELD_OPEN_S = 0.006  # RabbitMQ's work goes by the message, whatever is in it: see docs/decisions/0015


class _Behind(NamedTuple):
    """What the API stands on; each of `ready` returns once its server was reached."""

    writer: CounterWriter
    reader: CounterReader
    stats: StatsReader
    progress: Progress
    keys: KeyStore
    ready: list[Ready]
    watch: StoreWatch
    states: PartitionStates | None


@asynccontextmanager
async def service(
    settings: Settings, process: Watched | None = None, siblings: Path | None = None
) -> AsyncIterator[App]:
    """The API behind its RSGI application; on leaving, everything accepted is durable.

    process   that it is a part of
    siblings  folder in which processes that share the port leave word
    raises   DataFileInUse, DataFileUnusable
    """
    behind = _distributed(settings) if settings.data_file is None else _embedded(settings.data_file, settings)
    process = process or watched()
    async with behind as (writer, reader, stats, progress, keys, ready, watch, states):
        limits = Limits(settings.max_waiting_views, settings.max_waiting_bytes)
        held_open_s = 0.0 if settings.rabbitmq_url is None else HELD_OPEN_S
        process.collector = collector = Collector(writer, limits, held_open_s)
        collector.tracer = tracer(settings)
        process.producer = writer if isinstance(writer, Producer) else None
        body_limits = BodyLimits(settings.max_single_body_bytes, settings.max_multi_body_bytes, settings.max_entries)
        bodies = BodyReader(ReadingLimits(settings.max_reading_bytes, settings.body_within_seconds))
        entry = access(settings, keys, bodies)
        newcomers = _newcomers(settings, collector)
        learning = [] if newcomers is None else [partial(newcomers.learn, stats)]
        health = Health([*ready, *learning, partial(say_if_no_key, entry)])
        turnstile = Turnstile(collector, time.monotonic)
        collect = Collect(turnstile, bodies, body_limits, Rules(partial(oldest_hour, settings), newcomers))
        report = Report(Reporter(reader, utc_now))
        live = LiveRoute(Live(stats, progress, utc_now))
        v1 = stats_routes(Analyst(stats, progress, utc_now), live)
        async with metrics(process, watch, states, siblings) as told:
            routes = routes_of(Parts(collect, report, v1, health, entry.session, Assets(), told))
            app = App(routes, entry.entry, bodies, health, live)
            process.requests = app.figures
            yield app
            await collector.close()
            await entry.ring.close()


def _newcomers(settings: Settings, collector: Collector) -> Newcomers | None:
    if settings.new_pages_per_hour is None:
        return None
    return Newcomers(settings.new_pages_per_hour, collector.figures, lambda: int(time.time()) // 3600)


async def serve_api(
    settings: Settings,
    address: Address,
    stop: asyncio.Event,
    listening: Callable[[], None],
    siblings: Path | None = None,
) -> None:
    """The API on PostgreSQL, until `stop` is set.

    siblings  as service()
    raises    SettingsRefused, AddressInUse
    """
    need_postgres(settings, "hourmill api")
    check_exposure(settings)
    check_credentials(settings)
    files = tls(settings)
    async with service(settings, siblings=siblings) as app:
        await _serve(app, address, stop, listening, files)


async def serve_all(settings: Settings, stop: asyncio.Event, listening: Callable[[], None]) -> None:
    """Everything in this process, until `stop` is set: the API, and a worker if there is a broker.

    raises  DataFileInUse, DataFileUnusable, SchemaUnusable, AddressInUse
    """
    check_exposure(settings)
    check_credentials(settings)
    files = tls(settings)
    if settings.data_file is None:
        await _migrated(settings, stop)
    process = watched()
    async with service(settings, process) as app:
        address = Address(settings.host, settings.port)
        parts = [_serve(app, address, stop, listening, files)]
        if settings.rabbitmq_url is not None:
            parts.append(work(settings, stop, process))
        await _together(stop, *parts)


@asynccontextmanager
async def _embedded(data_file: Path, settings: Settings) -> AsyncIterator[_Behind]:
    clocks = Clocks(time.time, time.monotonic)
    fold_interval_s = settings.flush_interval_ms / 1000
    async with (
        SqliteStore.open(data_file, settings.num_partitions, fold_interval_s, clocks) as store,
        cleaning(settings, store.household),
    ):
        with closing(SqliteWatch(data_file)) as watch:
            yield _Behind(store, store, store.stats, DirectProgress(utc_now), store.keys, [], watch, None)


@asynccontextmanager
async def _distributed(settings: Settings) -> AsyncIterator[_Behind]:
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(postgres(settings))
        publisher = await stack.enter_async_context(_publisher(settings, store))
        if settings.rabbitmq_url is None:  # else the workers clean
            await stack.enter_async_context(cleaning(settings, PostgresHousehold(settings.postgres_url, utc_now)))
        partitions = settings.num_partitions if settings.rabbitmq_url else 1
        producer = Producer(publisher, partitions)
        noted = PostgresProgress(store.database) if settings.rabbitmq_url else None
        progress = noted or DirectProgress(utc_now)
        keys = PostgresKeys(store.database.connection)
        ready: list[Ready] = [store.ready, publisher.ready]
        watch = PostgresWatch(store.database)
        yield _Behind(producer, store, store.stats, progress, keys, ready, watch, noted)
        await producer.close()


@asynccontextmanager
async def _publisher(settings: Settings, store: PostgresStore) -> AsyncIterator[Publisher]:
    if settings.rabbitmq_url is None:
        yield DirectPublisher(store)
    else:
        async with RabbitPublisher.open(settings.rabbitmq_url.get_secret_value(), topology(settings)) as publisher:
            yield publisher


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


async def _serve(
    app: App, address: Address, stop: asyncio.Event, listening: Callable[[], None], files: Tls | None
) -> None:
    """Serve; a server behind us that can never be used ends it."""
    starting = asyncio.create_task(app.start())
    serving = asyncio.create_task(serve(app, address, stop, listening, files))
    await asyncio.wait([starting, serving], return_when=asyncio.FIRST_COMPLETED)
    if starting.done() and starting.exception() is not None:
        stop.set()
    await asyncio.wait([serving])
    starting.cancel()
    await asyncio.wait([starting])
    serving.result()
    if not starting.cancelled():
        starting.result()


async def _together(stop: asyncio.Event, *parts: Coroutine[None, None, None]) -> None:
    """Run all parts to their end; when one fails, the others are stopped, and its error is raised."""
    running = [asyncio.create_task(part) for part in parts]
    await asyncio.wait(running, return_when=asyncio.FIRST_EXCEPTION)
    stop.set()
    await asyncio.wait(running)
    for task in running:
        task.result()
