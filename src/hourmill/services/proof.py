"""Proves that counters are the sums of those they were made from, and makes them anew.

Days and sites are made from hours, months from days.
"""

from typing import NamedTuple

from hourmill.core.month import first_day, month_of
from hourmill.ports.housekeeping import Household, Housekeeping, Misfit, Misfits
from hourmill.services.janitor import Tell

AT_ONCE_DAYS = 31  # some seconds of work
SHOWN = 20  # misfits: there may be as many as counters


class Findings(NamedTuple):
    """What was found of the counters of days, sites and months.

    days     that were compared with their hours
    dirty    that are not rolled up yet: they are read from their hours
    misfits  counters that are not the sums of their hours: how many there are, on each day with any, and the first few
    months   counters that are not the sums of their days, likewise: on the first day of each month with any
    """

    days: int
    dirty: int
    misfits: Misfits
    months: Misfits

    @property
    def number(self) -> int:
        """How many counters are wrong."""
        return self.misfits.number + self.months.number

    @property
    def some(self) -> list[Misfit]:
        """The first few of them."""
        return [*self.misfits.some, *self.months.some]


class Prover:
    """Examines a store."""

    def __init__(self, household: Household) -> None:
        self._household = household

    async def examine(self, tell: Tell) -> Findings | None:
        """Compare the counters of clean days with their hours, those of months with their days.

        None if another process cleans.

        tell    called with the number of days done, and of all
        raises  NotCleaned
        """
        async with self._household.turn(0.0) as house:
            return None if house is None else await self._examine(house, tell)

    async def rebuild(self, findings: Findings) -> bool:
        """Make the counters of the days and months with misfits anew; False if another process cleans.

        raises  NotCleaned
        """
        async with self._household.turn(0.0) as house:
            if house is None:
                return False
            for day in sorted(findings.misfits.of_day):
                await house.rebuild(day)
                await house.begin_roll_up(day)
                await house.roll_up(day)
            for day in sorted(findings.months.of_day):
                await house.rebuild_month(day)
            return True

    async def _examine(self, house: Housekeeping, tell: Tell) -> Findings:
        first, after = await house.days()
        months = await self._months(house, first, after)
        first = max(first, await house.hours_kept_from())
        of_day: dict[int, int] = {}
        some: list[Misfit] = []
        for day in range(first, after, AT_ONCE_DAYS):
            found = await house.misfits(day, min(after, day + AT_ONCE_DAYS), SHOWN)
            of_day |= found.of_day
            some += found.some[: SHOWN - len(some)]
            tell(min(after, day + AT_ONCE_DAYS) - first, after - first)
        dirty = sum(first <= day < after for day in await house.dirty_days())
        return Findings(max(0, after - first) - dirty, dirty, Misfits(of_day, some), months)

    async def _months(self, house: Housekeeping, first: int, after: int) -> Misfits:
        of_day: dict[int, int] = {}
        some: list[Misfit] = []
        for month in range(month_of(first), month_of(after - 1) + 1 if first < after else 0):
            if found := await house.month_misfits(first_day(month)):
                of_day[first_day(month)] = len(found)
                some += found[: SHOWN - len(some)]
        return Misfits(of_day, some)
