"""Answers as CSV (RFC 4180), and in which form an answer is wanted."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from io import StringIO
from typing import Any, NamedTuple, TypeVar

import msgspec

from hourmill.http.answer import Answer

Form = TypeVar("Form", bound=str)

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What spreadsheets take for the beginning of a formula, the wide forms too."""


class Table(NamedTuple):
    """A heading and what stands below it."""

    columns: Sequence[str]
    rows: Iterable[Sequence[Any]]


def csv_answer(name: str, table: Table, complete_until: datetime) -> Answer:
    """200 with a table as a file to save, not to be cached."""
    headers = [
        ("content-type", "text/csv; charset=utf-8; header=present"),
        ("cache-control", "no-store"),
        ("content-disposition", f'attachment; filename="{name}"'),
        ("hourmill-complete-until", cell(complete_until)),
    ]
    return Answer(200, headers, csv_of(table))


def csv_of(table: Table) -> bytes:
    """A table with its heading; what is None is empty."""
    lines = StringIO()
    writer = csv.writer(lines)
    writer.writerow(table.columns)
    writer.writerows([cell(value) for value in row] for row in table.rows)
    return lines.getvalue().encode()


def cell(value: Any) -> Any:
    """A value as a spreadsheet may have it: a text that begins like a formula gets a ' before it."""
    match value:
        case str() if value.startswith(_FORMULA):
            return f"'{value}"
        case bool():
            return "true" if value else "false"
        case datetime():
            return msgspec.to_builtins(value)
    return value


def preferred(accept: str, forms: Mapping[Form, str]) -> Form:
    """The form, of those with these media types, that an Accept header wants most; the first of several."""
    return max(forms, key=lambda form: _quality(accept, forms[form]))


def _quality(accept: str, media_type: str) -> float:
    """How much a media type is wanted, 0 to 1: the most exact of the ranges that hold it says so."""
    found = (0, 0.0)
    for part in accept.split(","):
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
