"""Sums of counters for reports that people look at: from whole days where that is possible, and from those of sites."""

import sqlite3
from bisect import bisect_left, bisect_right
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from hourmill.adapters.sqlite.connection import statements
from hourmill.adapters.sqlite.counters import kept_from
from hourmill.adapters.sqlite.snapshots import Snapshots
from hourmill.core.batch import decode_cells
from hourmill.core.cover import Grains, cover, cut
from hourmill.core.hour import moment_of
from hourmill.core.month import first_day
from hourmill.core.retention import HOURS_OF_DAY, day_of, first_hour
from hourmill.core.scope import Scope, holds, site_of
from hourmill.core.sources import Sources, in_buckets, of_pages, of_sites
from hourmill.errors import HourmillError
from hourmill.ports.stats import MOST_VIEWS, PageViews, Ranking, Span

THREADS = 2  # as many as questions are answered at the same time: a short one does not wait for a long one
AFTER_ALL_TEXTS = b""  # as SQLite compares


class Waiting(NamedTuple):
    """A cell of the journal; hour: the first one of its day, where hours are not kept."""

    page: str
    hour: int
    views: int


class SqliteStats:
    """A StatsReader: the tables and what the journal still holds, on threads of its own, so that short reports need
    not wait for long ones.

    fold  brings what the journal holds into the tables, if that can be done now; it only spares work here
    """

    def __init__(self, path: Path, fold: Callable[[], Awaitable[None]] | None = None) -> None:
        self._sql = statements() | statements("stats.sql")
        self._fold = fold
        self._snapshots = Snapshots(path, "hourmill-stats", THREADS)

    def close(self) -> None:
        """End the thread, close the file."""
        self._snapshots.close()

    async def series(self, scope: Scope, bounds: Sequence[int]) -> list[int]:
        await self._folded()
        return await self._snapshots.read(partial(self._series, scope, bounds))

    async def pages(self, ranking: Ranking) -> list[PageViews]:
        await self._folded()
        return await self._snapshots.read(partial(self._ranked, "rank_pages", ranking))

    async def sites(self, ranking: Ranking) -> list[PageViews]:
        await self._folded()
        return await self._snapshots.read(partial(self._ranked, "rank_sites", ranking))

    async def page_count(self, scope: Scope, span: Span, search: str = "") -> int:
        await self._folded()
        return await self._snapshots.read(partial(self._page_count, scope, span, search))

    async def hours_kept_from(self) -> int:
        return await self._snapshots.read(lambda connection: first_hour(self._grains(connection).kept_from))

    async def _folded(self) -> None:
        if self._fold is not None:
            with suppress(HourmillError):
                await self._fold()

    def _series(self, scope: Scope, bounds: Sequence[int], connection: sqlite3.Connection) -> list[int]:
        grains = self._grains(connection)
        sources = in_buckets(scope, cover(grains, _clamped(bounds, self._counted(connection))))
        named = {
            **_names(sources),
            "days": _json(cut(sources.days, bounds, HOURS_OF_DAY)),
            "hours": _json(cut(sources.hours, bounds)),
            "site_hours": _json(cut(sources.site_hours, bounds)),
        }
        views = [0] * (len(bounds) - 1)
        for bucket, number in connection.execute(self._sql["add_up"], named):
            views[bucket] = number
        for cell in self._waiting(connection, scope, Span(bounds[0], bounds[-1]), grains):
            views[bisect_right(bounds, cell.hour) - 1] += cell.views
        return [min(number, MOST_VIEWS) for number in views]

    def _ranked(self, statement: str, ranking: Ranking, connection: sqlite3.Connection) -> list[PageViews]:
        grains = self._grains(connection)
        after = ranking.after
        named = {
            **self._counters(connection, statement, ranking.scope, ranking.span, grains),
            "search": ranking.search,
            "names": None,
            "after_views": None if after is None else after.views,
            "after_name": None if after is None else after.name,
            "by_name": ranking.order == "name",
            "limit": ranking.limit,
        }
        found = dict(connection.execute(self._sql[statement], named).fetchall())
        compared: dict[str, int] = {}
        if ranking.compared is not None and found:
            named |= self._counters(connection, statement, ranking.scope, ranking.compared, grains)
            named |= {"search": "", "names": _json(list(found)), "after_name": None, "limit": len(found)}
            compared = dict(connection.execute(self._sql[statement], named).fetchall())
        return [PageViews(name, views, compared.get(name, 0)) for name, views in found.items()]

    def _page_count(self, scope: Scope, span: Span, search: str, connection: sqlite3.Connection) -> int:
        counters = self._counters(connection, "rank_pages", scope, span, self._grains(connection))
        number: int = connection.execute(self._sql["count_pages"], {**counters, "search": search}).fetchone()[0]
        return number

    def _counters(
        self, connection: sqlite3.Connection, statement: str, scope: Scope, span: Span, grains: Grains
    ) -> dict[str, Any]:
        """What a statement is told of where the views of a scope are."""
        by_site = statement == "rank_sites"
        counted = _clamped(span, self._counted(connection))
        sources = (of_sites if by_site else of_pages)(scope, cover(grains, counted), grains)
        journal: dict[str, int] = {}
        for page, _, views in self._waiting(connection, scope, span, grains):
            name = site_of(page) if by_site else page
            journal[name] = min(journal.get(name, 0) + views, MOST_VIEWS)
        return {
            **_names(sources),
            "months": _json([moment_of(first_hour(first_day(month))).date() for month in sources.months]),
            "days": _json(sources.days),
            "less": _json(sources.less),
            "hours": _json(sources.hours),
            "site_hours": _json(sources.site_hours),
            "journal": _json(journal),
        }

    def _grains(self, connection: sqlite3.Connection) -> Grains:
        dirty = frozenset(day for (day,) in connection.execute(self._sql["read_dirty_days"]))
        return Grains(kept_from(connection, self._sql), dirty)

    def _counted(self, connection: sqlite3.Connection) -> Span:
        """Hours outside of which no counter is. Each that is asked for costs a look, 200 years take seconds."""
        first, last = connection.execute(self._sql["read_counted_days"]).fetchone()
        return Span(0, 0) if first is None else Span(first_hour(first), first_hour(last + 1))

    def _waiting(self, connection: sqlite3.Connection, scope: Scope, span: Span, grains: Grains) -> Iterator[Waiting]:
        """What the journal holds of a span."""
        for (blob,) in connection.execute(self._sql["read_journal"]).fetchall():
            for page, hours in decode_cells(blob).items():
                for hour, views in hours.items() if holds(scope, page) else ():
                    at = hour if day_of(hour) >= grains.kept_from else first_hour(day_of(hour))
                    if span.first <= at < span.before:
                        yield Waiting(page, at, views)


def _clamped(bounds: Sequence[int], span: Span) -> list[int]:
    """The bounds, those outside of a span put to where it begins or ends; they ascend."""
    first, before = bisect_left(bounds, span.first), bisect_right(bounds, span.before)
    return [*[span.first] * bool(first), *bounds[first:before], *[span.before] * (before < len(bounds))]


def _names(sources: Sources) -> dict[str, Any]:
    pages, sites = sources.pages, sources.sites
    return {
        "first": pages.first,
        "before": AFTER_ALL_TEXTS if pages.before is None else pages.before,
        "bare": pages.bare,
        "first_site": sites.first,
        "before_site": AFTER_ALL_TEXTS if sites.before is None else sites.before,
    }


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
