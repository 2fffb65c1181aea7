"""What is viewed now: counters that are looked at every few seconds while somebody watches."""

import asyncio
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import NamedTuple

from hourmill.core.hour import HOUR, hour_of_moment
from hourmill.core.scope import Scope
from hourmill.errors import TooManyWatch
from hourmill.ports.progress import Progress
from hourmill.ports.stats import Ranking, Span, StatsReader
from hourmill.services.bulkhead import Bulkhead
from hourmill.services.deadline import answered_within
from hourmill.services.shares import Shares
from hourmill.services.stats.answer import LiveMinute, LivePage, LiveViews

MAX_STREAMS = 64
LOOKS_EVERY = timedelta(seconds=5)
FORGETS_AFTER = timedelta(minutes=1)  # without a look; who comes back sooner finds the minutes before
TOP_PAGES = 10
MINUTE = timedelta(minutes=1)


class Looking(NamedTuple):
    """What a look needs.

    reads     in which it has its turn
    within_s  that the store may take for it
    """

    reader: StatsReader
    progress: Progress
    clock: Callable[[], datetime]
    reads: Bulkhead
    within_s: float | None = None


class Live:
    """Lets callers watch; of those that go on watching, a bounded number."""

    def __init__(self, looking: Looking) -> None:
        self._looking = looking
        self._pulses: dict[Scope, Pulse] = {}
        self._streams = Shares[asyncio.Event]()

    @contextmanager
    def stream(self, client: Hashable) -> Iterator[asyncio.Event]:
        """Within: a place of those that go on. Once its event is set, it was given to a client that held fewer.

        raises  TooManyWatch
        """
        if len(self._streams) >= MAX_STREAMS:
            last = self._streams.giving_way_to(client)
            if last is None:
                raise TooManyWatch
            self._streams.discard(*last)
            last[1].set()
        given_up = asyncio.Event()
        self._streams.add(client, given_up)
        try:
            yield given_up
        finally:
            self._streams.discard(client, given_up)

    @contextmanager
    def watched(self, scope: Scope) -> Iterator["Pulse"]:
        """Within: the pulse of a scope, shared with all that watch it."""
        self._pulses = {other: pulse for other, pulse in self._pulses.items() if pulse.watchers or pulse.is_fresh()}
        pulse = self._pulses.setdefault(scope, Pulse(scope, self._looking))
        pulse.watchers += 1
        try:
            yield pulse
        finally:
            pulse.watchers -= 1
            if not pulse.watchers and len(self._pulses) > MAX_STREAMS:
                self._pulses.pop(scope, None)


class Pulse:
    """Looks at the counters of a scope, and remembers what the last 60 minutes brought."""

    def __init__(self, scope: Scope, looking: Looking) -> None:
        self.watchers = 0
        self._scope = scope
        self._reader, self._progress, self._clock, self._reads, self._within_s = looking
        self._looking = asyncio.Lock()
        self._looked_at: datetime | None = None
        self._seen: LiveViews | None = None
        self._since: datetime | None = None
        self._counts: dict[int, int] = {}
        self._minutes: dict[datetime, int] = {}

    def is_fresh(self, for_: timedelta = FORGETS_AFTER) -> bool:
        """Whether somebody looked not long ago."""
        return self._looked_at is not None and timedelta() <= self._clock() - self._looked_at < for_

    async def look(self, client: Hashable) -> LiveViews:
        """What is to be seen now. What was counted since the last look came in the minute of this one.

        client  whose turn it is
        raises  Unreadable, TooManyReads
        """
        async with self._looking:
            if self._seen is None or not self.is_fresh(LOOKS_EVERY * 0.9):  # else another watcher has just looked
                async with self._reads.turn(client), answered_within(self._within_s):
                    self._seen = await self._look()
            return self._seen

    async def _look(self) -> LiveViews:
        complete_until = await self._progress.complete_until()
        now = self._clock().replace(microsecond=0)
        hour = hour_of_moment(now)
        bounds = range(hour - 1, hour + 3)  # the next hour too, for when it has begun at the next look
        counts = dict(zip(bounds, await self._reader.series(self._scope, bounds), strict=False))
        pages = await self._reader.pages(Ranking(self._scope, Span(hour - 1, hour + 1), limit=TOP_PAGES))
        since = self._note(now, counts)
        minutes = [LiveMinute(start, views) for start, views in self._minutes.items()]
        return LiveViews(
            since=since,
            complete_until=complete_until.replace(microsecond=0),
            views=sum(minute.views for minute in minutes),
            minutes=minutes,
            pages=[LivePage(row.name, row.views) for row in pages],
        )

    def _note(self, now: datetime, counts: dict[int, int]) -> datetime:
        """Add what is new to its minute; from when on minutes are known."""
        if self._since is None or not self.is_fresh():
            self._since, self._counts, self._minutes = now, {}, {}
        new = sum(views - self._counts[hour] for hour, views in counts.items() if hour in self._counts)
        running = now.replace(second=0)
        first = max(self._since.replace(second=0), running - HOUR + MINUTE)
        minutes = [first + n * MINUTE for n in range((running - first) // MINUTE + 1)]
        self._minutes = {minute: self._minutes.get(minute, 0) for minute in minutes}
        self._minutes[running] += max(new, 0)  # less: hours went, or the clock was set back
        self._counts, self._looked_at = counts, now
        return self._since
