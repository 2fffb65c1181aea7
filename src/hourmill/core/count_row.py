"""A row of an export: the views of a page in an hour, or in a day of which hours are not kept."""

import csv
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Annotated, Literal, NamedTuple

import msgspec

from hourmill.core.hour import EPOCH, BadTimestamp, hour_of, moment_of
from hourmill.core.page import page_fault
from hourmill.core.retention import first_hour

RowFormat = Literal["csv", "ndjson"]

COLUMNS = ("page", "time", "views")
MAX_VIEWS = 2**63 - 1  # of a counter
MAX_VIEWS_DIGITS = 19

_DATE_CHARS = len("2025-07-16")


class BadRow(ValueError):
    """Why a line is no row of an export."""


class Time(NamedTuple):
    """When views were: in a UTC hour (since 1970), or somewhen in the UTC day that begins with it."""

    hour: int
    whole_day: bool


class CountRow(NamedTuple):
    """Views of a page, one at least."""

    page: str
    time: Time
    views: int


class _Line(msgspec.Struct):
    page: str
    time: str
    views: Annotated[int, msgspec.Meta(ge=0, le=MAX_VIEWS)]


_line = msgspec.json.Decoder(_Line)


def heading(row_format: RowFormat) -> str:
    """What stands before the rows."""
    return ",".join(COLUMNS) + "\n" if row_format == "csv" else ""


def written(rows: Iterable[CountRow], row_format: RowFormat) -> str:
    """Rows as lines: CSV (RFC 4180, but with LF), or an object of JSON each."""
    if row_format == "ndjson":
        lines = (_Line(page, text_of(time), views) for page, time, views in rows)
        return msgspec.json.Encoder().encode_lines(lines).decode()
    return "".join(f"{_quoted(page)},{text_of(time)},{views}\n" for page, time, views in rows)


def format_of(first_line: bytes) -> RowFormat:
    """The format of an export that begins with this line.

    raises  BadRow
    """
    if first_line.removeprefix(b"\xef\xbb\xbf") == heading("csv").strip().encode():
        return "csv"
    if first_line.lstrip().startswith(b"{"):
        return "ndjson"
    raise BadRow(f"an export begins with the line {','.join(COLUMNS)}, or is of JSON objects, one a line")


def row_of(line: bytes, row_format: RowFormat) -> CountRow:
    """The row in a line.

    raises  BadRow
    """
    return _from_csv(line) if row_format == "csv" else _from_json(line)


@lru_cache(maxsize=1024)
def text_of(time: Time) -> str:
    """2025-07-16T10:00:00Z, or 2025-07-16 for a day."""
    moment = moment_of(time.hour)
    return f"{moment:%Y-%m-%d}" if time.whole_day else f"{moment:%Y-%m-%dT%H:%M:%SZ}"


@lru_cache(maxsize=1024)
def time_of(text: str) -> Time:
    """The other way; a timestamp falls in its hour.

    raises  BadRow
    """
    try:
        if len(text) != _DATE_CHARS:
            return Time(hour_of(text), whole_day=False)
        day = (date.fromisoformat(text) - EPOCH.date()).days
        return Time(hour_of(f"{moment_of(first_hour(day)):%Y-%m-%dT%H:%MZ}"), whole_day=True)
    except (BadTimestamp, ValueError, OverflowError) as error:
        raise BadRow(f"time: {error}") from None


def _quoted(page: str) -> str:
    return '"' + page.replace('"', '""') + '"' if "," in page or '"' in page else page


def _from_csv(line: bytes) -> CountRow:
    try:
        (cells,) = csv.reader([line.decode()], strict=True)
    except (ValueError, csv.Error) as error:  # of UTF-8, of quotes, of no line at all
        raise BadRow(f"not a line of CSV in UTF-8: {error}") from None
    if len(cells) != len(COLUMNS):
        raise BadRow(f"{len(cells)} columns instead of {', '.join(COLUMNS)}")
    page, time, views = cells
    if not (views.isascii() and views.isdigit()) or len(views) > MAX_VIEWS_DIGITS or int(views) > MAX_VIEWS:
        raise BadRow(f"views: an integer from 0 to {MAX_VIEWS}")
    return _checked(page, time, int(views))


def _from_json(line: bytes) -> CountRow:
    try:
        row = _line.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadRow(str(error)) from None
    return _checked(row.page, row.time, row.views)


def _checked(page: str, time: str, views: int) -> CountRow:
    fault = page_fault(page)
    if fault is not None:
        raise BadRow(f"page: {fault}")
    return CountRow(page, time_of(time), views)
