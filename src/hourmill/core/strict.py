"""Bodies into cells, the thorough way: finds every fault and says where it is (RFC 6901) and what is allowed."""

import json
from collections.abc import Callable, Generator
from typing import Any, TypeAlias
from urllib.parse import quote

from hourmill.core.batch import Cells
from hourmill.core.hour import BadTimestamp, batch_hour_of, hour_of, moment_of
from hourmill.core.members import MAX_DEPTH, MAX_DIGITS, TOO_DEEP, Members, NotJson, no_constant, not_json
from hourmill.core.page import page_fault
from hourmill.core.time_bounds import WHOLE_TIME, TimeBounds
from hourmill.errors import Fault, Malformed, TooManyEntries

MAX_COUNT = 2**31 - 1
MAX_NAMED = 20  # faults in one answer
MAX_COUNTED = 1_000  # then the rest of the body is not worth the time
MAX_VALUES = 1_000  # in the body of a single view: those nobody asked for are looked through for repeated members
SLICE = 200  # entries: a millisecond, if the timestamp of each is another one
ANY_NUMBER = 1 << 62

Reading: TypeAlias = Generator[None, None, Cells]
"""Gives the cells at its end; yields after each SLICE of entries, so that others have their turn."""

_REPEATED = "a member may stand only once"
_COUNT = f"a count is an integer from 0 to {MAX_COUNT}"
_SINGLE = 'send an object like {"page": "example.com/page", "timestamp": "2025-07-16T10:00:00Z"}'
_MULTI = 'send an object like {"example.com/page": {"2025-07-16T10:00:00Z": 5}}'


class _Members(list[tuple[str, Any]]):
    """The members of a JSON object, in order, repeated ones too."""


class _Faults:
    """Counts faults, keeps the first; path: the names from the body down to the fault."""

    def __init__(self) -> None:
        self._count = self._looked_at = 0
        self._kept: list[Fault] = []

    def add(self, detail: str, *path: str | int) -> None:
        """Note a fault; after MAX_COUNTED of them the body is not looked at any further."""
        self._count += 1
        if self._count <= MAX_NAMED:
            self._kept.append(Fault(detail, pointer(*path)))
        if self._count > MAX_COUNTED:
            self.refuse()

    def look_at_one_more(self) -> None:
        """Count a value that is looked at; MAX_VALUES are enough."""
        self._looked_at += 1
        if self._looked_at > MAX_VALUES:
            raise Malformed([Fault(f"more than {MAX_VALUES:,} values; {_SINGLE}", "#")])

    def refuse(self) -> None:
        """Raise Malformed if there was a fault."""
        if self._count > MAX_NAMED:
            count = f"{self._count:,}" if self._count <= MAX_COUNTED else f"More than {MAX_COUNTED:,}"
            raise Malformed(self._kept, f"{count} faults, the first {MAX_NAMED} are named; nothing was counted.")
        if self._count:
            raise Malformed(self._kept)


def view_of(body: bytes, bounds: TimeBounds = WHOLE_TIME) -> tuple[str, int]:
    """As core/parse.view_of."""
    members = _object(body)
    faults = _Faults()
    _note_repeated(members, (), faults)
    faults.refuse()  # which of two values was meant is not for us to say
    known = dict(members)
    page = _text(known, "page", page_fault, faults)
    if "timestamp" not in known:
        faults.refuse()
        return page, bounds.now
    timestamp = _text(known, "timestamp", lambda text: _timestamp_fault(text, hour_of, bounds), faults)
    faults.refuse()
    return page, hour_of(timestamp)


def cells_of(body: bytes, bounds: TimeBounds = WHOLE_TIME, most_entries: int = ANY_NUMBER) -> Reading:
    """As core/parse.reading; an array or object that stands for a count is looked through only if it is small."""
    faults = _Faults()
    try:
        members = Members(body.decode())
        batch = _Batch(members, faults, bounds, most_entries)
        if members.opens():
            yield from batch.read()
        else:
            faults.add(_MULTI)
            members.skip()
        members.end()
    except (UnicodeDecodeError, NotJson) as error:
        raise _malformed(error) from None
    faults.refuse()
    return batch.cells


