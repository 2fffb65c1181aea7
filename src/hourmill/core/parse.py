"""Bodies into cells, the quick way; what it will not take for certain goes to core/strict, which says why.

msgspec decodes and checks the shape in C, but lets a repeated member pass. A text of JSON holds two quotes for
each string in it, and one more for each escaped quote: if the body holds no more quotes than the decoded value needs,
no member was there twice. Else (an escaped quote, an unknown member, a repeated one) the strict way decides.

Quotes also tell, before anything is parsed, how much work a batch can be. A quote that begins a string has no backslash
before it, one within a string has. So a batch that is JSON has no more strings than quotes without a backslash before
them, and no fewer than half as many.
"""

from collections.abc import Generator
from itertools import islice
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from hourmill.core import strict
from hourmill.core.batch import Cells
from hourmill.core.hour import FIRST_HOUR, BadTimestamp, batch_hour_of, hour_of
from hourmill.core.page import page_fault
from hourmill.core.strict import ANY_NUMBER, SLICE, Reading
from hourmill.core.time_bounds import WHOLE_TIME, TimeBounds
from hourmill.errors import TooManyEntries

_NOT_FOR_CERTAIN = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, BadTimestamp)
_SINGLE_QUOTES = 8  # two members, each a name and a text
_PAGE_QUOTES = 4  # one of them

_Pages = dict[str, dict[str, int]]


class _Single(msgspec.Struct):
    page: str
    timestamp: str | UnsetType = UNSET


_single = msgspec.json.Decoder(_Single)
_multi = msgspec.json.Decoder(dict[str, dict[str, Annotated[int, msgspec.Meta(ge=0, le=strict.MAX_COUNT)]]])


def is_usual(body: bytes) -> bool:
    """Whether the body of a single request has as many strings as it needs: then to read it takes microseconds."""
    return body.count(b'"') in (_SINGLE_QUOTES, _PAGE_QUOTES)


def view_of(body: bytes, bounds: TimeBounds = WHOLE_TIME) -> tuple[str, int]:
    """The page and UTC hour of the one view in the body of a single request.

    raises  Malformed, with every fault named
    source  docs/http-api.md
    """
    try:
        single = _single.decode(body)
        page, timestamp = single.page, single.timestamp
        if timestamp is UNSET:
            quotes, hour = _PAGE_QUOTES, bounds.now
        else:
            quotes, hour = _SINGLE_QUOTES, hour_of(timestamp)
        if body.count(b'"') == quotes and page_fault(page) is None and bounds.first <= hour <= bounds.last:
            return page, hour
    except _NOT_FOR_CERTAIN:
        pass
    return strict.view_of(body, bounds)


def reading(body: bytes, bounds: TimeBounds = WHOLE_TIME, most_entries: int = ANY_NUMBER) -> Reading:
    """Reads the body of a multi request: gives its cells, without zeros; there may be none. In slices: see Reading.

    most_entries  pages and hours together; a body that must have more is not parsed
    raises        Malformed, with the first 20 faults named; TooManyEntries: nothing of it may be counted then
    source        docs/http-api.md
    """
    quotes = body.count(b'"')
    if quotes > 2 * most_entries and quotes - body.count(b'\\"') > 2 * most_entries:
        raise TooManyEntries(most_entries)
    try:
        pages: _Pages = _multi.decode(body)
        strings = len(pages) + sum(map(len, pages.values()))
        if quotes == 2 * strings:
            if strings > most_entries:
                raise TooManyEntries(most_entries)
            cells = _all_cells(pages) if strings <= SLICE else (yield from _cells(pages))
            if cells is not None and (not cells or _are_within(cells, bounds)):
                return cells
    except _NOT_FOR_CERTAIN:
        pass
    return (yield from strict.cells_of(body, bounds, most_entries))


def cells_of(body: bytes, bounds: TimeBounds = WHOLE_TIME, most_entries: int = ANY_NUMBER) -> Cells:
    """What reading() gives, at once."""
    return at_once(reading(body, bounds, most_entries))


def views_before(cells: Cells, hour: int) -> Generator[None, None, int]:
    """How many views the cells hold of hours before this one; in slices, as Reading."""
    views = 0
    for number, hours in enumerate(cells.values(), 1):
        if min(hours) < hour:
            views += sum(count for at, count in hours.items() if at < hour)
        if number % SLICE == 0:
            yield
    return views


def at_once(slices: Reading) -> Cells:
    """What a reading gives, without turns for others."""
    while True:
        try:
            next(slices)
        except StopIteration as end:
            cells: Cells = end.value
            return cells


def _all_cells(pages: _Pages) -> Cells | None:
    """The cells without zeros; None: there is what is no page."""
    if any(map(page_fault, pages)):
        return None
    cells = {page: _hours(counts) for page, counts in pages.items()}
    return cells if all(cells.values()) else {page: hours for page, hours in cells.items() if hours}


def _cells(pages: _Pages) -> Generator[None, None, Cells | None]:
    """The same in slices."""
    cells: Cells = {}
    read = 0
    for page, counts in pages.items():
        if page_fault(page) is not None:
            return None
        hours = _hours(counts) if len(counts) <= SLICE else (yield from _many_hours(counts))
        read += 1 + len(counts)
        if read >= SLICE:
            read = 0
            yield
        if hours:
            cells[page] = hours
    return cells


def _many_hours(counts: dict[str, int]) -> Generator[None, None, dict[int, int]]:
    """As _hours, in slices."""
    hours: dict[int, int] = {}
    left = iter(counts.items())
    while part := dict(islice(left, SLICE)):
        for hour, count in _hours(part).items():
            hours[hour] = hours.get(hour, 0) + count
        yield
    return hours


def _are_within(cells: Cells, bounds: TimeBounds) -> bool:
    if max(map(max, cells.values())) > bounds.last:  # in C: it is looked at for every entry
        return False
    return bounds.first == FIRST_HOUR or min(map(min, cells.values())) >= bounds.first


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
