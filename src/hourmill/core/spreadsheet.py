"""Cells and lines of CSV (RFC 4180) for spreadsheets. Raw exports, for programs, are in core/count_row.py.

Anybody can make up a page, and so a cell. A spreadsheet takes some texts for formulas. One that parts lines elsewhere
than at commas, as many do in languages where the comma is for decimals, takes what begins a cell then for one, too.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

_FORMULA = "=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b"  # the wide and the small forms, too
_INVISIBLE = "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"  # not blanks to Python, but not shown
# what may stand before: all blanks but the tab, which parts cells; quotes, which are dropped where a cell begins
_BEFORE = rf"(?:[^\S\t]|[{_INVISIBLE}\"])*"
_BEGINS_FORMULA = re.compile(rf"(^|[;|\t])(?={_BEFORE}[{_FORMULA}])")


def csv_line(values: Iterable[Any]) -> str:
    """A line without its end."""
    return ",".join(map(cell, values))


def cell(value: Any) -> str:
    """A value as it stands in CSV: every text in quotes and harmless, None empty."""
    match value:
        case None:
            return ""
        case str():
            return '"' + harmless(value).replace('"', '""') + '"'
        case bool():
            return "true" if value else "false"
        case datetime():
            return str(msgspec.to_builtins(value))
    return str(value)


def harmless(text: str) -> str:
    """The text, with a ' before whatever a spreadsheet could take for the beginning of a formula."""
    return _BEGINS_FORMULA.sub(r"\1'", text)
