"""What is viewed now, on a real store, by a clock of the test's own."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.contract.stores import Store, sqlite_store

from hourmill.adapters.direct.progress import DirectProgress
from hourmill.core.batch import Batch
from hourmill.core.hour import hour_of_moment
from hourmill.core.scope import Everything, Page, Site
from hourmill.errors import TooManyWatch
from hourmill.services.bulkhead import Bounds, Bulkhead
from hourmill.services.stats.live import MAX_STREAMS, Live, Looking

START = datetime(2026, 5, 20, 13, 58, 30, tzinfo=UTC)
HOUR = hour_of_moment(START)


class Watching:
    """A store, a clock, and who watches."""

    def __init__(self, store: Store) -> None:
        self.now = START
        reads = Bulkhead(Bounds(running=2, of_client=8, together=16))
        self.live = Live(Looking(store.stats, DirectProgress(lambda: self.now), lambda: self.now, reads))
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
        first = await pulse.look("a client")
        assert (first.since, first.views, [m.views for m in first.minutes]) == (START, 0, [0])
        assert [(page.page, page.views) for page in first.pages] == [("a/x", 5)]
        await watching.count(Batch({"a/x": {HOUR: 2}, "b/y": {HOUR - 1: 7, HOUR - 2: 9, HOUR + 5: 9}}))
        watching.passes(seconds=5)
        seen = await pulse.look("a client")
    assert seen.views == 9
    assert [(page.page, page.views) for page in seen.pages] == [("a/x", 7), ("b/y", 7)]


async def test_minutes_go_on_over_the_hour_and_there_are_60_of_them(watching: Watching) -> None:
    with watching.live.watched(Everything()) as pulse:
        await pulse.look("a client")
        came: Counter[datetime] = Counter()
        for number in range(210):
            watching.passes(seconds=20)
            await watching.count(Batch({"a": {hour_of_moment(watching.now): number}}))
            seen = await pulse.look("a client")
            came[watching.now.replace(second=0)] += number
    last = sorted(came)[-60:]
    assert [(minute.start, minute.views) for minute in seen.minutes] == [(start, came[start]) for start in last]
    assert seen.views == sum(came[start] for start in last)
    assert seen.since == START


async def test_those_that_watch_the_same_see_the_same(watching: Watching) -> None:
    with watching.live.watched(Site("a")) as one, watching.live.watched(Site("a")) as other:
        first = await one.look("one")
        await watching.count(Batch({"a/x": {HOUR: 1}, "b/x": {HOUR: 1}}))
        watching.passes(seconds=1)
        assert await other.look("other") is first
        watching.passes(seconds=4)
        assert (await other.look("other")).views == 1
        with watching.live.watched(Page("b/x")) as third:
            assert [page.page for page in (await third.look("third")).pages] == ["b/x"]


async def test_who_comes_back_soon_finds_the_minutes_before(watching: Watching) -> None:
    with watching.live.watched(Everything()) as pulse:
        await pulse.look("a client")
    await watching.count(Batch({"a": {HOUR: 3}}))
    watching.passes(seconds=50)
    with watching.live.watched(Everything()) as pulse:
        assert (await pulse.look("a client")).views == 3
    await watching.count(Batch({"a": {HOUR: 3}}))
    watching.passes(seconds=70)
    with watching.live.watched(Everything()) as pulse:
        seen = await pulse.look("a client")
    assert (seen.views, seen.since) == (0, START + timedelta(seconds=120))


async def test_a_clock_that_is_set_back_begins_anew(watching: Watching) -> None:
    with watching.live.watched(Everything()) as pulse:
        await pulse.look("a client")
        watching.passes(hours=-3)
        seen = await pulse.look("a client")
    assert (seen.since, [m.views for m in seen.minutes]) == (START - timedelta(hours=3), [0])


async def test_no_more_watch_than_may(watching: Watching) -> None:
    with ExitStack() as stack:
        for _ in range(MAX_STREAMS):
            stack.enter_context(watching.live.stream("a client"))
        with pytest.raises(TooManyWatch):
            stack.enter_context(watching.live.stream("a client"))
    with watching.live.stream("a client") as given_up:
        assert not given_up.is_set()


async def test_who_watches_most_gives_way_to_who_watches_less(watching: Watching) -> None:
    with ExitStack() as stack:
        of_one = [stack.enter_context(watching.live.stream("one")) for _ in range(MAX_STREAMS)]
        of_others = [stack.enter_context(watching.live.stream(number)) for number in range(10)]
        assert [given_up.is_set() for given_up in of_one] == [False] * (MAX_STREAMS - 10) + [True] * 10
        assert not any(given_up.is_set() for given_up in of_others)
        with pytest.raises(TooManyWatch):  # it has still the most, so nobody gives way to it
            stack.enter_context(watching.live.stream("one"))


async def test_places_end_up_in_equal_parts_whoever_came_first(watching: Watching) -> None:
    with ExitStack() as stack:
        taken = [(0, stack.enter_context(watching.live.stream(0))) for _ in range(MAX_STREAMS)]
        for client in range(1, 4):
            with suppress(TooManyWatch):
                while True:
                    taken.append((client, stack.enter_context(watching.live.stream(client))))
        kept = Counter(client for client, given_up in taken if not given_up.is_set())
    assert sorted(kept.values()) == [16, 16, 16, 16]


async def test_what_nobody_watches_is_forgotten(watching: Watching) -> None:
    for number in range(3 * MAX_STREAMS):
        with watching.live.watched(Page(f"p{number}")) as pulse:
            await pulse.look("a client")
    assert len(watching.live._pulses) <= MAX_STREAMS + 1
    watching.passes(minutes=2)
    with watching.live.watched(Everything()):
        assert len(watching.live._pulses) == 1
