"""Counters that are not the sums of their hours are found, and made anew (services/proof.py), in each store."""

from datetime import UTC, datetime

import pytest
from tests.contract.stores import OpenStore, Store

from hourmill.core.batch import Batch
from hourmill.core.hour import hour_of
from hourmill.core.retention import Retention
from hourmill.ports.housekeeping import Misfit, Misfits
from hourmill.services.janitor import Janitor
from hourmill.services.proof import SHOWN, Findings, Prover

NOW = datetime(2026, 5, 20, 13, 30, tzinfo=UTC)
FIRST = hour_of("2026-03-31T23:00Z")
SECOND = hour_of("2026-04-01T05:00Z")
DAYS = 2
NONE = Misfits({}, [])


async def filled(store: Store, retention: Retention = Retention()) -> None:  # noqa: B008 it cannot be changed
    await store.count(Batch({"a/x": {FIRST: 2, SECOND: 3}, "b/y": {SECOND: 4}}))
    await store.folded()
    assert await Janitor(store.household, retention, lambda: NOW).clean() is not None


async def findings(store: Store) -> Findings:
    told = []
    found = await Prover(store.household).examine(lambda done, of: told.append((done, of)))
    assert found is not None
    assert all(done <= of for done, of in told)
    return found


async def test_counters_that_the_janitor_made_are_sums(open_store: OpenStore) -> None:
    async with open_store() as store:
        assert (await findings(store)).misfits.number == 0
        await filled(store)
        found = await findings(store)
    assert (found.dirty, found.number) == (0, 0)
    assert found.days >= DAYS


@pytest.mark.parametrize(
    ("spoil", "misfit"),
    [
        (
            "UPDATE page_views_daily SET views = 9 WHERE page = 'b/y'",
            Misfit("page_views_daily", "b/y", SECOND - 5, 9, 4),
        ),
        (
            "DELETE FROM page_views_daily WHERE view_day = '2026-03-31'",
            Misfit("page_views_daily", "a/x", FIRST - 23, 0, 2),
        ),
        (
            "INSERT INTO page_views_daily (page, view_day, views) VALUES ('c', '2026-04-01', 7)",
            Misfit("page_views_daily", "c", SECOND - 5, 7, 0),
        ),
        ("UPDATE site_views SET views = 1 WHERE site = 'b'", Misfit("site_views", "b", SECOND, 1, 4)),
        ("DELETE FROM site_views WHERE site = 'b'", Misfit("site_views", "b", SECOND, 0, 4)),
        ("UPDATE site_views SET site = 'd' WHERE site = 'b'", Misfit("site_views", "d", SECOND, 4, 0)),
    ],
)
async def test_a_counter_that_is_no_sum_is_found_and_made_anew(
    open_store: OpenStore, spoil: str, misfit: Misfit
) -> None:
    async with open_store() as store:
        await filled(store)
        before = await store.tables()
        await store.rows(spoil)
        found = await findings(store)
        assert misfit in found.misfits.some
        assert {wrong.table for wrong in found.misfits.some} == {misfit.table}
        assert found.misfits.number == len(found.misfits.some)
        assert await Prover(store.household).rebuild(found)
        assert (await findings(store)).number == 0
        assert await store.tables() == before


@pytest.mark.parametrize(
    ("spoil", "misfit"),
    [
        (
            "UPDATE page_views_monthly SET views = 9 WHERE page = 'b/y'",
            Misfit("page_views_monthly", "b/y", SECOND - 5, 9, 4),
        ),
        (
            "DELETE FROM page_views_monthly WHERE view_month = '2026-03-01'",
            Misfit("page_views_monthly", "a/x", FIRST - 23 - 30 * 24, 0, 3),
        ),
        (
            "INSERT INTO page_views_monthly (page, view_month, views) VALUES ('c', '2026-04-01', 7)",
            Misfit("page_views_monthly", "c", SECOND - 5, 7, 0),
        ),
    ],
)
async def test_a_month_that_is_no_sum_of_its_days_is_found_and_made_anew(
    open_store: OpenStore, spoil: str, misfit: Misfit
) -> None:
    async with open_store() as store:
        await filled(store, Retention(hourly_days=30))
        await store.count(Batch({"a/x": {FIRST: 1}}))  # of a day whose hours are gone
        before = await store.tables()
        await store.rows(spoil)
        found = await findings(store)
        assert (found.number, found.months.some) == (1, [misfit])
        assert await Prover(store.household).rebuild(found)
        assert (await findings(store)).number == 0
        assert await store.tables() == before


async def test_of_many_misfits_only_a_few_are_kept_and_all_are_numbered_and_made_anew(open_store: OpenStore) -> None:
    hours = [FIRST, SECOND, SECOND + 24 * 45]  # more days than are examined at once
    async with open_store() as store:
        await store.count(Batch({f"a/{n}": dict.fromkeys(hours, 1) for n in range(SHOWN)}))
        await store.folded()
        await Janitor(store.household, Retention(), lambda: NOW).clean()
        before = await store.tables()
        await store.rows("UPDATE page_views_daily SET views = 2")
        found = await findings(store)
        assert found.misfits.of_day == {hour // 24: SHOWN for hour in hours}
        assert found.number == 6 * SHOWN  # their months, too
        assert [misfit.hour // 24 for misfit in found.misfits.some] == SHOWN * [FIRST // 24]
        assert await Prover(store.household).rebuild(found)
        assert await store.tables() == before


async def test_dirty_days_are_not_compared(open_store: OpenStore) -> None:
    async with open_store() as store:
        await filled(store)
        await store.count(Batch({"a/x": {SECOND: 1}}))
        await store.folded()
        found = await findings(store)
    assert (found.dirty, found.misfits) == (1, NONE)


async def test_days_whose_hours_are_gone_are_left_as_they_are(open_store: OpenStore) -> None:
    async with open_store() as store:
        await filled(store, Retention(hourly_days=30))
        await store.count(Batch({"a/x": {FIRST: 1}}))
        await store.folded()
        found = await findings(store)
        assert found.misfits == NONE
        assert await Prover(store.household).rebuild(found._replace(misfits=Misfits({FIRST // 24: 1}, [])))
        assert (await store.tables()).days["a/x", FIRST // 24] == 3


async def test_who_examines_waits_for_no_janitor(open_store: OpenStore) -> None:
    async with open_store() as store, store.household.turn(0.0):
        assert await Prover(store.household).examine(lambda done, of: None) is None
