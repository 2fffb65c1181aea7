"""What the janitor asks of a store. Days are days since 1970 (UTC), hours are hours since 1970."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from enum import Enum
from typing import NamedTuple, Protocol


class Grain(Enum):
    """Counters that are kept for one length of time: those of hours of pages and sites, those of days and months."""

    HOURLY = "hourly"
    DAILY = "daily"


GRAIN_OF = {
    "page_views": Grain.HOURLY,
    "site_views": Grain.HOURLY,
    "page_views_daily": Grain.DAILY,
    "page_views_monthly": Grain.DAILY,
}
"""How long the rows of each table of counters are kept."""


FEW_DAYS = 10
"""Days that are rolled up while counting waits: a fraction of a second each."""


class Freed(NamedTuple):
    """What went, or would go. bytes: given back to the system, or to other rows of the same file."""

    rows: int = 0
    bytes: int = 0


class Misfit(NamedTuple):
    """A counter of a clean day that is not the sum of its hours, or of a month that is not the sum of its days.

    table    page_views_daily, site_views or page_views_monthly
    name     of the page or site
    hour     the hour, or the first one of the day or month
    counted  what the counter says, 0 where there is none
    summed   what the hours or days make
    """

    table: str
    name: str
    hour: int
    counted: int
    summed: int


class Misfits(NamedTuple):
    """Those of some days.

    of_day  how many there are, on each day with any
    some    a few of them
    """

    of_day: Mapping[int, int]
    some: Sequence[Misfit]

    @property
    def number(self) -> int:
        """How many there are."""
        return sum(self.of_day.values())


class Housekeeping(Protocol):
    """The store, in the hands of the one process whose turn it is.

    Every call may be killed at any point and be made again; counting goes on meanwhile, and nothing counted is lost.

    raises  NotCleaned  the store is away or busy; what was not done is done by the next call
    """

    async def prepare(self) -> None:
        """Make what the store needs for the time to come, whatever will be sent."""

    async def dirty_days(self) -> list[int]:
        """The days whose hours were raised since they were rolled up."""

    async def compactable(self, first: int, before: int) -> int:
        """How many rows compact() would spare."""

    async def compact(self, first: int, before: int) -> int:
        """Make one row of each page and hour, first <= hour < before; how many rows that spares."""

    async def begin_roll_up(self, day: int) -> None:
        """See to it that whoever raises an hour of the day from here on is noticed by roll_up()."""

    async def roll_up(self, day: int) -> bool:
        """Bring the counters of a day, and of its sites, in line with its hours; whether it is clean now.

        It is not, if it was raised since begin_roll_up().
        """

    async def addable(self, grain: Grain, day: int) -> int:
        """How many rows roll_up() would add: counters of sites by the hour, or of days."""

    async def hours_kept_from(self) -> int:
        """The first day of which hours are kept; views of earlier ones count in their day only."""

    async def keep_hours_from(self, day: int) -> bool:
        """Keep hours from that day on, the first of a month, and never again from an earlier one.

        Up to FEW_DAYS of the earlier days may be dirty, for somebody may go on raising them: these are rolled up while
        nobody can raise any.

        returns False  while more of them are; then nothing has changed
        """

    async def old(self, grain: Grain, before: int) -> Freed:
        """What drop() would drop."""

    async def drop(self, grain: Grain, before: int) -> Freed:
        """Drop the counters of the days before that day, the first of a month."""

    async def days(self) -> tuple[int, int]:
        """The first day that there may be counters of, and the one after the last; equal if there are none."""

    async def misfits(self, first: int, before: int, most: int) -> Misfits:
        """The misfits among the clean days, first <= day < before, of which hours are kept; `some` are at most
        so many of each day.
        """

    async def rebuild(self, day: int) -> None:
        """Forget the counters of a day and of its sites, and mark it as dirty: roll_up() makes them from its hours.

        The hours of the day must be kept.
        """

    async def month_misfits(self, first: int) -> list[Misfit]:
        """The misfits of a month, told by its first day."""

    async def rebuild_month(self, first: int) -> None:
        """Make the counters of a month, told by its first day, from those of its days."""

    async def expired(self) -> int:
        """How many rows forget() would drop."""

    async def forget(self) -> int:
        """Drop marks that have expired: of batches, keys, leases, workers; how many rows went."""

    async def done(self, took_s: float, freed: Freed) -> None:
        """Remember that it came to its end, now."""


class Household(Protocol):
    """Whose turn it is."""

    def turn(self, every_s: float) -> AbstractAsyncContextManager[Housekeeping | None]:
        """The store, for one process at a time; None if another has it, or had it less than `every_s` seconds ago.

        raises  NotCleaned
        """
