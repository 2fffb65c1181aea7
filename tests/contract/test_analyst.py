"""Every statistic, on a real store, against what is found the slow way, over random views, zones and periods."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contract.stats_reference import Counts, Zone, buckets, by_name, days_of, earlier, until, views
from tests.contract.stores import sqlite_store

from hourmill.adapters.direct.progress import DirectProgress
from hourmill.core.batch import Batch, Cells
from hourmill.core.buckets import Interval
from hourmill.core.hour import hour_of_moment, moment_of
from hourmill.core.period import Comparison
from hourmill.core.scope import site_of
from hourmill.services.stats.analyst import Analyst
from hourmill.services.stats.answer import Pages, Sites
from hourmill.services.stats.question import ComparingQuestion, Question, RankingQuestion, SeriesQuestion

WHOLE_HOURS = {
    "UTC": ["2026-05-20"],
    "America/New_York": ["2026-03-08", "2026-11-01"],
    "Europe/Berlin": ["2026-03-29", "2026-10-25", "2024-02-29"],
    "America/Sao_Paulo": ["2018-11-04", "2019-02-16"],
    "Pacific/Apia": ["2011-12-31", "2012-01-02"],
}
PARTS_OF_HOURS = {
    "Asia/Kolkata": ["2026-05-20"],
    "Asia/Kathmandu": ["2026-01-01", "1986-01-01"],
    "Australia/Lord_Howe": ["2026-04-05", "2026-10-04"],
}
PAGES = ["a/x", "a/Y", "b/x", "c", "/d"]
NAMED = ["today", "yesterday", "7d", "30d", "month", "year", "12mo"]


class Case(NamedTuple):
    """Views around a moment; what is asked about them."""

    zone: str
    now: datetime
    counts: Counts
    period: str
    first: date
    last: date
    compare: Comparison

    def asks(self) -> dict[str, Any]:
        when = {"from_": f"{self.first}", "to": f"{self.last}"} if self.period == "custom" else {"period": self.period}
        return {"tz": self.zone, **when}

    def hours(self) -> list[int]:
        return Zone(self.zone).hours_of(self.first, self.last)

    def compared(self) -> tuple[list[int], list[int]]:
        """The hours of the whole period compared with, and those that sums are of."""
        zone, there = Zone(self.zone), earlier(self.period, self.compare, self.first, self.last)
        last = there(self.last + timedelta(days=1)) - timedelta(days=1) if self._is_months else there(self.last)
        whole = zone.hours_of(there(self.first), last)
        end, hours = until(self.now), self.hours()
        if not hours or end > hours[-1]:
            return whole, whole
        if end <= hours[0]:
            return whole, []
        begins = zone.begins(end)
        day, day_before = there(begins.date()), there(begins.date() - timedelta(days=1))
        cut = datetime.combine(day, begins.time())
        if day == day_before and begins.date() > self.first:  # 2023 had no 29 February: all up to there
            cut = datetime.combine(day + timedelta(days=1), datetime.min.time())
        return whole, [hour for hour in whole if zone.ends(hour) < cut]

    @property
    def _is_months(self) -> bool:
        return self.period in ("month", "year", "12mo")


@st.composite
def cases(draw: st.DrawFn) -> Case:
    zones = WHOLE_HOURS | PARTS_OF_HOURS
    zone = draw(st.sampled_from(sorted(zones)))
    day = date.fromisoformat(draw(st.sampled_from(zones[zone])))
    now = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=draw(st.integers(-3000, 3000)))
    hour = hour_of_moment(now)
    around = st.one_of(st.integers(-60, 40), st.integers(-9000, 900), st.integers(-8800, -8700)).map(hour.__add__)
    cells = st.tuples(st.sampled_from(PAGES), around.filter(lambda found: found >= 0))
    counts = draw(st.dictionaries(cells, st.integers(1, 1000), max_size=40))
    period = draw(st.sampled_from([*NAMED, "custom"]))
    first = last = day
    if period == "custom":
        first += timedelta(days=draw(st.integers(-40, 3)))
        last = first + timedelta(days=draw(st.integers(0, 45)))
        if zone == "Pacific/Apia":  # a day that there was not is refused
            first, last = min(first, date(2011, 12, 28)), max(last, date(2012, 1, 1))
    else:
        first, last = days_of(period, now, zone)
    return Case(zone, now, counts, period, first, last, draw(st.sampled_from(["previous", "year"])))


@asynccontextmanager
async def analyst(case: Case) -> AsyncIterator[Analyst]:
    cells: dict[str, dict[int, int]] = {}
    for (page, hour), count in case.counts.items():
        cells.setdefault(page, {})[hour] = count
    batch: Cells = cells
    with TemporaryDirectory() as folder:
        async with sqlite_store(Path(folder) / "views.db") as store:
            await store.count(Batch(batch))
            yield Analyst(store.stats, DirectProgress(lambda: case.now), lambda: case.now)


def changed(now: int, then: int) -> float | None:
    return round((now - then) / then, 4) if then else None


async def walked(
    ask: Callable[[RankingQuestion], Awaitable[Pages | Sites]], asks: dict[str, Any]
) -> list[tuple[Any, ...]]:
    """The rows of all answers, as tuples."""
    rows, after = [], None
    while True:
        found = await ask(RankingQuestion(**asks, after=after))
        entries = found.pages if isinstance(found, Pages) else found.sites
        rows += [msgspec.structs.astuple(entry) for entry in entries]
        after = found.next
        if after is None:
            return rows
        assert len(entries) == asks["limit"]


MANY = settings(max_examples=30)


@MANY
@given(cases(), st.sampled_from(["hour", "day", "week", "month"]))
async def test_a_series_has_the_views_of_each_local_bucket(case: Case, interval: Interval) -> None:
    zone = Zone(case.zone)
    if interval == "hour" and (case.last - case.first).days > 100:
        interval = "day"
    async with analyst(case) as asked:
        found = await asked.timeseries(SeriesQuestion(**case.asks(), interval=interval, compare=case.compare))
    expected = buckets(zone, case.hours(), interval)
    assert [bucket.views for bucket in found.buckets] == [views(case.counts, hours) for hours in expected]
    assert found.total == views(case.counts, case.hours())
    assert [bucket.partial for bucket in found.buckets] == [moment_of(hours[-1] + 1) > case.now for hours in expected]
    if interval == "hour":
        assert [hour_of_moment(bucket.start) for bucket in found.buckets] == case.hours()
    assert not (found.approximate_edges and case.zone in WHOLE_HOURS)
    assert found.approximate_edges or case.zone not in ("Asia/Kolkata", "Asia/Kathmandu") or case.first.year < 1990

    whole, part = case.compared()
    assert found.compare is not None
    assert [bucket.views for bucket in found.compare.buckets] == [
        views(case.counts, hours) for hours in buckets(zone, whole, interval)
    ]
    assert found.compare.total == views(case.counts, part)


@MANY
@given(cases())
async def test_totals_are_sums_over_the_range(case: Case) -> None:
    async with analyst(case) as asked:
        found = await asked.totals(ComparingQuestion(**case.asks(), compare=case.compare))
    hours, (_, part) = case.hours(), case.compared()
    now, then = by_name(case.counts, hours), by_name(case.counts, part)
    assert (found.views, found.pages) == (now.total(), len(now))
    begun = [hour for hour in hours if hour < until(case.now)]
    assert found.views_per_day == round(now.total() / max(1.0, len(begun) / 24), 2)
    at = Counter({hour: views(case.counts, [hour]) for hour in hours})
    if now:
        assert found.peak is not None
        assert found.peak.views == max(at.values())
        assert hour_of_moment(found.peak.start) == min(hour for hour, count in at.items() if count == max(at.values()))
    else:
        assert found.peak is None
    assert found.compare is not None
    assert (found.compare.views, found.compare.pages) == (then.total(), len(then))
    assert found.compare.change == changed(now.total(), then.total())


@MANY
@given(cases(), st.sampled_from(["views", "name"]), st.sampled_from(["", "A", "x", "/", "%"]), st.integers(1, 4))
async def test_pages_and_sites_come_in_order_one_answer_after_the_other(
    case: Case, sort: str, search: str, limit: int
) -> None:
    hours, (_, part) = case.hours(), case.compared()
    asks = {**case.asks(), "compare": case.compare, "sort": sort, "search": search, "limit": limit}
    async with analyst(case) as asked:
        pages = await walked(asked.pages, asks)
        sites = await walked(asked.sites, asks)
    for entries, name in ((pages, str), (sites, site_of)):
        now, then = by_name(case.counts, hours, name), by_name(case.counts, part, name)
        named = [found for found in now if search.lower() in found.lower()]
        named.sort(key=lambda found: (-now[found] if sort == "views" else 0, found.encode()))
        assert entries == [
            (found, now[found], round(now[found] / now.total(), 4), then[found], changed(now[found], then[found]))
            for found in named
        ]


@MANY
@given(cases())
async def test_a_heatmap_has_the_views_of_each_hour_of_the_week(case: Case) -> None:
    async with analyst(case) as asked:
        found = await asked.heatmap(Question(**case.asks()))
    zone, expected = Zone(case.zone), Counter[tuple[int, int]]()
    for hour in case.hours():
        shown = zone.begins(hour)
        expected[shown.isoweekday(), shown.hour] += views(case.counts, [hour])
    assert {(cell.weekday, cell.hour): cell.views for cell in found.cells} == {
        (weekday, hour): expected[weekday, hour] for weekday in range(1, 8) for hour in range(24)
    }
    assert found.most == max(expected.values(), default=0)
    assert found.hours_from is None
