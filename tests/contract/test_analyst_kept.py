"""Statistics of days whose hours are not kept any more: never in a wrong hour, and said where an edge is not exact."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.contract.cleaning import DAYS_30, NOW, cleaned
from tests.contract.stores import OpenStore, Store

from hourmill.adapters.direct.progress import DirectProgress
from hourmill.core.batch import Batch
from hourmill.core.hour import hour_of
from hourmill.services.stats.analyst import Analyst
from hourmill.services.stats.question import ComparingQuestion, Question, SeriesQuestion

MARCH_30 = hour_of("2026-03-30T05:00Z")
MARCH_31 = hour_of("2026-03-31T22:00Z")
APRIL_1 = hour_of("2026-04-01T07:00Z")
AROUND: dict[str, Any] = {"from_": "2026-03-30", "to": "2026-04-02"}


async def analyst(store: Store) -> Analyst:
    """Hours are kept from 1 April on."""
    await store.count(Batch({"a/x": {MARCH_30: 1, MARCH_31: 20}, "a/y": {MARCH_31: 300, APRIL_1: 4000}}))
    await cleaned(store, DAYS_30)
    return Analyst(store.stats, DirectProgress(lambda: NOW), lambda: NOW)


async def test_whole_utc_days_are_exact(open_store: OpenStore) -> None:
    async with open_store() as store:
        found = await (await analyst(store)).timeseries(SeriesQuestion(**AROUND))
    assert [bucket.views for bucket in found.buckets] == [1, 320, 4000, 0]
    assert not found.approximate_edges


async def test_days_of_another_zone_are_not_and_say_so(open_store: OpenStore) -> None:
    async with open_store() as store:
        found = await (await analyst(store)).timeseries(SeriesQuestion(**AROUND, tz="America/New_York"))
    assert [bucket.views for bucket in found.buckets] == [320, 0, 4000, 0]  # 31 March UTC began on the 30th there
    assert found.approximate_edges


async def test_hours_of_such_a_day_say_so(open_store: OpenStore) -> None:
    async with open_store() as store:
        asked = await analyst(store)
        found = await asked.timeseries(SeriesQuestion(from_="2026-03-31", to="2026-03-31"))
        kept = await asked.timeseries(SeriesQuestion(from_="2026-04-01", to="2026-04-01"))
    assert (found.total, found.approximate_edges) == (320, True)
    assert (kept.total, kept.approximate_edges, kept.buckets[7].views) == (4000, False, 4000)


async def test_a_peak_is_of_hours_that_are_kept(open_store: OpenStore) -> None:
    async with open_store() as store:
        asked = await analyst(store)
        found = await asked.totals(ComparingQuestion(**AROUND))
        without = await asked.totals(ComparingQuestion(from_="2026-03-01", to="2026-03-31"))
    assert (found.views, found.pages) == (4321, 2)
    assert found.peak is not None
    assert (found.peak.start, found.peak.views) == (datetime(2026, 4, 1, 7, tzinfo=UTC), 4000)
    assert (without.views, without.peak) == (321, None)


@pytest.mark.parametrize(("to", "views"), [("2026-04-02", 4000), ("2026-03-31", 0)])
async def test_a_heatmap_leaves_out_what_has_no_hours_and_says_from_when_it_is(
    open_store: OpenStore, to: str, views: int
) -> None:
    async with open_store() as store:
        found = await (await analyst(store)).heatmap(Question(from_="2026-03-30", to=to))
    assert sum(cell.views for cell in found.cells) == views
    assert found.hours_from == datetime(2026, 4, 1, tzinfo=UTC)
