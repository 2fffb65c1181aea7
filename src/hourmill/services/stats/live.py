"""What is viewed now: counters that are looked at every few seconds while somebody watches."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from hourmill.core.hour import HOUR, hour_of_moment
from hourmill.core.scope import Scope
from hourmill.errors import TooManyWatch
from hourmill.ports.progress import Progress
from hourmill.ports.stats import Ranking, Span, StatsReader
from hourmill.services.stats.answer import LiveMinute, LivePage, LiveViews

MAX_WATCHERS = 64
LOOKS_EVERY = timedelta(seconds=5)
FORGETS_AFTER = timedelta(minutes=1)  # without a look; who comes back sooner finds the minutes before
TOP_PAGES = 10
MINUTE = timedelta(minutes=1)


class Live:
    """Lets a bounded number of callers watch."""

    def __init__(self, reader: StatsReader, progress: Progress, clock: Callable[[], datetime]) -> None:
        self._reader = reader
        self._progress = progress
        self._clock = clock
        self._pulses: dict[Scope, Pulse] = {}
        self._watchers = 0

    @contextmanager
    def watched(self, scope: Scope) -> Iterator["Pulse"]:
        """Within: the pulse of a scope, shared with all that watch it.

        raises  TooManyWatch
        """
        if self._watchers >= MAX_WATCHERS:
            raise TooManyWatch
        self._pulses = {other: pulse for other, pulse in self._pulses.items() if pulse.watchers or pulse.is_fresh()}
        pulse = self._pulses.setdefault(scope, Pulse(scope, self._reader, self._progress, self._clock))
        self._watchers += 1
        pulse.watchers += 1
        try:
            yield pulse
        finally:
            self._watchers -= 1
            pulse.watchers -= 1
            if not pulse.watchers and len(self._pulses) > MAX_WATCHERS:
                self._pulses.pop(scope, None)


class Pulse:
    """Looks at the counters of a scope, and remembers what the last 60 minutes brought."""

    def __init__(self, scope: Scope, reader: StatsReader, progress: Progress, clock: Callable[[], datetime]) -> None:
        self.watchers = 0
        self._scope = scope
        self._reader = reader
        self._progress = progress
        self._clock = clock
        self._looking = asyncio.Lock()
        self._looked_at: datetime | None = None
        self._seen: LiveViews | None = None
        self._since: datetime | None = None
        self._counts: dict[int, int] = {}
        self._minutes: dict[datetime, int] = {}

    def is_fresh(self, for_: timedelta = FORGETS_AFTER) -> bool:
        """Whether somebody looked not long ago."""
        return self._looked_at is not None and timedelta() <= self._clock() - self._looked_at < for_

    async def look(self) -> LiveViews:
        """What is to be seen now. What was counted since the last look came in the minute of this one.

        raises  Unreadable
        """
        async with self._looking:
            if self._seen is None or not self.is_fresh(LOOKS_EVERY * 0.9):  # else another watcher has just looked
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
