"""Answers as CSV (RFC 4180), and who asks for it."""

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime
from io import StringIO
from typing import Any, NamedTuple

import msgspec

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What spreadsheets take for the beginning of a formula, the wide forms too."""


class Table(NamedTuple):
    """A heading and what stands below it."""

    columns: Sequence[str]
    rows: Iterable[Sequence[Any]]


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


def wants_csv(accept: str) -> bool:
    """Whether an Accept header prefers text/csv to application/json."""
    as_csv, as_json = _quality(accept, "text", "csv"), _quality(accept, "application", "json")
    return as_csv > as_json


def _quality(accept: str, kind: str, subtype: str) -> float:
    """How much a media type is wanted, 0 to 1: the most exact of the ranges that hold it says so."""
    found = (0, 0.0)
    for part in accept.split(","):
        media_range, *parameters = (text.strip().lower() for text in part.split(";"))
        places = {f"{kind}/{subtype}": 3, f"{kind}/*": 2, "*/*": 1}
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
