"""Sums of counters of each store, for reports that people look at, against a plain dictionary."""

import asyncio
import sqlite3
import string
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import UTC, datetime
from itertools import chain, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contract.postgres_store import ask
from tests.contract.stores import OpenStore, Store, postgres_store, sqlite_store

from hourmill.adapters.sqlite.stats import SqliteStats
from hourmill.core.batch import Batch, Cells, encode_cells
from hourmill.core.hour import hour_of
from hourmill.core.retention import Retention
from hourmill.core.scope import Everything, Page, Prefix, Scope, Site, holds, site_of
from hourmill.ports.stats import MOST_VIEWS, PageViews, Place, RankedBy, Ranking, Span, StatsReader
from hourmill.services.janitor import Janitor

NOW = datetime(2026, 5, 20, 13, 30, tzinfo=UTC)
KEPT = Retention(hourly_days=45)  # from 1 April on
KEPT_FROM = hour_of("2026-04-01T00:00Z")
FIRST, LAST = hour_of("2026-01-31T20:00Z"), hour_of("2026-05-20T13:00Z")
EMPTY = """
    WITH kept AS (UPDATE kept_from SET hours = '1970-01-01'), hours AS (DELETE FROM page_views),
         days AS (DELETE FROM page_views_daily),
         months AS (DELETE FROM page_views_monthly), sites AS (DELETE FROM site_views)
    DELETE FROM dirty_days
"""
LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
PAGES = ["a/x", "a/y", "a/%", "a_b/x", "a.b/X", "a", "/", "/x", "ab/x", "B/x", "ä/Ä", 'a/"']
PAGES += ["a\U0010ffff/x", "a\ud7ff/x", "\U0010ffff"]  # nothing comes after them, or what is no character
EDGES = [KEPT_FROM, hour_of("2026-03-01T00:00Z"), hour_of("2026-05-01T00:00Z"), LAST]
TOLD = [Everything(), Site(""), Site("a/b"), Prefix(""), Prefix("a"), Prefix("a/"), Prefix("a\U0010ffff")]


