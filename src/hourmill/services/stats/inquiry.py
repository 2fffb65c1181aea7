"""One question while it is worked on: what is asked for, and the counters it is about."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain, pairwise
from typing import NamedTuple

from hourmill.core.edge import Edge
from hourmill.core.hour import FIRST_HOUR, LAST_HOUR
from hourmill.core.period import Hours
from hourmill.core.retention import HOURS_OF_DAY
from hourmill.ports.stats import Span, StatsReader
from hourmill.services.slices import in_slices
from hourmill.services.stats.answer import Range, Stretch
from hourmill.services.stats.asked import Asked


class About(NamedTuple):
    """What every answer begins with."""

    range: Range
    complete_until: datetime
    approximate_edges: bool


class Inquiry(NamedTuple):
    """A question under work.

    complete_until  read before any counter
    kept_from       the first hour of which hours are kept; counters of earlier days are of the whole day
    """

    asked: Asked
    reader: StatsReader
    complete_until: datetime
    kept_from: int

    async def about(self, edges: Iterable[Edge] = ()) -> About:
        """What an answer begins with that counts between these edges, and between those of what is asked for."""
        asked = self.asked
        range_ = Range(asked.hours.first.moment, asked.hours.before.moment, asked.tz, asked.period)
        against = asked.against.part if asked.against else ()
        rough = any(await in_slices(map(self._is_rough, chain(asked.hours, against, edges))))
        return About(range_, self.complete_until, rough)

    async def series(self, bounds: Sequence[int]) -> list[int]:
        """The views between each hour and the next one; hours strictly ascend."""
        if len(bounds) > 1 and bounds[0] >= FIRST_HOUR and bounds[-1] <= LAST_HOUR + 1:  # as nearly always
            return await self.reader.series(self.asked.scope, bounds)
        hours = await in_slices(map(_within, bounds))
        asked = list(dict.fromkeys(hours))
        views = iter(await self.reader.series(self.asked.scope, asked) if len(asked) > 1 else [])
        return await in_slices(next(views) if first < before else 0 for first, before in pairwise(hours))

    async def total(self, hours: Hours) -> int:
        """The views of a range."""
        first, before = (edge.hour for edge in hours)
        return sum(await self.series([first, before])) if first < before else 0

    async def page_count(self, hours: Hours) -> int:
        """How many different pages were viewed in a range."""
        span = span_of(hours)
        return await self.reader.page_count(self.asked.scope, span) if span else 0

    def _is_rough(self, edge: Edge) -> bool:
        return not edge.exact or (edge.hour < self.kept_from and edge.hour % HOURS_OF_DAY != 0)


def span_of(hours: Hours) -> Span | None:
    """The part of a range in which there can be views, or None."""
    first, before = _within(hours.first.hour), _within(hours.before.hour)
    return Span(first, before) if first < before else None


def stretch_of(hours: Hours) -> Stretch:
    """A range, as it is answered."""
    return Stretch(hours.first.moment, hours.before.moment)


def change(now: int, then: int) -> float | None:
    """How much more there is now, as a part of what there was then; None if there was nothing."""
    return round((now - then) / then, 4) if then else None


def _within(hour: int) -> int:
    return min(max(hour, FIRST_HOUR), LAST_HOUR + 1)
