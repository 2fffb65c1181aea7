"""Bodies into cells, the thorough way: finds every fault and says where it is (RFC 6901) and what is allowed."""

import json
from collections.abc import Callable, Iterator
from typing import Any, NoReturn
from urllib.parse import quote

from hourmill.core.batch import Cells
from hourmill.core.hour import BadTimestamp, batch_hour_of, hour_of
from hourmill.core.page import page_fault
from hourmill.errors import Fault, Malformed

MAX_COUNT = 2**31 - 1
MAX_FAULTS = 20  # named in one answer
MAX_DEPTH = 32  # of unknown members; far below what the parser could follow

_COUNT = f"a count is an integer from 0 to {MAX_COUNT}"
_SINGLE = 'send an object like {"page": "example.com/page", "timestamp": "2025-07-16T10:00:00Z"}'
_MULTI = 'send an object like {"example.com/page": {"2025-07-16T10:00:00Z": 5}}'


class _Members(list[tuple[str, Any]]):
    """The members of a JSON object, in order, repeated ones too."""


def view_of(body: bytes) -> tuple[str, int]:
    """As core/parse.view_of."""
    members = _object(body, _SINGLE)
    faults: list[Fault] = []
    known = dict(members)
    page = _text(known, "page", page_fault, faults)
    timestamp = _text(known, "timestamp", _timestamp_fault, faults)
    _refuse(faults)
    return page, hour_of(timestamp)


def cells_of(body: bytes) -> Cells:
    """As core/parse.cells_of."""
    members = _object(body, _MULTI)
    faults = [fault for page, counts in members for fault in _page_faults(page, counts)]
    _refuse(faults)
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
        faults = list(_repeated(value, "#", 0))
    except UnicodeDecodeError as error:
        raise Malformed([Fault(f"not UTF-8: {error.reason} at byte {error.start}", "#")]) from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Malformed([Fault(f"not JSON: {error.msg} ({where})", "#")]) from None
    except RecursionError:
        raise Malformed([Fault(f"nested deeper than {MAX_DEPTH} levels", "#")]) from None
    if not isinstance(value, _Members):
        raise Malformed([Fault(example, "#")])
    _refuse(faults)
    return value


def _integer(digits: str) -> int:
    # int() refuses more than 4,300 digits; anything this long is out of every range of ours
    return int(digits) if len(digits) <= 20 else 10**20


def _no_constant(name: str) -> NoReturn:
    raise json.JSONDecodeError(f"{name} is not JSON", name, 0)


def _repeated(value: object, pointer: str, depth: int) -> Iterator[Fault]:
    if depth > MAX_DEPTH:
        raise RecursionError
    if isinstance(value, _Members):
        seen = set()
        for name, member in value:
            if name in seen:
                yield Fault("a member may stand only once", _down(pointer, name))
            seen.add(name)
            yield from _repeated(member, _down(pointer, name), depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _repeated(item, f"{pointer}/{index}", depth + 1)


def _text(known: dict[str, Any], name: str, fault: Callable[[str], str | None], faults: list[Fault]) -> str:
    value = known.get(name)
    if not isinstance(value, str):
        problem: str | None = f"a text is required; {_SINGLE}"
    else:
        problem = fault(value)
    if problem is not None:
        faults.append(Fault(problem, f"#/{name}"))
    return value if isinstance(value, str) else ""


def _timestamp_fault(timestamp: str) -> str | None:
    try:
        hour_of(timestamp)
    except BadTimestamp as error:
        return str(error)
    return None


def _page_faults(page: str, counts: object) -> Iterator[Fault]:
    pointer = _down("#", page)
    problem = page_fault(page)
    if problem is not None:
        yield Fault(problem, pointer)
    if not isinstance(counts, _Members):
        yield Fault(f"an object of timestamps and counts is required; {_MULTI}", pointer)
        return
    for timestamp, count in counts:
        entry = _down(pointer, timestamp)
        try:
            batch_hour_of(timestamp)
        except BadTimestamp as error:
            yield Fault(str(error), entry)
        if type(count) is not int or not 0 <= count <= MAX_COUNT:  # a bool is an int, but no count
            yield Fault(_COUNT, entry)


def _down(pointer: str, name: str) -> str:
    shown = name if len(name) <= 2048 else name[:64] + "…"  # a name too long to be a page is not repeated in full
    return pointer + "/" + quote(shown.replace("~", "~0").replace("/", "~1"), safe="~!$&'()*+,;=:@", errors="replace")


def _refuse(faults: list[Fault]) -> None:
    if len(faults) > MAX_FAULTS:
        raise Malformed(
            faults[:MAX_FAULTS], f"{len(faults):,} faults, the first {MAX_FAULTS} are named; nothing was counted."
        )
    if faults:
        raise Malformed(faults)
