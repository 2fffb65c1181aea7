"""The API: on SQLite, on PostgreSQL, or before a broker."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import structlog

from hourmill.adapters.postgres.connection import Database
from hourmill.adapters.postgres.migrate import migrate
from hourmill.adapters.sqlite.lock import SERVER, check_free
from hourmill.core.message import MOST_KEYED_BYTES
from hourmill.http.app import App, Parts, routes_of
from hourmill.http.assets import Assets
from hourmill.http.body import BodyReader, ReadingLimits
from hourmill.http.collect import BodyLimits, Collect, Rules, Ways
from hourmill.http.health import Health
from hourmill.http.live import LiveRoute
from hourmill.http.reads import Lane
from hourmill.http.report import Report
from hourmill.http.server import Address, Tls, numeric_address, serve
from hourmill.http.stats import stats_routes
from hourmill.services.collect import Collector, Limits
from hourmill.services.large_batches import LargeBatches
from hourmill.services.newcomers import Newcomers, NewLimits
from hourmill.services.produce import Producer
from hourmill.services.report import Reporter
from hourmill.services.stats.analyst import Analyst
from hourmill.services.stats.live import Live, Looking
from hourmill.services.time_slices import TimeSlices
from hourmill.services.turnstile import Turnstile
from hourmill.services.watch import Watched
from hourmill.settings import Settings
from hourmill.wiring.access import access, check_credentials, check_exposure, say_if_no_key, tls
from hourmill.wiring.behind import Collecting, behind
from hourmill.wiring.parts import need_postgres, timekeeping, utc_now
from hourmill.wiring.tracing import tracer
from hourmill.wiring.watch import metrics, watched
from hourmill.wiring.worker import work

TOGETHER = 2  # all sites may have so many times as many new pages as one: two of the largest may begin in one hour

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
    async with (
        behind(settings) as (collecting, reader, stats, progress, keys, ready, watch, states, repeated),
        timekeeping(settings, stats) as timekeeper,
    ):
        ways = _ways(settings, collecting, process)
        process.repeated.append(repeated)
        bodies = BodyReader(ReadingLimits(settings.max_reading_bytes, settings.body_within_seconds))
        entry = access(settings, keys, bodies)
        newcomers = _newcomers(settings, ways.usual.collector)
        learning = [] if newcomers is None else [partial(newcomers.learn, stats)]
        health = Health([*ready, timekeeper.ready, *learning, partial(say_if_no_key, entry)], process.refusal)
        rules = Rules(timekeeper.bounds, newcomers)
        collect = Collect(ways, bodies, _body_limits(settings, collecting.producers), rules)
        within_s = settings.read_within_seconds
        looking = Looking(stats, progress, utc_now, entry.reads.lanes[Lane.STATISTICS], within_s)
        live = LiveRoute(Live(looking), entry.reads)
        v1 = stats_routes(Analyst(stats, progress, utc_now, within_s))
        async with metrics(process, watch, states, siblings) as told:
            routes = routes_of(
                Parts(collect, Report(Reporter(reader, utc_now)), v1, live, health, entry.session, Assets(), told)
            )
            app = App(routes, entry.entry, bodies, health, live)
            process.requests = app.figures
            try:
                yield app
            finally:  # before the store is closed: its thread commits what waits
                await ways.usual.collector.close()
                await ways.batches.close()
                await entry.ring.close()


def _ways(settings: Settings, collecting: Collecting, process: Watched) -> Ways:
    most_bytes = settings.max_waiting_bytes
    usual = collecting.views(Limits(settings.max_waiting_views, most_bytes))
    batches = collecting.batches(Limits(min(settings.max_entries, settings.max_waiting_views), most_bytes))
    usual.tracer = batches.tracer = tracer(settings)
    process.collectors, process.producers = [usual, batches], collecting.producers
    turnstile = Turnstile(usual, time.monotonic)
    return Ways(turnstile, batches, LargeBatches(most_bytes), TimeSlices(time.monotonic))


def _body_limits(settings: Settings, producers: Sequence[Producer]) -> BodyLimits:
    def keyed() -> int:
        return min([MOST_KEYED_BYTES, *(producer.most_keyed_bytes for producer in producers)])

    return BodyLimits(settings.max_single_body_bytes, settings.max_multi_body_bytes, settings.max_entries, keyed)


def _newcomers(settings: Settings, collector: Collector) -> Newcomers | None:
    if settings.new_pages_per_hour == 0:
        return None
    pages = settings.new_pages_per_hour
    limits = NewLimits(pages, TOGETHER * pages, settings.new_sites_per_hour)
    return Newcomers(limits, collector.figures, lambda: int(time.time()) // 3600)


async def serve_api(
    settings: Settings,
    address: Address,
    stop: asyncio.Event,
    started: Callable[[], None],
    siblings: Path | None = None,
) -> None:
    """The API on PostgreSQL, until `stop` is set.

    started   called once it listens and reaches its servers, if it comes to that
    siblings  as service()
    raises    SettingsRefused, AddressInUse
    """
    need_postgres(settings, "hourmill api")
    check_exposure(settings)
    check_credentials(settings)
    files = tls(settings)
    async with service(settings, siblings=siblings) as app:
        await _serve(app, address, stop, started, files)


async def serve_all(settings: Settings, stop: asyncio.Event, started: Callable[[], None]) -> None:
    """Everything in this process, until `stop` is set: the API, and a worker if there is a broker.

    started  as in serve_api()
    raises   SettingsRefused, DataFileInUse, DataFileUnusable, SchemaUnusable, AddressInUse
    """
    check_exposure(settings)
    check_credentials(settings)
    files = tls(settings)
    address = Address(settings.host, settings.port)
    _check_free(settings, address)
    if settings.data_file is None:
        await _migrated(settings, stop)
        if stop.is_set():
            return
    process = watched()
    async with service(settings, process) as app:
        parts = [_serve(app, address, stop, started, files)]
        if settings.rabbitmq_url is not None:
            parts.append(work(settings, stop, process))
        await _together(stop, *parts)


def _check_free(settings: Settings, address: Address) -> None:
    """That no other process serves the data file, nor listens at the address, before anything is made.

    raises  DataFileInUse, DataFileUnusable, AddressInUse
    """
    if settings.data_file is not None:
        check_free(settings.data_file, SERVER)  # first: of a service that is started twice it tells more
    numeric_address(address)


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
    app: App, address: Address, stop: asyncio.Event, started: Callable[[], None], files: Tls | None
) -> None:
    """Serve; a server behind us that can never be used ends it."""
    listening = asyncio.Event()

    async def start() -> None:
        await app.start()
        await listening.wait()
        if not stop.is_set():
            started()

    starting = asyncio.create_task(start())
    serving = asyncio.create_task(serve(app, address, stop, listening.set, files))
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
