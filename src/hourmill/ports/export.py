"""What an export asks of a store. Days are days since 1970 (UTC)."""

from collections.abc import Sequence
from typing import Protocol

from hourmill.core.count_row import CountRow


class CounterExport(Protocol):
    """Reads all counters, as they were at one moment.

    raises  Unreadable
    """

    async def days(self) -> Sequence[int]:
        """The days that there are counters of, in order."""

    async def rows(self, day: int) -> Sequence[CountRow]:
        """The counters of a day in the order of hours and pages; of the whole day, if its hours are not kept."""
