"""Reading a file of counts: its first line says how it is written, and every line is a row or has a fault."""

import csv
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from hourmill.core.access_log import MAX_LINE_BYTES
from hourmill.core.count_row import COLUMNS, BadRow, CountRow, row_of_cells, row_of_json, text_of
from hourmill.core.retention import day_of

SEPARATORS = (",", ";", "\t")
HEADING = "the first line names the columns page, time and views, in any order, with a comma, semicolon or tab between"


class BadLine(NamedTuple):
    """Where a line is, counted from 1, that is no row, and why."""

    number: int
    fault: str


class Columns(NamedTuple):
    """What the first line of a CSV says.

    names      of all columns
    places     of page, time and views among them
    """

    separator: str
    names: list[str]
    places: tuple[int, int, int]


class CountFile:
    """A file of counts: CSV with a heading, or NDJSON.

    lines    without newline, from the first
    ignored  once the first row is read: columns, or members of the first object, that mean nothing here
    """

    def __init__(self, lines: Iterable[bytes]) -> None:
        self.ignored: list[str] = []
        self._lines = lines
        self._number = 0
        self._row_number = 1
        self._days: dict[tuple[int, bool], int] = {}

    def rows(self) -> Iterator[CountRow | BadLine]:
        """Every row and every fault; none comes after a line that cannot be read at all."""
        try:
            texts = self._texts()
            first = next((text for text in texts if text.strip()), "")
            self._row_number = self._number
            if first.lstrip().startswith("{"):
                self.ignored = _other_members(first)
                yield from self._from_json(first, texts)
            elif first:
                columns = columns_of(first)
                self.ignored = [name for at, name in enumerate(columns.names) if at not in columns.places]
                yield from self._from_csv(columns, texts)
        except BadRow as error:
            yield BadLine(self._row_number, str(error))

    def _from_json(self, first: str, texts: Iterator[str]) -> Iterator[CountRow | BadLine]:
        text: str | None = first
        while text is not None:
            if text.strip():
                try:
                    yield self._one_kind_of_day(row_of_json(text))
                except BadRow as error:
                    yield BadLine(self._row_number, str(error))
            self._row_number = self._number + 1
            text = next(texts, None)

    def _from_csv(self, columns: Columns, texts: Iterator[str]) -> Iterator[CountRow | BadLine]:
        page, time, views = columns.places
        width = len(columns.names)
        for cells in self._records(columns.separator, texts):
            try:
                if len(cells) != width:
                    raise BadRow(f"{len(cells)} columns, where the first line names {width}")
                yield self._one_kind_of_day(row_of_cells(cells[page], cells[time], cells[views]))
            except BadRow as error:
                yield BadLine(self._row_number, str(error))

    def _records(self, separator: str, texts: Iterator[str]) -> Iterator[list[str]]:
        """The cells of each row that is not blank; a row may go over several lines, within quotes.

        raises  BadRow
        """
        reader = csv.reader(texts, delimiter=separator, strict=True)
        try:
            while True:
                self._row_number = self._number + 1
                if cells := next(reader):
                    yield cells
        except csv.Error as error:
            raise BadRow(f"not a line of CSV ({error}); within quotes a quote is written twice") from None
        except StopIteration:
            return

    def _texts(self) -> Iterator[str]:
        """The lines, with newline: one within quotes is seen so.

        raises  BadRow
        """
        for line in self._lines:
            self._number += 1
            if len(line) > MAX_LINE_BYTES:
                raise BadRow(f"a line has at most {MAX_LINE_BYTES:,} bytes")
            try:
                text = line.decode()
            except UnicodeDecodeError as error:
                raise BadRow(f"not UTF-8 (byte {error.start + 1} of the line); save the file as UTF-8") from None
            yield (text if self._number > 1 else text.removeprefix("\ufeff")) + "\n"

    def _one_kind_of_day(self, row: CountRow) -> CountRow:
        """The row, unless it gives a whole day of which another row gives an hour, or the reverse.

        Nobody can tell whether the views of the hours are among those of the day.

        raises  BadRow
        """
        hour, whole_day = row.time
        day = day_of(hour)
        other = self._days.get((day, not whole_day))
        if other is not None:
            here, there = ("a whole day", "an hour of it") if whole_day else ("an hour", "its whole day")
            raise BadRow(
                f"time: {text_of(row.time)} is {here}, and line {other} has {there}; "
                "give the hours of a day, or the day as a whole"
            )
        self._days.setdefault((day, whole_day), self._row_number)
        return row


def columns_of(first_line: str) -> Columns:
    """The columns of a CSV that begins with this line.

    raises  BadRow
    """
    found = [(separator, _names(first_line, separator)) for separator in SEPARATORS]
    separator, names = max(found, key=lambda one: len(set(COLUMNS) & set(one[1])))
    known = [name for name in names if name in COLUMNS]
    if not known:
        raise BadRow(f"not the first line of counts: {HEADING}; or it is an object of JSON, and so is every line")
    for column in COLUMNS:
        if known.count(column) != 1:
            raise BadRow(f"{column}: {'two columns have' if column in known else 'no column has'} this name; {HEADING}")
    page, time, views = map(names.index, COLUMNS)
    return Columns(separator, names, (page, time, views))


def _names(line: str, separator: str) -> list[str]:
    """The names in a heading; those that we know in lower case."""
    try:
        names = [name.strip() for name in next(csv.reader([line], delimiter=separator, strict=True), [])]
    except csv.Error:
        return []
    return [name.lower() if name.lower() in COLUMNS else name for name in names]


def _other_members(line: str) -> list[str]:
    try:
        found = msgspec.json.decode(line, type=dict[str, object])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return []  # what is wrong with it is said where it is read as a row
    return [name for name in found if name not in COLUMNS]
