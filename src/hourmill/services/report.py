"""The report of the original: one page, 24 hours."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from hourmill.core.hour import hour_of_moment
from hourmill.core.window import HOURS, Order, arrange, window_of
from hourmill.ports.store import CounterReader


class Question(NamedTuple):
    """What a report is asked for; now_hour None is the clock's."""

    page: str
    now_hour: int | None = None
    order: Order = "asc"
    take: int = HOURS
    complete: bool = False


class Reporter:
    """Answers questions from the store."""

    def __init__(self, reader: CounterReader, clock: Callable[[], datetime]) -> None:
        self._reader = reader
        self._clock = clock

    async def report(self, question: Question) -> list[tuple[int, int]]:
        """The (UTC hour since 1970, views) of each hour asked for, in the order asked for, zeros too."""
        now_hour = hour_of_moment(self._clock()) if question.now_hour is None else question.now_hour
        window = window_of(now_hour, complete=question.complete)
        views = await self._reader.hours(question.page, window.first, window.last)
        return arrange(views, window, question.order, question.take)
