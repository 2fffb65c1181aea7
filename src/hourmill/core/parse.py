"""Bodies into cells, the quick way; what it will not take for certain goes to core/strict, which says why.

msgspec decodes and checks the shape in C, but lets a repeated member pass. A text of JSON holds two quotes for
each string in it, and one more for each escaped quote: if the body holds no more quotes than the decoded value needs,
no member was there twice. Else (an escaped quote, an unknown member, a repeated one) the strict way decides.
"""

from typing import Annotated

import msgspec

from hourmill.core import strict
from hourmill.core.batch import Cells
from hourmill.core.hour import FIRST_HOUR, BadTimestamp, batch_hour_of, hour_of
from hourmill.core.page import page_fault

_NOT_FOR_CERTAIN = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, BadTimestamp)
_SINGLE_QUOTES = 8  # two members, each a name and a text


class _Single(msgspec.Struct):
    page: str
    timestamp: str


_single = msgspec.json.Decoder(_Single)
_multi = msgspec.json.Decoder(dict[str, dict[str, Annotated[int, msgspec.Meta(ge=0, le=strict.MAX_COUNT)]]])


def view_of(body: bytes, oldest: int = FIRST_HOUR) -> tuple[str, int]:
    """The page and UTC hour of the one view in the body of a single request.

    oldest  the first hour that is taken
    raises  Malformed, with every fault named
    source  docs/http-api.md
    """
    try:
        single = _single.decode(body)
        if body.count(b'"') == _SINGLE_QUOTES and page_fault(single.page) is None:
            hour = hour_of(single.timestamp)
            if hour >= oldest:
                return single.page, hour
    except _NOT_FOR_CERTAIN:
        pass
    return strict.view_of(body, oldest)


def cells_of(body: bytes, oldest: int = FIRST_HOUR) -> Cells:
    """The cells in the body of a multi request, without zeros; it may be empty.

    oldest  the first hour that is taken
    raises  Malformed, with the first 20 faults named; nothing of it may be counted then
    source  docs/http-api.md
    """
    try:
        pages = _multi.decode(body)
        strings = len(pages) + sum(map(len, pages.values()))
        if body.count(b'"') == 2 * strings and not any(map(page_fault, pages)):
            cells = {page: _hours(counts) for page, counts in pages.items()}
            if not all(cells.values()):
                cells = {page: hours for page, hours in cells.items() if hours}
            if oldest == FIRST_HOUR or all(min(hours) >= oldest for hours in cells.values()):
                return cells
    except _NOT_FOR_CERTAIN:
        pass
    return strict.cells_of(body, oldest)


def _hours(counts: dict[str, int]) -> dict[int, int]:
    hours = dict(zip(map(batch_hour_of, counts), counts.values(), strict=True))
    if len(hours) == len(counts) and 0 not in hours.values():
        return hours
    summed: dict[int, int] = {}
    for timestamp, count in counts.items():
        if count:
            hour = batch_hour_of(timestamp)
            summed[hour] = summed.get(hour, 0) + count
    return summed
