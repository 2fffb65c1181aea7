"""Sums of counters for reports that people look at: from whole days where that is possible, and from those of sites."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import date, datetime
from typing import Any

from hourmill.adapters.postgres.connection import STATS, Connection, Database, reason
from hourmill.adapters.postgres.statements import statements
from hourmill.adapters.postgres.translate import DRIVER_ERRORS
from hourmill.core.cover import Grains, Range, cover, each, joined
from hourmill.core.hour import moment_of
from hourmill.core.month import first_day
from hourmill.core.retention import first_hour
from hourmill.core.scope import Scope
from hourmill.core.sources import Sources, in_buckets, of_pages, of_sites
from hourmill.errors import Unreachable, Unreadable
from hourmill.ports.stats import PageViews, Ranking, Span

BUCKETS_AT_ONCE = 1000  # in a statement: to encode 20,000 moments holds up the event loop for 40 ms


class PostgresStats:
    """A StatsReader."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = statements("stats.sql")
        self._turns = asyncio.Semaphore(STATS)  # what takes long leaves connections for the rest

    async def series(self, scope: Scope, bounds: Sequence[int]) -> list[int]:
        views: list[int] = []
        async with self._moment() as (connection, grains):
            for first in range(0, len(bounds) - 1, BUCKETS_AT_ONCE):
                some = bounds[first : first + BUCKETS_AT_ONCE + 1]
                found = dict(await connection.fetch(self._sql["add_up"], *_series_arguments(scope, grains, some)))
                views += [found.get(bucket, 0) for bucket in range(1, len(some))]
        return views

    async def pages(self, ranking: Ranking) -> list[PageViews]:
        async with self._moment() as (connection, grains):

            def arguments(span: Span, *which: Any) -> list[Any]:
                return [*_page_arguments(of_pages(ranking.scope, cover(grains, span), grains)), *which]

            return await self._ranked(connection, "rank_pages", ranking, arguments)

    async def sites(self, ranking: Ranking) -> list[PageViews]:
        async with self._moment() as (connection, grains):

            def arguments(span: Span, *which: Any) -> list[Any]:
                sources = of_sites(ranking.scope, cover(grains, span), grains)
                return [*_page_arguments(sources), *which, *_site_arguments(sources)]

            return await self._ranked(connection, "rank_sites", ranking, arguments)

    async def page_count(self, scope: Scope, span: Span, search: str = "") -> int:
        async with self._moment() as (connection, grains):
            arguments = _page_arguments(of_pages(scope, cover(grains, span), grains))
            return int(await connection.fetchval(self._sql["count_pages"], *arguments, search))

    async def hours_kept_from(self) -> int:
        async with self._moment() as (_, grains):
            return first_hour(grains.kept_from)

    async def _ranked(
        self, connection: Connection, statement: str, ranking: Ranking, arguments: Callable[..., list[Any]]
    ) -> list[PageViews]:
        by_name, after = ranking.order == "name", ranking.after
        place = (None, None) if after is None else (0 if by_name else -after.views, after.name)
        which = (ranking.search, None, *place, by_name, ranking.limit)
        found = dict(await connection.fetch(self._sql[statement], *arguments(ranking.span, *which)))
        compared: dict[str, int] = {}
        if ranking.compared is not None and found:
            which = ("", list(found), None, None, True, len(found))
            compared = dict(await connection.fetch(self._sql[statement], *arguments(ranking.compared, *which)))
        return [PageViews(name, views, compared.get(name, 0)) for name, views in found.items()]

    @asynccontextmanager
    async def _moment(self) -> AsyncIterator[tuple[Connection, Grains]]:
        """A connection that sees one moment of the store, and what its counters are then."""
        try:
            async with self._turns, self._database.connection() as connection, _snapshot(connection):
                await connection.execute(self._sql["begin"])
                row = await connection.fetchrow(self._sql["read_grains"])
                yield connection, Grains(row["kept_from"], frozenset(row["dirty"]))
        except (Unreachable, *DRIVER_ERRORS) as error:
            raise Unreadable(f"The counters could not be read ({reason(error)}). Try again later.") from error


def _snapshot(connection: Connection) -> AbstractAsyncContextManager[None]:
    transaction: AbstractAsyncContextManager[None] = connection.transaction(isolation="repeatable_read", readonly=True)
    return transaction


def _series_arguments(scope: Scope, grains: Grains, bounds: Sequence[int]) -> list[Any]:
    sources = in_buckets(scope, cover(grains, bounds))
    days, hours = _day_ranges(sources.days), _hour_ranges(joined(sources.hours))
    return [*sources.pages, list(map(moment_of, bounds[:-1])), *days, *hours, *_site_arguments(sources)]


def _page_arguments(sources: Sources) -> list[Any]:
    months = [_date(first_day(month)) for month in sources.months]
    days, less = (list(map(_date, each(ranges))) for ranges in (sources.days, sources.less))
    return [*sources.pages, months, days, less, *_hour_ranges(joined(sources.hours))]


def _site_arguments(sources: Sources) -> list[Any]:
    return [*_hour_ranges(sources.site_hours), sources.sites.first, sources.sites.before]


def _hour_ranges(ranges: Iterable[Range]) -> tuple[list[datetime], list[datetime]]:
    return [moment_of(first) for first, _ in ranges], [moment_of(before) for _, before in ranges]


def _day_ranges(ranges: Iterable[Range]) -> tuple[list[date], list[date]]:
    return [_date(first) for first, _ in ranges], [_date(before) for _, before in ranges]


def _date(day: int) -> date:
    return moment_of(first_hour(day)).date()
