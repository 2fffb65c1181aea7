"""All counters of each store against a plain dictionary, whatever is counted and cleaned, in any order."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contract.postgres_store import ask
from tests.contract.stores import Store, postgres_store, sqlite_store

from hourmill.core.batch import Batch, Cells
from hourmill.core.hour import hour_of, hour_of_moment
from hourmill.core.retention import Retention
from hourmill.services.janitor import Janitor

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
FIRST = hour_of("2025-11-28T22:00Z")
EMPTY = """
    WITH kept AS (UPDATE kept_from SET hours = '1970-01-01'), hours AS (DELETE FROM page_views),
         days AS (DELETE FROM page_views_daily),
         months AS (DELETE FROM page_views_monthly), sites AS (DELETE FROM site_views)
    DELETE FROM dirty_days
"""
OpenShard = Callable[[int], AbstractAsyncContextManager[Store]]

pages = st.sampled_from(["a.example/x", "a.example/y", "b.example/x", "/", "no-site"])
hours = st.one_of(
    st.integers(FIRST, FIRST + 24 * 150),
    st.sampled_from([hour_of(f"2026-0{month}-01T00:00Z") - early for month in (1, 2, 3, 4) for early in (0, 1)]),
)
cells = st.dictionaries(pages, st.dictionaries(hours, st.integers(1, 100), min_size=1, max_size=4), max_size=3)
limits = st.one_of(st.none(), st.integers(1, 70))
retentions = st.tuples(limits, limits).map(
    lambda days: Retention(days[0], days[1] if days[0] and days[1] and days[0] <= days[1] else None)
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("count"), cells),
        st.tuples(st.just("clean"), st.tuples(retentions, st.integers(0, 100).map(lambda days: timedelta(days=days)))),
        st.tuples(st.just("clean at once"), st.tuples(retentions, cells)),
        st.tuples(st.just("open again"), st.integers(0, 3)),
    ),
    max_size=14,
)


class Books:
    """What the counters should say."""

    def __init__(self) -> None:
        self.hours: Counter[tuple[str, int]] = Counter()
        self.days: Counter[tuple[str, int]] = Counter()
        self.kept_from = 0

    def count(self, cells: Cells) -> None:
        for page, views in cells.items():
            for hour, number in views.items():
                self.days[page, hour // 24] += number
                if hour >= self.kept_from:
                    self.hours[page, hour] += number

    def clean(self, retention: Retention, now: datetime) -> None:
        self.kept_from = max(self.kept_from, 24 * retention.hours_from(now))
        first_day = retention.days_from(now)
        self.hours = Counter({at: views for at, views in self.hours.items() if at[1] >= self.kept_from})
        self.days = Counter({at: views for at, views in self.days.items() if at[1] >= first_day})

    def sites(self) -> Counter[tuple[str, int]]:
        found: Counter[tuple[str, int]] = Counter()
        for (page, hour), views in self.hours.items():
            found[page.partition("/")[0] if "/" in page else "", hour] += views
        return found


async def play(open_store: OpenShard, story: list[tuple[str, object]]) -> None:
    """Do all of it, and compare the counters after each step."""
    books, now, shard = Books(), START, 0
    opening = open_store(shard)
    store = await opening.__aenter__()
    try:
        for what, how in story:
            match what, how:
                case "count", dict(cells):
                    await store.count(Batch({page: dict(views) for page, views in cells.items()}))
                    books.count(cells)
                case "clean", (Retention() as retention, timedelta() as later):
                    now += later
                    await store.folded()
                    await Janitor(store.household, retention, lambda now=now: now).clean()  # type: ignore[misc]
                    books.clean(retention, now)
                case "clean at once", (Retention(), dict(cells)):
                    # what is counted meanwhile may come before the cleaning or after it: none of it is too old
                    young = {
                        page: {max(hour, hour_of_moment(now)): 1 for hour in hours} for page, hours in cells.items()
                    }
                    janitor = Janitor(store.household, Retention(), lambda now=now: now)  # type: ignore[misc]
                    await asyncio.gather(store.count(Batch({p: dict(v) for p, v in young.items()})), janitor.clean())
                    books.count(young)
                case "open again", int(shard):
                    await opening.__aexit__(None, None, None)
                    opening = open_store(shard)
                    store = await opening.__aenter__()
            await compare(store, books, hour_of_moment(now) // 24)
    finally:
        await opening.__aexit__(None, None, None)


async def compare(store: Store, books: Books, today: int) -> None:
    """Every grain, and whether a day that is not dirty can be read from its own counters."""
    tables = await store.tables()
    assert tables.hours == books.hours
    assert tables.true_days() == books.days
    assert tables.months == tables.days_by_month()
    clean_sites = {at: views for at, views in books.sites().items() if at[1] // 24 not in tables.dirty}
    assert {at: views for at, views in tables.sites.items() if at[1] // 24 not in tables.dirty} == clean_sites


@given(story=steps)
@settings(max_examples=60)
def test_all_grains_of_sqlite_are_those_of_a_plain_dictionary(story: list[tuple[str, object]]) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(play(lambda _: sqlite_store(Path(folder) / "views.db"), story))


@given(story=steps)
@settings(max_examples=60)
def test_all_grains_of_postgresql_are_those_of_a_plain_dictionary(
    shared_url: str, story: list[tuple[str, object]]
) -> None:
    asyncio.run(ask(shared_url, EMPTY))
    asyncio.run(play(partial(postgres_store, shared_url), story))
