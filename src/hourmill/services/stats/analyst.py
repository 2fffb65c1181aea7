"""Answers questions about the counters."""

from collections.abc import Callable
from datetime import datetime

from hourmill.core.period import Comparison
from hourmill.ports.progress import Progress
from hourmill.ports.stats import StatsReader
from hourmill.services.stats import ranking, series, totals
from hourmill.services.stats.answer import Heatmap, Pages, Sites, Timeseries, Totals
from hourmill.services.stats.asked import asked_for
from hourmill.services.stats.inquiry import Inquiry
from hourmill.services.stats.question import ComparingQuestion, Question, RankingQuestion, SeriesQuestion


class Analyst:
    """Answers questions about the counters; each answer raises BadQuery and Unreadable."""

    def __init__(self, reader: StatsReader, progress: Progress, clock: Callable[[], datetime]) -> None:
        self._reader = reader
        self._progress = progress
        self._clock = clock

    async def timeseries(self, question: SeriesQuestion) -> Timeseries:
        """Views over time."""
        return await series.timeseries(await self._inquiry(question, question.compare), question.interval)

    async def totals(self, question: ComparingQuestion) -> Totals:
        """Everything as numbers."""
        return await totals.totals(await self._inquiry(question, question.compare))

    async def pages(self, question: RankingQuestion) -> Pages:
        """Pages in order."""
        after = ranking.checked(question)
        return await ranking.pages(await self._inquiry(question, question.compare), question, after)

    async def sites(self, question: RankingQuestion) -> Sites:
        """Sites in order."""
        after = ranking.checked(question)
        return await ranking.sites(await self._inquiry(question, question.compare), question, after)

    async def heatmap(self, question: Question) -> Heatmap:
        """Views by hour of the week."""
        return await series.heatmap(await self._inquiry(question))

    async def _inquiry(self, question: Question, comparison: Comparison | None = None) -> Inquiry:
        asked = asked_for(question, comparison, self._clock())
        complete_until = await self._progress.complete_until()  # before the counters, which can only hold more
        kept_from = await self._reader.hours_kept_from()
        return Inquiry(asked, self._reader, complete_until.replace(microsecond=0), kept_from)
