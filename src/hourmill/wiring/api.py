"""The API: on SQLite, on PostgreSQL, or before a broker."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import structlog

from hourmill.adapters.postgres.connection import Database
from hourmill.adapters.postgres.migrate import migrate
from hourmill.http.app import App, Parts, routes_of
from hourmill.http.assets import Assets
from hourmill.http.body import BodyReader, ReadingLimits
from hourmill.http.collect import BodyLimits, Collect, Rules
from hourmill.http.health import Health
from hourmill.http.live import LiveRoute
from hourmill.http.report import Report
from hourmill.http.server import Address, Tls, serve
from hourmill.http.stats import stats_routes
from hourmill.services.collect import Collector, Limits
from hourmill.services.newcomers import Newcomers
from hourmill.services.report import Reporter
from hourmill.services.stats.analyst import Analyst
from hourmill.services.stats.live import Live
from hourmill.services.turnstile import Turnstile
from hourmill.services.watch import Watched
from hourmill.settings import Settings
from hourmill.wiring.access import access, check_credentials, check_exposure, say_if_no_key, tls
from hourmill.wiring.behind import Collecting, behind
from hourmill.wiring.parts import need_postgres, oldest_hour, utc_now
from hourmill.wiring.tracing import tracer
from hourmill.wiring.watch import metrics, watched
from hourmill.wiring.worker import work

log = structlog.get_logger()


@asynccontextmanager
async def service(
    settings: Settings, process: Watched | None = None, siblings: Path | None = None
) -> AsyncIterator[App]:
    """The API behind its RSGI application; on leaving, everything accepted is durable.

    process   that it is a part of
    siblings  folder in which processes that share the port leave word
    raises   DataFileInUse, DataFileUnusable
    """
    process = process or watched()
    async with behind(settings) as (collecting, reader, stats, progress, keys, ready, watch, states, repeated):
        collector = _collector(settings, collecting, process)
        process.repeated.append(repeated)
        bodies = BodyReader(ReadingLimits(settings.max_reading_bytes, settings.body_within_seconds))
        entry = access(settings, keys, bodies)
        newcomers = _newcomers(settings, collector)
        learning = [] if newcomers is None else [partial(newcomers.learn, stats)]
        health = Health([*ready, *learning, partial(say_if_no_key, entry)])
        collect = _collect(settings, collector, bodies, newcomers)
        live = LiveRoute(Live(stats, progress, utc_now))
        v1 = stats_routes(Analyst(stats, progress, utc_now), live)
        async with metrics(process, watch, states, siblings) as told:
            routes = routes_of(
                Parts(collect, Report(Reporter(reader, utc_now)), v1, health, entry.session, Assets(), told)
            )
            app = App(routes, entry.entry, bodies, health, live)
            process.requests = app.figures
            try:
                yield app
            finally:  # before the store is closed: its thread commits what waits
                await collector.close()
                await entry.ring.close()


def _collector(settings: Settings, collecting: Collecting, process: Watched) -> Collector:
    collector = collecting.by(Limits(settings.max_waiting_views, settings.max_waiting_bytes))
    collector.tracer = tracer(settings)
    process.collector, process.producer = collector, collecting.producer
    return collector


def _collect(settings: Settings, collector: Collector, bodies: BodyReader, newcomers: Newcomers | None) -> Collect:
    limits = BodyLimits(settings.max_single_body_bytes, settings.max_multi_body_bytes, settings.max_entries)
    rules = Rules(partial(oldest_hour, settings), newcomers)
    return Collect(Turnstile(collector, time.monotonic), bodies, limits, rules)


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
