"""Bodies into cells, the thorough way: finds every fault and says where it is (RFC 6901) and what is allowed."""

import json
from collections.abc import Callable
from typing import Any, NoReturn
from urllib.parse import quote

from hourmill.core.batch import Cells
from hourmill.core.hour import FIRST_HOUR, BadTimestamp, batch_hour_of, hour_of, moment_of
from hourmill.core.page import page_fault
from hourmill.errors import Fault, Malformed

MAX_COUNT = 2**31 - 1
MAX_NAMED = 20  # faults in one answer
MAX_COUNTED = 1_000  # then the rest of the body is not worth the time
MAX_DEPTH = 32  # of unknown members; far below what the parser could follow

_REPEATED = "a member may stand only once"
_TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"
_COUNT = f"a count is an integer from 0 to {MAX_COUNT}"
_SINGLE = 'send an object like {"page": "example.com/page", "timestamp": "2025-07-16T10:00:00Z"}'
_MULTI = 'send an object like {"example.com/page": {"2025-07-16T10:00:00Z": 5}}'


class _Members(list[tuple[str, Any]]):
    """The members of a JSON object, in order, repeated ones too."""


class _Faults:
    """Counts faults, keeps the first; path: the names from the body down to the fault."""

    def __init__(self) -> None:
        self._count = 0
        self._kept: list[Fault] = []

    def add(self, detail: str, *path: str | int) -> None:
        """Note a fault; after MAX_COUNTED of them the body is not looked at any further."""
        self._count += 1
        if self._count <= MAX_NAMED:
            self._kept.append(Fault(detail, pointer(*path)))
        if self._count > MAX_COUNTED:
            self.refuse()

    def refuse(self) -> None:
        """Raise Malformed if there was a fault."""
        if self._count > MAX_NAMED:
            count = f"{self._count:,}" if self._count <= MAX_COUNTED else f"More than {MAX_COUNTED:,}"
            raise Malformed(self._kept, f"{count} faults, the first {MAX_NAMED} are named; nothing was counted.")
        if self._count:
            raise Malformed(self._kept)


def view_of(body: bytes, oldest: int = FIRST_HOUR) -> tuple[str, int]:
    """As core/parse.view_of."""
    members = _object(body, _SINGLE)
    faults = _Faults()
    _note_repeated(members, (), faults)
    faults.refuse()  # which of two values was meant is not for us to say
    known = dict(members)
    page = _text(known, "page", page_fault, faults)
    timestamp = _text(known, "timestamp", lambda text: _timestamp_fault(text, hour_of, oldest), faults)
    faults.refuse()
    return page, hour_of(timestamp)


def cells_of(body: bytes, oldest: int = FIRST_HOUR) -> Cells:
    """As core/parse.cells_of."""
    members = _object(body, _MULTI)
    faults = _Faults()
    pages: set[str] = set()
    for page, counts in members:
        if page in pages:
            faults.add(_REPEATED, page)
        pages.add(page)
        _note_entries(page, counts, faults, oldest)
    faults.refuse()
    cells: Cells = {}
    for page, counts in members:
        for timestamp, count in counts:
            if count:
                hours = cells.setdefault(page, {})
                hour = batch_hour_of(timestamp)
                hours[hour] = hours.get(hour, 0) + count
    return cells


def _object(body: bytes, example: str) -> _Members:
    try:
        value = json.loads(body.decode(), object_pairs_hook=_Members, parse_int=_integer, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise Malformed([Fault(f"not UTF-8: {error.reason} at byte {error.start}", "#")]) from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Malformed([Fault(f"not JSON: {error.msg} ({where})", "#")]) from None
    except RecursionError:
        raise Malformed([Fault(_TOO_DEEP, "#")]) from None
    if not isinstance(value, _Members):
        raise Malformed([Fault(example, "#")])
    return value


def _integer(digits: str) -> int:
    # int() refuses more than 4,300 digits; anything this long is out of every range of ours
    return int(digits) if len(digits) <= 20 else 10**20


def _no_constant(name: str) -> NoReturn:
    raise Malformed([Fault(f"not JSON: {name}", "#")])


def _note_repeated(value: object, path: tuple[str | int, ...], faults: _Faults) -> None:
    if len(path) > MAX_DEPTH:
        raise Malformed([Fault(_TOO_DEEP, "#")])
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


def _note_entries(page: str, counts: object, faults: _Faults, oldest: int) -> None:
    problem = page_fault(page)
    if problem is not None:
        faults.add(problem, page)
    if not isinstance(counts, _Members):
        faults.add(f"an object of timestamps and counts is required; {_MULTI}", page)
        return
    timestamps: set[str] = set()
    for timestamp, count in counts:
        if timestamp in timestamps:
            faults.add(_REPEATED, page, timestamp)
        timestamps.add(timestamp)
        problem = _timestamp_fault(timestamp, batch_hour_of, FIRST_HOUR if count == 0 else oldest)
        if problem is not None:
            faults.add(problem, page, timestamp)
        if type(count) is not int or not 0 <= count <= MAX_COUNT:  # a bool is an int, but no count
            faults.add(_COUNT, page, timestamp)


def _timestamp_fault(timestamp: str, read: Callable[[str], int], oldest: int) -> str | None:
    try:
        hour = read(timestamp)
    except BadTimestamp as error:
        return str(error)
    return None if hour >= oldest else f"too old: counters are kept from {moment_of(oldest):%Y-%m-%dT%H:%MZ} on"


def pointer(*path: str | int) -> str:
    """The JSON Pointer to what these names lead to, from the body down."""
    return "#" + "".join(f"/{_token(name)}" for name in path)


def _token(name: str | int) -> str:
    text = str(name)
    shown = text if len(text) <= 2048 else text[:64] + "…"  # a name too long to be a page is not repeated in full
    return quote(shown.replace("~", "~0").replace("/", "~1"), safe="~!$&'()*+,;=:@", errors="replace")
