"""Importing what was exported: every hour is counted once, whatever is imported again.

An hour, or a day of which hours were not kept, is known by the name of where it came from and by its rows:
docs/import.md, "Counts".
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import chain, groupby
from operator import itemgetter

import msgspec

from hourmill.core.batch import Cells
from hourmill.core.count_row import MAX_VIEWS, BadRow, CountRow, RowFormat, Time, format_of, row_of, text_of
from hourmill.core.retention import HOURS_OF_DAY, day_of, first_hour
from hourmill.core.tally import view_count
from hourmill.errors import InputUnreadable
from hourmill.ports.store import ImportLedger, Stretch
from hourmill.services.log_input import LogInput

HASH_BYTES = 16
PERSON = b"hourmill counts"  # so that no line of a log has the same hash
SHOWN_CHANGED = 5
ENDED = "Nothing was counted from the hour of the line before it on."


@dataclass
class CountsSummary:
    """What became of the rows read: rows = counted + already_imported + too_old + changed.

    views          of those counted
    day_only       of these, the ones that count in their day only, as their hours are not kept
    too_old        rows of days that are not kept any more
    changed        not counted: rows of hours that were imported before with other rows, or as a day, or days as hours
    changed_times  the first few of these hours
    hours          the first and the last UTC hour counted; None without any
    """

    rows: int = 0
    counted: int = 0
    views: int = 0
    day_only: int = 0
    already_imported: int = 0
    too_old: int = 0
    changed: int = 0
    changed_times: list[str] = field(default_factory=list)
    hours: tuple[int, int] | None = None


class CountsImport:
    """Imports exports one after the other, and keeps one summary of them.

    source   name of where they come from: hours of another source are other hours
    oldest   the first hour that is taken
    dry_run  the ledger is asked, but nothing is written to it
    """

    def __init__(self, ledger: ImportLedger, source: str, oldest: int, *, dry_run: bool) -> None:
        self.summary = CountsSummary()
        self._ledger = ledger
        self._source = source
        self._oldest = oldest
        self._dry_run = dry_run
        self._kept_from = 0

    async def take(self, source: LogInput) -> None:
        """Count the hours of an export that no import has counted before.

        raises  InputUnreadable, when all hours before the fault are counted
                NotAccepted, OutcomeUnknown: all before the running hour is counted and remembered
        """
        self._kept_from = first_hour(await self._ledger.hours_kept_from())
        for time, rows in groupby(_rows(source), key=itemgetter(1)):
            await self._count(time, list(rows))

    async def _count(self, time: Time, rows: list[CountRow]) -> None:
        summary = self.summary
        summary.rows += len(rows)
        if time.hour < self._oldest:
            summary.too_old += len(rows)
            return
        cells = _cells(rows)
        stretch = self._stretch(time, cells)
        known = await self._ledger.known(stretch.start)
        if stretch.prints in known:
            summary.already_imported += len(rows)
        elif known or await self._counted_otherwise(time):
            summary.changed += len(rows)
            if len(summary.changed_times) < SHOWN_CHANGED:
                summary.changed_times.append(text_of(time))
        else:
            views = view_count(cells)
            if not self._dry_run:
                await self._ledger.count_stretch(cells, stretch)
            summary.counted += len(rows)
            self._note(time, views)

    async def _counted_otherwise(self, time: Time) -> bool:
        """Whether hours of this day were counted, or the day of this hour: hours that are not kept become their day."""
        day = first_hour(day_of(time.hour))
        hours = range(day, day + HOURS_OF_DAY)
        others = [Time(hour, whole_day=False) for hour in hours] if time.whole_day else [Time(day, whole_day=True)]
        for other in others:
            if await self._ledger.known(self._start(other)):
                return True
        return False

    def _note(self, time: Time, views: int) -> None:
        summary = self.summary
        summary.views += views
        summary.day_only += views if time.hour < self._kept_from else 0
        first, last = summary.hours or (time.hour, time.hour)
        summary.hours = min(first, time.hour), max(last, time.hour)

    def _stretch(self, time: Time, cells: Cells) -> Stretch:
        """What an hour is known by, and its rows, in whatever order they stand."""
        rows = sorted((page, *hours.values()) for page, hours in cells.items())
        return Stretch(self._start(time), _hash(rows))

    def _start(self, time: Time) -> bytes:
        return _hash((self._source, time.hour, time.whole_day))


def _rows(source: LogInput) -> Iterator[CountRow]:
    """The rows of an export.

    raises  InputUnreadable  after the rows before the fault
    """
    number = 0
    row_format: RowFormat | None = None
    for line in _lines(source):
        number += 1
        try:
            if row_format is None:
                row_format = format_of(line)
                if row_format == "csv":
                    continue
            if line:
                yield row_of(line, row_format)
        except BadRow as error:
            raise InputUnreadable(f"{source.name}:{number}: {error}. {ENDED}") from error


def _lines(source: LogInput) -> Iterable[bytes]:
    yield from chain.from_iterable(source.lines())
    if source.unfinished:
        raise InputUnreadable(f"{source.name}: the last line is cut off. {ENDED}")


def _cells(rows: Iterable[CountRow]) -> Cells:
    cells: Cells = {}
    for page, time, views in rows:
        hours = cells.setdefault(page, {})
        hours[time.hour] = min(hours.get(time.hour, 0) + views, MAX_VIEWS)
    return {page: hours for page, hours in cells.items() if any(hours.values())}


def _hash(content: object) -> bytes:
    return blake2b(msgspec.msgpack.encode(content), digest_size=HASH_BYTES, person=PERSON).digest()
