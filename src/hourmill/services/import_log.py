"""Importing access logs: every line of every input is counted once, however often and in what state it comes.

Lines are known by their content: docs/import.md, "Importing again".
"""

from collections import Counter
from dataclasses import dataclass, field

from hourmill.core.access_log import parse_line
from hourmill.core.hour import FIRST_HOUR
from hourmill.core.page_view_rules import Judge, LeftOut
from hourmill.core.retention import first_hour
from hourmill.core.tally import add_view, split_at, view_count
from hourmill.errors import InputUnreadable
from hourmill.ports.store import ImportLedger
from hourmill.services.log_input import LogInput
from hourmill.services.log_stretch import Content, OpenStretch, stretches

STRETCH_LINES = 5_000  # what imported lines are known by rests on it: with another number they would count again
SHOWN_BROKEN_LINES = 5


@dataclass(frozen=True)
class BrokenLine:
    """Where a line is that is no line of an access log, counted from 1, and what it holds."""

    input_name: str
    number: int
    content: bytes


@dataclass
class Summary:
    """What became of the lines read: lines = views + already_imported + all that were left out.

    day_only  views of hours that are not kept any more: they count in their day only
    hours   the first and the last UTC hour with a view; None without views
    broken  the first few
    """

    lines: int = 0
    views: int = 0
    day_only: int = 0
    already_imported: int = 0
    left_out: Counter[LeftOut] = field(default_factory=Counter)
    hours: tuple[int, int] | None = None
    broken: list[BrokenLine] = field(default_factory=list)


class LogImport:
    """Imports inputs one after the other, and keeps one summary of them.

    site           part of what lines are known by
    stretch_lines  the same at every import, or lines are not known again
    """

    def __init__(self, ledger: ImportLedger, judge: Judge, site: str, stretch_lines: int = STRETCH_LINES) -> None:
        self.summary = Summary()
        self._ledger = ledger
        self._judge = judge
        self._site = site
        self._kept_from = FIRST_HOUR
        self._stretch_lines = stretch_lines

    async def take(self, source: LogInput) -> None:
        """Count the lines of an input that no import has counted before.

        raises  InputUnreadable, when all that could be read is counted
                NotAccepted, OutcomeUnknown: all before the running stretch is counted and remembered
        """
        self._kept_from = max(self._judge.bounds.kept_from, first_hour(await self._ledger.hours_kept_from()))
        content, stretch, number, failure = Content(self._site), OpenStretch(b"", []), 0, None
        try:
            for begins, lines in stretches(source.lines(), self._stretch_lines):
                if begins:
                    await self._close(stretch)
                    start = content.start_with(lines[0])
                    stretch = OpenStretch(start, await self._ledger.known(start))
                content.add(lines)
                self._judge_new(source.name, number, lines, stretch)
                number += len(lines)
        except InputUnreadable as error:
            failure = error
        await self._close(stretch)
        unfinished = bool(source.rest)
        self.summary.lines += number + unfinished
        self.summary.left_out[LeftOut.UNFINISHED] += unfinished
        if failure:
            raise InputUnreadable(f"{failure}; only what comes before that is counted.")

    def _judge_new(self, name: str, number: int, lines: list[bytes], stretch: OpenStretch) -> None:
        known = stretch.add(lines)
        self.summary.already_imported += known
        for place, line in enumerate(lines[known:], number + known + 1):
            request = parse_line(line)
            if request is None:
                self._leave_out(BrokenLine(name, place, line))
                continue
            page = self._judge.page_of(request)
            if isinstance(page, str):
                add_view(stretch.cells, page, request.hour)
            else:
                self.summary.left_out[page] += 1

    def _leave_out(self, line: BrokenLine) -> None:
        if not line.content.strip():
            self.summary.left_out[LeftOut.BLANK] += 1
            return
        self.summary.left_out[LeftOut.BROKEN] += 1
        if len(self.summary.broken) < SHOWN_BROKEN_LINES:
            self.summary.broken.append(line)

    async def _close(self, stretch: OpenStretch) -> None:
        if not stretch.new_lines:
            return
        await self._ledger.count_stretch(stretch.cells, stretch.closed())
        self.summary.views += view_count(stretch.cells)
        self.summary.day_only += view_count(split_at(stretch.cells, self._kept_from)[1])
        hours = {hour for counts in stretch.cells.values() for hour in counts} | set(self.summary.hours or ())
        self.summary.hours = (min(hours), max(hours)) if hours else None
