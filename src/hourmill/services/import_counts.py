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
from hourmill.core.count_file import BadLine, CountFile
from hourmill.core.count_row import MAX_VIEWS, CountRow, Time, text_of
from hourmill.core.retention import HOURS_OF_DAY, day_of, first_hour
from hourmill.core.tally import view_count
from hourmill.core.time_bounds import TimeBounds
from hourmill.errors import InputUnreadable
from hourmill.ports.spool import RowSpool
from hourmill.ports.store import ImportLedger, Stretch
from hourmill.services.log_input import LogInput

HASH_BYTES = 16
PERSON = b"hourmill counts"  # so that no line of a log has the same hash
SHOWN_CHANGED = 5
SHOWN_FAULTS = 20  # as of a request's body
NOTHING = "nothing of this file is counted."


@dataclass
class CountsSummary:
    """What became of the rows read: rows = counted + already_imported + too_old + too_new + changed.

    views          of those counted
    day_only       of these, the ones that count in their day only, as their hours are not kept
    in_first_hour  of these, the ones of whole days whose hours are kept: they count in the first hour of their day
    too_old        rows of days that are not kept any more
    too_new        rows that are too far ahead of the clock
    changed        not counted: rows of hours that were imported before with other rows, or as a day, or days as hours
    changed_times  the first few of these hours
    hours          the first and the last UTC hour counted; None without any
    ignored        file -> the names of its columns that mean nothing here
    unended        files whose last line has no newline at its end: it is a row, unless it was cut off
    """

    rows: int = 0
    counted: int = 0
    views: int = 0
    day_only: int = 0
    in_first_hour: int = 0
    already_imported: int = 0
    too_old: int = 0
    too_new: int = 0
    changed: int = 0
    changed_times: list[str] = field(default_factory=list)
    hours: tuple[int, int] | None = None
    ignored: dict[str, list[str]] = field(default_factory=dict)
    unended: list[str] = field(default_factory=list)


class CountsImport:
    """Imports files one after the other, and keeps one summary of them.

    spool    holds the rows of a file until all are read: nothing of a file with a fault is counted
    source   name of where they come from: hours of another source are other hours
    bounds   which hours are taken, and which of them are kept
    """

    def __init__(self, ledger: ImportLedger, spool: RowSpool, source: str, bounds: TimeBounds) -> None:
        self.summary = CountsSummary()
        self._ledger = ledger
        self._spool = spool
        self._source = source
        self._bounds = bounds
        self._kept_from = 0

    async def take(self, source: LogInput) -> None:
        """Count the hours of a file that no import has counted before.

        raises  InputUnreadable, when nothing of it is counted
                NotAccepted, OutcomeUnknown: all before the running hour is counted and remembered
        """
        self._kept_from = max(self._bounds.kept_from, first_hour(await self._ledger.hours_kept_from()))
        self._read(source)
        for time, rows in groupby(self._spool.by_time(), key=itemgetter(1)):
            await self._count(time, rows)

    def _read(self, source: LogInput) -> None:
        """Hold all rows of a file.

        raises  InputUnreadable, with the first faults
        """
        file = CountFile(_lines(source))
        faults: list[BadLine] = []
        try:
            self._spool.fill(_good(file.rows(), faults))
        except InputUnreadable as error:
            raise InputUnreadable(f"{error}\n{source.name}: {NOTHING}") from error
        if faults:
            named = [f"{source.name}:{line.number}: {line.fault}." for line in faults]
            raise InputUnreadable("\n".join([*named, f"{source.name}: {NOTHING}"]))
        if file.ignored:
            self.summary.ignored[source.name] = file.ignored
        if source.rest:
            self.summary.unended.append(source.name)

    async def _count(self, time: Time, rows: Iterable[CountRow]) -> None:
        summary = self.summary
        cells, row_count = _added_up(rows)
        summary.rows += row_count
        if time.hour < self._bounds.first:
            summary.too_old += row_count
            return
        if time.hour > self._bounds.last:
            summary.too_new += row_count
            return
        stretch = self._stretch(time, cells)
        known = await self._ledger.known(stretch.start)
        if stretch.prints in known:
            summary.already_imported += row_count
        elif known or await self._counted_otherwise(time):
            summary.changed += row_count
            if len(summary.changed_times) < SHOWN_CHANGED:
                summary.changed_times.append(text_of(time))
        else:
            await self._ledger.count_stretch(cells, stretch)
            summary.counted += row_count
            self._note(time, view_count(cells))

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
        if time.hour < self._kept_from:
            summary.day_only += views
        elif time.whole_day:
            summary.in_first_hour += views
        first, last = summary.hours or (time.hour, time.hour)
        summary.hours = min(first, time.hour), max(last, time.hour)

    def _stretch(self, time: Time, cells: Cells) -> Stretch:
        """What an hour is known by, and its rows, in whatever order they stand."""
        rows = sorted((page, *hours.values()) for page, hours in cells.items())
        return Stretch(self._start(time), _hash(rows))

    def _start(self, time: Time) -> bytes:
        return _hash((self._source, time.hour, time.whole_day))


def _good(rows: Iterable[CountRow | BadLine], faults: list[BadLine]) -> Iterator[CountRow]:
    """The rows without fault; ends when enough faults were found."""
    for row in rows:
        if isinstance(row, CountRow):
            yield row
        else:
            faults.append(row)
            if len(faults) == SHOWN_FAULTS:
                return


def _lines(source: LogInput) -> Iterator[bytes]:
    yield from chain.from_iterable(source.lines())
    if source.rest:
        yield source.rest.removesuffix(b"\r")


def _added_up(rows: Iterable[CountRow]) -> tuple[Cells, int]:
    """The cells of rows, without zeros, and how many rows they are."""
    cells: Cells = {}
    row_count = 0
    for row_count, (page, time, views) in enumerate(rows, 1):  # noqa: B007 - it is the last one that counts
        hours = cells.setdefault(page, {})
        hours[time.hour] = min(hours.get(time.hour, 0) + views, MAX_VIEWS)
    return {page: hours for page, hours in cells.items() if any(hours.values())}, row_count


def _hash(content: object) -> bytes:
    return blake2b(msgspec.msgpack.encode(content), digest_size=HASH_BYTES, person=PERSON).digest()
