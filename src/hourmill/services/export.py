"""Exporting counters, one day after the other."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import NamedTuple, TypeAlias

from hourmill.core.count_row import CountRow
from hourmill.core.hour import FIRST_HOUR, LAST_HOUR
from hourmill.core.retention import day_of
from hourmill.ports.export import CounterExport


class Days(NamedTuple):
    """Some days (since 1970, UTC): first <= day < before."""

    first: int = day_of(FIRST_HOUR)
    before: int = day_of(LAST_HOUR) + 1


Tell: TypeAlias = Callable[[int, int], None]
"""Is told the number of days done, and of all."""


async def exported(counters: CounterExport, span: Days, tell: Tell) -> AsyncIterator[Sequence[CountRow]]:
    """The rows of each day of a span.

    raises  Unreadable
    """
    days = [day for day in await counters.days() if span.first <= day < span.before]
    for number, day in enumerate(days, 1):
        yield await counters.rows(day)
        tell(number, len(days))