class _Batch:
    """The cells of a batch, and its faults, as far as it was read."""

    def __init__(self, members: Members, faults: _Faults, bounds: TimeBounds, most_entries: int) -> None:
        self.cells: Cells = {}
        self._members = members
        self._faults = faults
        self._bounds = bounds
        self._most_entries = most_entries
        self._read = 0

    def read(self) -> Generator[None]:
        """Read all pages."""
        pages: set[str] = set()
        for page in self._members.names():
            if page in pages:
                self._faults.add(_REPEATED, page)
            pages.add(page)
            problem = page_fault(page)
            if problem is not None:
                self._faults.add(problem, page)
            if self._one_more():
                yield
            if self._members.opens():
                yield from self._read_hours(page)
            else:
                self._faults.add(f"an object of timestamps and counts is required; {_MULTI}", page)
                self._members.skip()

    def _read_hours(self, page: str) -> Generator[None]:
        timestamps: set[str] = set()
        for timestamp in self._members.names():
            if timestamp in timestamps:
                self._faults.add(_REPEATED, page, timestamp)
            timestamps.add(timestamp)
            if self._one_more():
                yield
            count = self._members.integer()
            self._note(page, timestamp, count)

    def _note(self, page: str, timestamp: str, count: int | None) -> None:
        is_count = count is not None and 0 <= count <= MAX_COUNT
        try:
            hour = batch_hour_of(timestamp)
            problem = _out_of_bounds(hour, WHOLE_TIME if count == 0 else self._bounds)
        except BadTimestamp as error:
            problem = str(error)
        if problem is not None:
            self._faults.add(problem, page, timestamp)
        elif is_count and count:
            hours = self.cells.setdefault(page, {})
            hours[hour] = hours.get(hour, 0) + count
        if not is_count:
            self._faults.add(_COUNT, page, timestamp)

    def _one_more(self) -> bool:
        """Count an entry; whether a slice of them is read."""
        self._read += 1
        if self._read > self._most_entries:
            raise TooManyEntries(self._most_entries)
        return self._read % SLICE == 0


def _object(body: bytes) -> _Members:
    try:
        value = json.loads(body.decode(), object_pairs_hook=_Members, parse_int=_integer, parse_constant=no_constant)
    except RecursionError:
        raise Malformed([Fault(TOO_DEEP, "#")]) from None
    except ValueError as error:
        raise _malformed(error) from None
    if not isinstance(value, _Members):
        raise Malformed([Fault(_SINGLE, "#")])
    return value


def _malformed(error: ValueError) -> Malformed:
    """Why nothing of a body can be read."""
    match error:
        case UnicodeDecodeError():
            why = f"not UTF-8: {error.reason} at byte {error.start}"
        case json.JSONDecodeError():
            why = str(not_json(error))
        case _:
            why = str(error)
    return Malformed([Fault(why, "#")])


def _integer(digits: str) -> int:
    # int() refuses more than 4,300 digits; anything this long is out of every range of ours
    return int(digits) if len(digits) <= MAX_DIGITS else 10**MAX_DIGITS


def _note_repeated(value: object, path: tuple[str | int, ...], faults: _Faults) -> None:
    if len(path) > MAX_DEPTH:
        raise Malformed([Fault(TOO_DEEP, "#")])
    faults.look_at_one_more()
    if isinstance(value, _Members):
        names: set[str] = set()
        for name, member in value:
            if name in names:
                faults.add(_REPEATED, *path, name)
            names.add(name)
            _note_repeated(member, (*path, name), faults)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _note_repeated(item, (*path, index), faults)


def _text(known: dict[str, Any], name: str, fault: Callable[[str], str | None], faults: _Faults) -> str:
    value = known.get(name)
    problem = fault(value) if isinstance(value, str) else f"a text is required; {_SINGLE}"
    if problem is not None:
        faults.add(problem, name)
    return value if isinstance(value, str) else ""


def _timestamp_fault(timestamp: str, read: Callable[[str], int], bounds: TimeBounds) -> str | None:
    try:
        hour = read(timestamp)
    except BadTimestamp as error:
        return str(error)
    return _out_of_bounds(hour, bounds)


def _out_of_bounds(hour: int, bounds: TimeBounds) -> str | None:
    if hour < bounds.first:
        return f"too old: counters are kept from {moment_of(bounds.first):%Y-%m-%dT%H:%MZ} on"
    if hour > bounds.last:
        return f"too far ahead: this server's clock allows up to {moment_of(bounds.last):%Y-%m-%dT%H:59:59Z} now"
    return None


def pointer(*path: str | int) -> str:
    """The JSON Pointer to what these names lead to, from the body down."""
    return "#" + "".join(f"/{_token(name)}" for name in path)


def _token(name: str | int) -> str:
    text = str(name)
    shown = text if len(text) <= 2048 else text[:64] + "…"  # a name too long to be a page is not repeated in full
    return quote(shown.replace("~", "~0").replace("/", "~1"), safe="~!$&'()*+,;=:@", errors="replace")
