"""Both stores as an API and a janitor use them, and what stands in their tables."""

import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from tests.contract.postgres_store import PARTITIONS, ask

from hourmill.adapters.direct.publisher import DirectPublisher
from hourmill.adapters.postgres.export import PostgresExport
from hourmill.adapters.postgres.housekeeping import PostgresHousehold
from hourmill.adapters.postgres.store import PostgresStore
from hourmill.adapters.sqlite.export import SqliteExport
from hourmill.adapters.sqlite.journal import Clocks
from hourmill.adapters.sqlite.store import SqliteStore
from hourmill.core.month import first_day, month_of
from hourmill.ports.export import CounterExport
from hourmill.ports.housekeeping import Household
from hourmill.ports.stats import MOST_VIEWS, StatsReader
from hourmill.ports.store import CounterReader, CounterWriter
from hourmill.services.produce import Producer
from hourmill.wiring.parts import utc_now

Rows = list[tuple[Any, ...]]

# Hours and days are numbers, since 1970, in both.
SQLITE = {
    "hours": "SELECT page, strftime('%s', view_hour) / 3600, sum(views) FROM page_views GROUP BY 1, 2",
    "days": "SELECT page, strftime('%s', view_day) / 86400, views FROM page_views_daily",
    "months": "SELECT page, strftime('%s', view_month) / 86400, views FROM page_views_monthly",
    "sites": "SELECT site, strftime('%s', view_hour) / 3600, views FROM site_views",
    "dirty": "SELECT strftime('%s', view_day) / 86400 FROM dirty_days",
    "later turn": "UPDATE janitor SET began_at = began_at + 86400",
}
POSTGRES = {
    "hours": "SELECT page, extract(epoch FROM view_hour)::int / 3600, sum(views)::bigint FROM page_views GROUP BY 1, 2",
    "days": "SELECT page, view_day - date '1970-01-01', views FROM page_views_daily",
    "months": "SELECT page, view_month - date '1970-01-01', views FROM page_views_monthly",
    "sites": "SELECT site, extract(epoch FROM view_hour)::int / 3600, views FROM site_views",
    "dirty": "SELECT view_day - date '1970-01-01' FROM dirty_days",
    "later turn": "UPDATE janitor SET began_at = began_at + interval '1 day'",
}


class Tables(NamedTuple):
    """What stands in the tables: views by (page or site, hour or day); a month is its first day."""

    hours: dict[tuple[str, int], int]
    days: dict[tuple[str, int], int]
    months: dict[tuple[str, int], int]
    sites: dict[tuple[str, int], int]
    dirty: set[int]

    def days_by_month(self) -> dict[tuple[str, int], int]:
        """What the months should be: sums of the days, old ones too."""
        found: dict[tuple[str, int], int] = {}
        for (page, day), views in self.days.items():
            month = first_day(month_of(day))
            found[page, month] = min(found.get((page, month), 0) + views, MOST_VIEWS)
        return found

    def true_days(self) -> dict[tuple[str, int], int]:
        """The views of each page and day, as a reader finds them: dirty days are looked up in their hours."""
        found = {(page, day): views for (page, day), views in self.days.items() if day not in self.dirty}
        for (page, hour), views in self.hours.items():
            if hour // 24 in self.dirty:
                found[page, hour // 24] = found.get((page, hour // 24), 0) + views
        return found


class Store:
    """All sides of a store."""

    def __init__(
        self,
        writer: CounterWriter,
        reader: CounterReader,
        stats: StatsReader,
        household: Household,
        *,
        export: Callable[[], AbstractAsyncContextManager[CounterExport]],
        rows: Callable[[str], Awaitable[Rows]],
        statements: dict[str, str],
        repeated: Callable[[], int],
        fold: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.count = writer.count
        self.hours = reader.hours
        self.stats = stats
        self.household = household
        self.export = export
        self.rows = rows
        self.repeated = repeated
        self._fold = fold
        self._statements = statements
        self.later_turn = statements["later turn"]

    async def folded(self) -> None:
        """Bring what is counted into the tables, where a journal stands before them."""
        if self._fold is not None:
            await self._fold()

    async def tables(self) -> Tables:
        """What stands there when nobody writes."""
        await self.folded()
        hours, days, months, sites = [
            {(name, at): views for name, at, views in await self.rows(self._statements[grain])}
            for grain in ("hours", "days", "months", "sites")
        ]
        return Tables(hours, days, months, sites, {day for (day,) in await self.rows(self._statements["dirty"])})


OpenStore = Callable[[], AbstractAsyncContextManager[Store]]


@asynccontextmanager
async def sqlite_store(path: Path) -> AsyncIterator[Store]:
    """SQLite as `hourmill serve` uses it."""

    async def rows(statement: str) -> Rows:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            return connection.execute(statement).fetchall()

    @asynccontextmanager
    async def export() -> AsyncIterator[CounterExport]:
        with SqliteExport.open(path) as counters:
            yield counters

    clocks = Clocks(time.time, time.monotonic)
    async with SqliteStore.open(path, PARTITIONS, 0.0, clocks) as store:
        yield Store(store, store, store.stats, store.household, export=export, rows=rows, statements=SQLITE,
                    repeated=lambda: store.repeated, fold=store.fold)  # fmt: skip


@asynccontextmanager
async def postgres_store(url: str, shard_key: int = 0) -> AsyncIterator[Store]:
    """PostgreSQL as the API uses it without a broker: numbered batches of one producer."""
    async with PostgresStore.open(url, PARTITIONS, shard_key) as store:
        await store.ready()
        producer = Producer(DirectPublisher(store), 1)

        async def rows(statement: str) -> Rows:
            return await ask(url, statement)

        household, export = PostgresHousehold(url, utc_now), partial(PostgresExport.open, url)
        yield Store(producer, store, store.stats, household, export=export, rows=rows, statements=POSTGRES,
                    repeated=lambda: store.repeated)  # fmt: skip
        await producer.close()
