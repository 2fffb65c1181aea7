"""The roof: settings into live objects, opened and closed in order. The only place that names an adapter."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import UTC, datetime

from hourmill.adapters.sqlite.journal import Clocks
from hourmill.adapters.sqlite.ledger import SqliteLedger
from hourmill.adapters.sqlite.reader import SqliteReader
from hourmill.adapters.sqlite.store import SqliteStore
from hourmill.http.app import App
from hourmill.http.body import BodyReader
from hourmill.http.collect import BodyLimits, Collect
from hourmill.http.report import Report
from hourmill.http.server import serve
from hourmill.ports.store import ImportLedger
from hourmill.services.collect import Collector, Limits
from hourmill.services.report import Reporter
from hourmill.settings import Settings


def utc_now() -> datetime:
    """The clock."""
    return datetime.now(UTC)


@asynccontextmanager
async def service(settings: Settings) -> AsyncIterator[App]:
    """The whole embedded service behind its RSGI application; on leaving, everything accepted is in the table.

    raises  DataFileInUse, DataFileUnusable
    """
    clocks = Clocks(time.time, time.monotonic)
    fold_interval_s = settings.flush_interval_ms / 1000
    async with SqliteStore.open(settings.data_file, settings.num_partitions, fold_interval_s, clocks) as store:
        collector = Collector(store, Limits(settings.max_waiting_views, settings.max_waiting_bytes))
        body_limits = BodyLimits(settings.max_single_body_bytes, settings.max_multi_body_bytes)
        bodies = BodyReader()
        yield App(Collect(collector, bodies, body_limits), Report(Reporter(store, utc_now)), bodies)
        await collector.close()


async def run(settings: Settings, stop: asyncio.Event, listening: Callable[[], None]) -> None:
    """Serve until `stop` is set.

    raises  DataFileInUse, DataFileUnusable, AddressInUse
    """
    async with service(settings) as app:
        await serve(app, settings.host, settings.port, stop, listening)


@contextmanager
def open_reporter(settings: Settings) -> Iterator[Reporter]:
    """Reports from the data file, beside a running server if there is one.

    raises  DataFileUnusable
    """
    with closing(SqliteReader(settings.data_file)) as reader:
        yield Reporter(reader, utc_now)


@contextmanager
def open_ledger(settings: Settings, *, dry_run: bool) -> Iterator[ImportLedger]:
    """Where imports are counted, beside a running server if there is one; dry_run: it can be asked, and makes no file.

    raises  DataFileInUse (by another import), DataFileUnusable
    """
    opened = SqliteLedger.open_for_asking if dry_run else SqliteLedger.open
    with opened(settings.data_file, settings.num_partitions) as ledger:
        yield ledger
