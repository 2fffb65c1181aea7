"""Which hours are taken and kept now: by the clock, the settings, and what the store has said of itself."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from hourmill.core.hour import FIRST_HOUR
from hourmill.core.retention import Retention
from hourmill.core.time_bounds import TimeBounds, time_bounds
from hourmill.errors import Unreadable
from hourmill.ports.stats import StatsReader

ASKS_EVERY_S = 60.0  # as often as a janitor looks whether it is its turn; no request waits for that
HOUR_S = 3600
AGAIN_S = 1.0  # until the store has answered for the first time


class Timekeeper:
    """Knows the bounds of the running hour, so that a request costs no more than a look at the clock."""

    def __init__(self, retention: Retention, max_ahead_hours: int, clock_s: Callable[[], float]) -> None:
        """clock_s: seconds since 1970."""
        self._retention = retention
        self._max_ahead_hours = max_ahead_hours
        self._clock_s = clock_s
        self._kept_from = FIRST_HOUR
        self._answered = asyncio.Event()
        self._renew()

    def bounds(self) -> TimeBounds:
        """What holds now; by the retention alone until the store has answered."""
        if not self._began_s <= self._clock_s() < self._ends_s:  # dearer for every request: to find out the hour
            self._renew()
        return self._bounds

    async def ready(self) -> None:
        """Return once the store has answered."""
        await self._answered.wait()

    async def ask(self, stats: StatsReader) -> None:
        """Ask the store; if it is away, what it said last holds."""
        with suppress(Unreadable):
            self._kept_from = await stats.hours_kept_from()
            self._renew()
            self._answered.set()

    async def follow(self, stats: StatsReader) -> None:
        """Ask the store now and then, until cancelled."""
        while True:
            await asyncio.sleep(ASKS_EVERY_S if self._answered.is_set() else AGAIN_S)
            await self.ask(stats)

    def _renew(self) -> None:
        hour = int(self._clock_s()) // HOUR_S
        self._began_s, self._ends_s = float(hour * HOUR_S), float((hour + 1) * HOUR_S)
        self._bounds = time_bounds(hour, self._retention, self._max_ahead_hours, self._kept_from)
