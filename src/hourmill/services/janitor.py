"""The janitor: keeps what is stored small, and its counters by day in line with those by hour.

One process at a time has its turn. Everything it does may be killed at any point and be done again.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from datetime import datetime
from time import perf_counter
from typing import NamedTuple, TypeAlias

import structlog

from hourmill.core.hour import hour_of_moment
from hourmill.core.retention import Retention, day_of, first_hour
from hourmill.errors import NotCleaned
from hourmill.ports.housekeeping import Freed, Grain, Household, Housekeeping

log = structlog.get_logger()

Tell: TypeAlias = Callable[[int, int], None]
"""Is told the number of days done, and of all."""

LOOKS_AT_MOST_EVERY_S = 60.0  # whether it is its turn: another one's janitor may be gone


class Cleaned(NamedTuple):
    """What was done, or would be.

    rolled_up  days whose counters were brought in line with their hours
    compacted  rows spared, where a page and hour had several
    hourly     what went of the counters of hours, of pages and of sites
    daily      what went of the counters of days
    forgotten  rows of marks that had expired: of batches, keys, leases, workers
    """

    rolled_up: int
    compacted: int
    hourly: Freed
    daily: Freed
    forgotten: int

    @property
    def freed(self) -> Freed:
        """All of it together."""
        rows = self.compacted + self.hourly.rows + self.daily.rows + self.forgotten
        return Freed(rows, self.hourly.bytes + self.daily.bytes)


class Janitor:
    """Cleans a store as its retention says.

    clock  the moment (aware)
    """

    def __init__(self, household: Household, retention: Retention, clock: Callable[[], datetime]) -> None:
        self._household = household
        self._retention = retention
        self._clock = clock

    async def run(self, every_s: float) -> None:
        """Clean about every so often, if nobody else does, until cancelled."""
        while True:
            try:
                await self.clean(every_s)
            except NotCleaned as error:
                log.warning("not cleaned", reason=str(error))
            except Exception:  # a fault of ours; without a janitor nothing would ever be cleaned again
                log.error("cleaning failed", exc_info=True)
            await asyncio.sleep(min(every_s, LOOKS_AT_MOST_EVERY_S) * random.uniform(0.8, 1.2))  # noqa: S311 not for secrets

    async def clean(self, every_s: float = 0.0, tell: Tell | None = None) -> Cleaned | None:
        """Clean now; None if another process does, or did less than `every_s` seconds ago.

        tell    called with the number of days done, and of all
        raises  NotCleaned  what was not done is done the next time
        """
        began_s = perf_counter()
        async with self._household.turn(every_s) as house:
            if house is None:
                return None
            cleaned = await self._clean(house, tell)
            took_s = perf_counter() - began_s
            await house.done(took_s, cleaned.freed)
        log.info("cleaned", rolled_up=cleaned.rolled_up, compacted=cleaned.compacted, forgotten=cleaned.forgotten,
                 hourly_rows=cleaned.hourly.rows, hourly_bytes=cleaned.hourly.bytes, daily_rows=cleaned.daily.rows,
                 daily_bytes=cleaned.daily.bytes, ms=round(took_s * 1000))  # fmt: skip
        return cleaned

    async def look(self) -> Cleaned | None:
        """What clean() would do now; None if another process cleans."""
        async with self._household.turn(0.0) as house:
            if house is None:
                return None
            now = self._clock()
            days, this_hour = await house.dirty_days(), hour_of_moment(now)
            compactable = {day: await house.compactable(*closed_hours(day, this_hour)) for day in days}
            before = max(self._retention.hours_from(now), await house.hours_kept_from())
            hourly = await _old(house, Grain.HOURLY, before, days)
            return Cleaned(
                rolled_up=sum(day != day_of(this_hour) for day in days),
                compacted=sum(compactable.values()),
                hourly=hourly._replace(rows=hourly.rows - sum(compactable[day] for day in days if day < before)),
                daily=await _old(house, Grain.DAILY, min(before, self._retention.days_from(now)), days),
                forgotten=await house.expired(),
            )

    async def _clean(self, house: Housekeeping, tell: Tell | None) -> Cleaned:
        now = self._clock()
        this_hour = hour_of_moment(now)
        await house.prepare()
        days = await house.dirty_days()
        rolled_up = compacted = 0
        for number, day in enumerate(days, 1):
            is_over = day != day_of(this_hour)
            if is_over:
                await house.begin_roll_up(day)  # before its rows become one: who adds another keeps the day dirty
            compacted += await house.compact(*closed_hours(day, this_hour))
            if is_over:
                rolled_up += await house.roll_up(day)
            if tell is not None:
                tell(number, len(days))
        if not await house.keep_hours_from(self._retention.hours_from(now)):
            log.info("hours are kept until their days are rolled up")
        kept_from = await house.hours_kept_from()
        hourly = await house.drop(Grain.HOURLY, kept_from)
        daily = await house.drop(Grain.DAILY, min(kept_from, self._retention.days_from(now)))  # never before its hours
        return Cleaned(rolled_up, compacted, hourly, daily, await house.forget())


async def _old(house: Housekeeping, grain: Grain, before: int, dirty: Sequence[int]) -> Freed:
    """What is too old, and what rolling up will add to it."""
    old = await house.old(grain, before)
    added = sum([await house.addable(grain, day) for day in dirty if day < before])
    return old._replace(rows=old.rows + added)


def closed_hours(day: int, this_hour: int) -> tuple[int, int]:
    """The hours of a day that are over: the first, and the one after the last."""
    return first_hour(day), min(first_hour(day + 1), this_hour)
