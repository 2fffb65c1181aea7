"""What is viewed now, on a real store, by a clock of the test's own."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.contract.stores import Store, sqlite_store

from hourmill.adapters.direct.progress import DirectProgress
from hourmill.core.batch import Batch
from hourmill.core.hour import hour_of_moment
from hourmill.core.scope import Everything, Page, Site
from hourmill.errors import TooManyWatch
from hourmill.services.stats.live import MAX_WATCHERS, Live

START = datetime(2026, 5, 20, 13, 58, 30, tzinfo=UTC)
HOUR = hour_of_moment(START)


class Watching:
    """A store, a clock, and who watches."""

    def __init__(self, store: Store) -> None:
        self.now = START
        self.live = Live(store.stats, DirectProgress(lambda: self.now), lambda: self.now)
        self.count = store.count

    def passes(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
async def watching(tmp_path: Path) -> AsyncIterator[Watching]:
    async with sqlite_store(tmp_path / "views.db") as store:
        yield Watching(store)


async def test_what_is_counted_is_in_the_minute_of_the_next_look(watching: Watching) -> None:
    await watching.count(Batch({"a/x": {HOUR: 5}}))
    with watching.live.watched(Everything()) as pulse:
        first = await pulse.look()
        assert (first.since, first.views, [m.views for m in first.minutes]) == (START, 0, [0])
        assert [(page.page, page.views) for page in first.pages] == [("a/x", 5)]
        await watching.count(Batch({"a/x": {HOUR: 2}, "b/y": {HOUR - 1: 7, HOUR - 2: 9, HOUR + 5: 9}}))
        watching.passes(seconds=5)
        seen = await pulse.look()
    assert seen.views == 9
    assert [(page.page, page.views) for page in seen.pages] == [("a/x", 7), ("b/y", 7)]


async def test_minutes_go_on_over_the_hour_and_there_are_60_of_them(watching: Watching) -> None:
    with watching.live.watched(Everything()) as pulse:
        await pulse.look()
        came: Counter[datetime] = Counter()
        for number in range(210):
            watching.passes(seconds=20)
            await watching.count(Batch({"a": {hour_of_moment(watching.now): number}}))
            seen = await pulse.look()
            came[watching.now.replace(second=0)] += number
    last = sorted(came)[-60:]
    assert [(minute.start, minute.views) for minute in seen.minutes] == [(start, came[start]) for start in last]
    assert seen.views == sum(came[start] for start in last)
    assert seen.since == START


async def test_those_that_watch_the_same_see_the_same(watching: Watching) -> None:
    with watching.live.watched(Site("a")) as one, watching.live.watched(Site("a")) as other:
        first = await one.look()
        await watching.count(Batch({"a/x": {HOUR: 1}, "b/x": {HOUR: 1}}))
        watching.passes(seconds=1)
        assert await other.look() is first
        watching.passes(seconds=4)
        assert (await other.look()).views == 1
        with watching.live.watched(Page("b/x")) as third:
            assert [page.page for page in (await third.look()).pages] == ["b/x"]


async def test_who_comes_back_soon_finds_the_minutes_before(watching: Watching) -> None:
    with watching.live.watched(Everything()) as pulse:
        await pulse.look()
    await watching.count(Batch({"a": {HOUR: 3}}))
    watching.passes(seconds=50)
    with watching.live.watched(Everything()) as pulse:
        assert (await pulse.look()).views == 3
    await watching.count(Batch({"a": {HOUR: 3}}))
    watching.passes(seconds=70)
    with watching.live.watched(Everything()) as pulse:
        seen = await pulse.look()
    assert (seen.views, seen.since) == (0, START + timedelta(seconds=120))


async def test_a_clock_that_is_set_back_begins_anew(watching: Watching) -> None:
    with watching.live.watched(Everything()) as pulse:
        await pulse.look()
        watching.passes(hours=-3)
        seen = await pulse.look()
    assert (seen.since, [m.views for m in seen.minutes]) == (START - timedelta(hours=3), [0])


async def test_no_more_watch_than_may(watching: Watching) -> None:
    with ExitStack() as stack:
        for number in range(MAX_WATCHERS):
            stack.enter_context(watching.live.watched(Page(f"p{number}")))
        with pytest.raises(TooManyWatch):
            stack.enter_context(watching.live.watched(Everything()))
    with watching.live.watched(Everything()) as pulse:
        assert (await pulse.look()).views == 0


async def test_what_nobody_watches_is_forgotten(watching: Watching) -> None:
    for number in range(3 * MAX_WATCHERS):
        with watching.live.watched(Page(f"p{number}")) as pulse:
            await pulse.look()
    assert len(watching.live._pulses) <= MAX_WATCHERS + 1
    watching.passes(minutes=2)
    with watching.live.watched(Everything()):
        assert len(watching.live._pulses) == 1
