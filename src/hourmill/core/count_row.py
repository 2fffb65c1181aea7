"""A row of an export: the views of a page in an hour, or in a day of which hours are not kept."""

import re
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Annotated, Literal, NamedTuple

import msgspec

from hourmill.core.hour import EPOCH, BadTimestamp, hour_of, moment_of
from hourmill.core.page import page_fault
from hourmill.core.retention import first_hour
from hourmill.core.spreadsheet import cell

RowFormat = Literal["csv", "ndjson"]
Form = Literal["csv", "ndjson", "spreadsheet"]
"""How an export is written; what is meant for a spreadsheet is not read again."""

COLUMNS = ("page", "time", "views")
MAX_VIEWS = 2**63 - 1  # of a counter
MAX_VIEWS_DIGITS = 19
SHOWN_CHARS = 40  # of a cell that is not understood: a timestamp with its offset

_DAY = re.compile(r"([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})")
_DATE_AND_TIME = re.compile(r"([0-9-]{10}) ([0-9:.]+)([+-][0-9]{2}(?::?[0-9]{2})?|[Zz])?")


class BadRow(ValueError):
    """Why a line is no row: the column, what is wrong there, and what would be right."""


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


def heading(form: Form) -> str:
    """What stands before the rows."""
    return "" if form == "ndjson" else ",".join(COLUMNS) + "\n"


def written(rows: Iterable[CountRow], form: Form) -> str:
    """Rows as lines: CSV (RFC 4180, but with LF), or an object of JSON each."""
    if form == "ndjson":
        lines = (_Line(page, text_of(time), views) for page, time, views in rows)
        return msgspec.json.Encoder().encode_lines(lines).decode()
    if form == "spreadsheet":
        return "".join(f"{cell(page)},{text_of(time)},{views}\n" for page, time, views in rows)
    return "".join(f"{_quoted(page)},{text_of(time)},{views}\n" for page, time, views in rows)


def row_of_cells(page: str, time: str, views: str) -> CountRow:
    """The row that the cells of a line make.

    raises  BadRow
    """
    digits = views.strip()
    if not (digits.isascii() and digits.isdigit()) or len(digits) > MAX_VIEWS_DIGITS or int(digits) > MAX_VIEWS:
        raise BadRow(f"views: {_shown(views)} is not an integer from 0 to {MAX_VIEWS}; write it like 1204")
    return _checked(page, time.strip(), int(digits))


def row_of_json(line: str) -> CountRow:
    """The row that an object of JSON makes.

    raises  BadRow
    """
    try:
        row = _line.decode(line)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise BadRow(f'{error}; write it like {{"page":"/a","time":"2025-07-16T10:00:00Z","views":3}}') from None
    return _checked(row.page, row.time, row.views)


@lru_cache(maxsize=1024)
def text_of(time: Time) -> str:
    """2025-07-16T10:00:00Z, or 2025-07-16 for a day."""
    moment = moment_of(time.hour)
    return f"{moment:%Y-%m-%d}" if time.whole_day else f"{moment:%Y-%m-%dT%H:%M:%SZ}"


@lru_cache(maxsize=1024)
def time_of(text: str) -> Time:
    """The other way; a timestamp falls in its hour.

    text    as text_of() writes it; also 20250716, 2025-07-16 10:00:00, and other timestamps (docs/import.md)
    raises  BadRow
    """
    try:
        if day := _DAY.fullmatch(text):
            number = (date(int(day[1]), int(day[3]), int(day[4])) - EPOCH.date()).days
            return Time(hour_of(f"{moment_of(first_hour(number)):%Y-%m-%dT%H:%MZ}"), whole_day=True)
        return Time(hour_of(_with_t(text)), whole_day=False)
    except (BadTimestamp, ValueError, OverflowError) as error:
        raise BadRow(f"time: {_shown(text)}: {error}; a whole day is written like 2025-07-16") from None


def _with_t(text: str) -> str:
    """A timestamp as RFC 3339 has it, from one as databases and spreadsheets write it; any other text as it is."""
    parts = _DATE_AND_TIME.fullmatch(text)
    if parts is None:
        return text
    day, clock, zone = parts[1], parts[2], parts[3] or ""
    if len(zone) > 1:  # +02, +0200
        zone = f"{zone[:3]}:{zone[3:].lstrip(':') or '00'}"
    return f"{day}T{clock}{zone}"


def _quoted(page: str) -> str:
    return '"' + page.replace('"', '""') + '"' if "," in page or '"' in page else page


def _checked(page: str, time: str, views: int) -> CountRow:
    fault = page_fault(page)
    if fault is not None:
        raise BadRow(f"page: {fault}")
    return CountRow(page, time_of(time), views)


def _shown(text: str) -> str:
    # escaped: what a stranger wrote into a file must not reach the terminal as it is
    return ascii(text[:SHOWN_CHARS] + ("..." if len(text) > SHOWN_CHARS else ""))
