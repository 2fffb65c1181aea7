"""Answers questions about the counters."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from hourmill.core.period import Comparison
from hourmill.errors import Fault, TakesTooLong
from hourmill.ports.progress import Progress
from hourmill.ports.stats import StatsReader
from hourmill.services.deadline import answered_within
from hourmill.services.stats import ranking, series, totals
from hourmill.services.stats.answer import Heatmap, Pages, Sites, Timeseries, Totals
from hourmill.services.stats.asked import asked_for
from hourmill.services.stats.inquiry import Inquiry
from hourmill.services.stats.question import ComparingQuestion, Question, RankingQuestion, SeriesQuestion

Answered = TypeVar("Answered")


class Analyst:
    """Answers questions about the counters; each answer raises BadQuery, TakesTooLong and Unreadable."""

    def __init__(
        self,
        reader: StatsReader,
        progress: Progress,
        clock: Callable[[], datetime],
        within_s: float | None = None,
    ) -> None:
        """within_s: a question that takes longer is given up; None: none is."""
        self._reader = reader
        self._progress = progress
        self._clock = clock
        self._within_s = within_s

    async def timeseries(self, question: SeriesQuestion) -> Timeseries:
        """Views over time."""
        inquiry = await self._inquiry(question, question.compare)
        return await self._within(question, series.timeseries(inquiry, question.interval))

    async def totals(self, question: ComparingQuestion) -> Totals:
        """Everything as numbers."""
        return await self._within(question, totals.totals(await self._inquiry(question, question.compare)))

    async def pages(self, question: RankingQuestion) -> Pages:
        """Pages in order."""
        after = ranking.checked(question)
        inquiry = await self._inquiry(question, question.compare)
        return await self._within(question, ranking.pages(inquiry, question, after))

    async def sites(self, question: RankingQuestion) -> Sites:
        """Sites in order."""
        after = ranking.checked(question)
        inquiry = await self._inquiry(question, question.compare)
        return await self._within(question, ranking.sites(inquiry, question, after))

    async def heatmap(self, question: Question) -> Heatmap:
        """Views by hour of the week."""
        return await self._within(question, series.heatmap(await self._inquiry(question)))

    async def _inquiry(self, question: Question, comparison: Comparison | None = None) -> Inquiry:
        asked = asked_for(question, comparison, self._clock())
        async with answered_within(self._within_s):
            complete_until = await self._progress.complete_until()  # before the counters, which can only hold more
            kept_from = await self._reader.hours_kept_from()
        return Inquiry(asked, self._reader, complete_until.replace(microsecond=0), kept_from)

    async def _within(self, question: Question, answer: Awaitable[Answered]) -> Answered:
        """The answer. The store has just answered what takes no time: if this takes long, it is too much."""
        try:
            async with asyncio.timeout(self._within_s):
                return await answer
        except TimeoutError as error:
            raise TakesTooLong(self._within_s or 0.0, _to_narrow(question)) from error


def _to_narrow(question: Question) -> list[Fault]:
    """What would make a question shorter."""
    period = "from" if question.period in (None, "custom") and question.from_ is not None else "period"
    faults = [Fault("a shorter period is answered sooner", parameter=period)]
    if question.page is question.site is question.prefix is None:
        faults.append(Fault("pages of one site are found sooner", parameter="site"))
    if isinstance(question, RankingQuestion) and question.search:
        faults.append(Fault("without it, less is to be read", parameter="search"))
    return faults