class Reference:
    """What the answers should be."""

    def __init__(self, counted: list[Cells], kept_from: int) -> None:
        self._views: Counter[tuple[str, int]] = Counter()
        for page, hours in chain.from_iterable(cells.items() for cells in counted):
            for hour, views in hours.items():
                self._views[page, hour if hour >= kept_from else hour // 24 * 24] += views

    def names(self, scope: Scope, span: Span | None, name: Callable[[str], str]) -> Counter[str]:
        found: Counter[str] = Counter()
        for (page, hour), views in self._views.items():
            if span is not None and span.first <= hour < span.before and holds(scope, page):
                found[name(page)] += views
        return found

    def series(self, scope: Scope, bounds: list[int]) -> list[int]:
        return [self.names(scope, Span(*span), str).total() for span in pairwise(bounds)]

    def ranked(self, ranking: Ranking, name: Callable[[str], str]) -> list[PageViews]:
        compared = self.names(ranking.scope, ranking.compared, name)
        rows = [
            PageViews(name, views, compared[name])
            for name, views in self.names(ranking.scope, ranking.span, name).items()
            if ranking.search.translate(LOWER) in name.translate(LOWER)
        ]
        rows.sort(key=lambda row: (-row.views if ranking.order == "views" else 0, row.name.encode()))
        return rows


bounds = st.lists(
    st.one_of(st.integers(FIRST - 30, LAST + 30), st.sampled_from([edge + by for edge in EDGES for by in (-1, 0, 24)])),
    min_size=2, max_size=9, unique=True,
).map(sorted)  # fmt: skip
spans = bounds.map(lambda found: Span(found[0], found[-1]))
pages = st.sampled_from(PAGES)
scopes = st.one_of(
    st.sampled_from(TOLD), pages.map(Page), pages.map(lambda page: Site(site_of(page))),
    st.tuples(pages, st.integers(1, 4)).map(lambda cut: Prefix(cut[0][: cut[1]])),
)  # fmt: skip
cells = st.dictionaries(
    pages, st.dictionaries(st.integers(FIRST, LAST), st.integers(1, 5), min_size=1, max_size=12), max_size=8
)
searches = st.sampled_from(["", "", "x", "X", "ä", "%", "_", "/"])
questions = st.tuples(scopes, bounds, st.one_of(st.none(), spans), searches, st.sampled_from(["views", "name"]))


Question: TypeAlias = tuple[Scope, list[int], Span | None, str, RankedBy]
questions = st.tuples(scopes, bounds, st.one_of(st.none(), spans), searches, st.sampled_from(["views", "name"]))


async def paged(ask: Callable[[Ranking], Awaitable[list[PageViews]]], ranking: Ranking) -> list[PageViews]:
    """All rows of a ranking, a few at a time."""
    found: list[PageViews] = []
    while True:
        rows = await ask(ranking)
        found += rows
        if len(rows) < ranking.limit:
            return found
        ranking = ranking._replace(after=Place(rows[-1].views, rows[-1].name))


async def compare(stats: StatsReader, reference: Reference, question: Question) -> None:
    scope, bounds, compared, search, order = question
    span = Span(bounds[0], bounds[-1])
    ranking = Ranking(scope, span, compared, search, order, limit=2)
    pages = reference.ranked(ranking, str)
    assert await stats.series(scope, bounds) == reference.series(scope, bounds)
    assert await paged(stats.pages, ranking) == pages
    assert await paged(stats.sites, ranking) == reference.ranked(ranking, site_of)
    assert await stats.page_count(scope, span, search) == len(pages)


async def play(store: Store, early: Cells, late: Cells, asked: list[Question]) -> None:
    """Count, clean, count on: some days are gone into sums, some are rolled up, some are dirty."""
    await store.count(Batch(copied(early)))
    for question in asked:
        await compare(store.stats, Reference([early], 0), question)
    await store.folded()
    await Janitor(store.household, KEPT, lambda: NOW).clean()
    await store.count(Batch(copied(late)))
    for question in asked:
        await compare(store.stats, Reference([early, late], KEPT_FROM), question)


def copied(cells: Cells) -> Cells:
    return {page: dict(hours) for page, hours in cells.items()}


@given(early=cells, late=cells, asked=st.lists(questions, max_size=6))
@settings(max_examples=30)
def test_every_answer_of_sqlite_is_that_of_a_plain_dictionary(early: Cells, late: Cells, asked: list[Question]) -> None:
    async def told(path: Path) -> None:
        async with sqlite_store(path) as store:
            await play(store, early, late, asked)

    with TemporaryDirectory() as folder:
        asyncio.run(told(Path(folder) / "views.db"))


@given(early=cells, late=cells, asked=st.lists(questions, max_size=6))
@settings(max_examples=20)
def test_every_answer_of_postgresql_is_that_of_a_plain_dictionary(
    shared_url: str, early: Cells, late: Cells, asked: list[Question]
) -> None:
    async def told() -> None:
        await ask(shared_url, EMPTY)
        async with postgres_store(shared_url) as store:
            await play(store, early, late, asked)

    asyncio.run(told())


@given(folded=cells, waiting=st.lists(cells, max_size=3), asked=st.lists(questions, max_size=6))
@settings(max_examples=20)
def test_what_the_journal_of_sqlite_holds_is_in_every_answer(
    folded: Cells, waiting: list[Cells], asked: list[Question]
) -> None:
    async def told(path: Path) -> None:
        async with sqlite_store(path) as store:
            await store.count(Batch(copied(folded)))
            await store.folded()
            await Janitor(store.household, KEPT, lambda: NOW).clean()
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            blobs = [(encode_cells(group),) for group in waiting]
            connection.executemany("INSERT INTO journal (cells) VALUES (?)", blobs)
        with closing(SqliteStats(path)) as stats:
            for question in asked:
                await compare(stats, Reference([folded, *waiting], KEPT_FROM), question)

    with TemporaryDirectory() as folder:
        asyncio.run(told(Path(folder) / "views.db"))


async def test_sums_stay_at_the_ceiling(open_store: OpenStore) -> None:
    span = Span(LAST - 48, LAST + 1)
    async with open_store() as store:
        for page in ("a/x", "a/y"):
            for hour in (LAST - 48, LAST):
                await store.count(Batch({page: {hour: MOST_VIEWS}}))
        await store.folded()
        await Janitor(store.household, Retention(), lambda: NOW).clean()
        assert await store.stats.series(Everything(), [span.first, LAST - 24, LAST, span.before]) == [
            MOST_VIEWS,
            0,
            MOST_VIEWS,
        ]
        ranking = Ranking(Everything(), span, span)
        assert await store.stats.sites(ranking) == [PageViews("a", MOST_VIEWS, MOST_VIEWS)]
        pages = [PageViews(page, MOST_VIEWS, MOST_VIEWS) for page in ("a/x", "a/y")]
        assert await store.stats.pages(ranking) == pages
        assert await store.stats.pages(ranking._replace(after=Place(MOST_VIEWS, "a/x"))) == pages[1:]


async def test_who_asks_is_told_from_when_on_hours_are_kept(open_store: OpenStore) -> None:
    async with open_store() as store:
        assert await store.stats.hours_kept_from() == 0
        await Janitor(store.household, KEPT, lambda: NOW).clean()
        assert await store.stats.hours_kept_from() == KEPT_FROM


async def test_a_bucket_may_lie_where_nothing_is_counted(open_store: OpenStore) -> None:
    far = hour_of("2200-12-31T23:00Z")
    async with open_store() as store:
        await store.count(Batch({"a": {0: 2, far: 3}}))
        assert await store.stats.series(Everything(), [-24 * 366, 0, 1, far, far + 1, far + 24 * 366]) == [
            0,
            2,
            0,
            3,
            0,
        ]
        assert await store.stats.page_count(Page("a"), Span(-5, 0)) == 0
