"""Answers as CSV (RFC 4180), and in which form an answer is wanted."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from hourmill.core.spreadsheet import cell, csv_line
from hourmill.http.answer import Answer
from hourmill.services.slices import in_slices

MOST_RANGES = 32  # of an Accept header that are looked at; browsers send up to 8

Form = TypeVar("Form", bound=str)


class Table(NamedTuple):
    """A heading and what stands below it."""

    columns: Sequence[str]
    rows: Iterable[Sequence[Any]]


async def csv_answer(name: str, table: Table, complete_until: datetime) -> Answer:
    """200 with a table as a file to save, not to be cached."""
    headers = [
        ("content-type", "text/csv; charset=utf-8; header=present"),
        ("cache-control", "no-store"),
        ("content-disposition", f'attachment; filename="{name}"'),
        ("hourmill-complete-until", cell(complete_until)),
    ]
    return Answer(200, headers, b"".join(await in_slices(_lines(table))))


def csv_of(table: Table) -> bytes:
    """A table with its heading; what is None is empty."""
    return b"".join(_lines(table))


def _lines(table: Table) -> Iterator[bytes]:
    yield f"{','.join(table.columns)}\r\n".encode()
    for row in table.rows:
        yield f"{csv_line(row)}\r\n".encode()


def preferred(accept: str, forms: Mapping[Form, str]) -> Form:
    """The form, of those with these media types, that an Accept header wants most; the first of several."""
    return max(forms, key=lambda form: _quality(accept, forms[form]))


def _quality(accept: str, media_type: str) -> float:
    """How much a media type is wanted, 0 to 1: the most exact of the ranges that hold it says so."""
    found = (0, 0.0)
    for part in accept.split(",", MOST_RANGES)[:MOST_RANGES]:
        media_range, *parameters = (text.strip().lower() for text in part.split(";"))
        places = {media_type: 3, f"{media_type.partition('/')[0]}/*": 2, "*/*": 1}
        if media_range in places:
            found = max(found, (places[media_range], _weight(parameters)))
    return found[1]


def _weight(parameters: Sequence[str]) -> float:
    for name, _, value in (parameter.partition("=") for parameter in parameters):
        if name.strip() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0
