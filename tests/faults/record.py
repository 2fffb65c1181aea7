"""The book of the load client, on disk and outside the system: what was sent, and how each request ended."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import TextIOWrapper
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from tests.traffic import Cell

OK = "ok"
UNKNOWN = "unknown"
NOT_ACCEPTED = "not_accepted"
ABSURD = 10**15  # views in a request that is no load, but poison


class Record:
    """Written line by line: a request before it is sent, its outcome when it is known."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: TextIOWrapper = path.open("w")
        self._numbers = count(1)

    def sent(self, cells: Mapping[Cell, int], key: str | None = None) -> int:
        """A request is about to be sent; its number."""
        number = next(self._numbers)
        held = [[page, hour, views] for (page, hour), views in cells.items()]
        self._file.write(json.dumps(["sent", number, key, held]) + "\n")
        return number

    def ended(self, number: int, outcome: str) -> None:
        """It was answered: ok or not_accepted; everything else is unknown."""
        self._file.write(json.dumps(["ended", number, outcome]) + "\n")

    def __enter__(self) -> "Record":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()


class Verdict(NamedTuple):
    """What the book says of what was counted.

    sent     views in requests that were sent, repeats under the same key taken as one
    lost     views that were answered with success and are neither counted nor parked
    doubled  views beyond what was ever sent, or beyond once for a key
    cells    every cell that is wrong, for people
    """

    sent: int
    lost: int
    doubled: int
    cells: list[str]


@dataclass
class _Request:
    cells: Counter[Cell]
    outcomes: list[str] = field(default_factory=list)
    """Of each time it was sent."""


def judge(path: Path, counted: Mapping[Cell, int]) -> Verdict:
    """Hold what is counted (and parked) against the book: ok <= counted <= ok + unknown, for every cell."""
    least: Counter[Cell] = Counter()
    most: Counter[Cell] = Counter()
    sent = 0
    for request in _requests(path):
        views = request.cells.total()
        sent += views if views < ABSURD else 0
        if OK in request.outcomes:
            least.update(request.cells)
        if set(request.outcomes) != {NOT_ACCEPTED}:
            most.update(request.cells)
    lost = doubled = 0
    wrong: list[str] = []
    for cell in sorted(most.keys() | counted.keys()):
        views = counted.get(cell, 0)
        lost += max(0, least[cell] - views)
        doubled += max(0, views - most[cell])
        if not least[cell] <= views <= most[cell]:
            wrong.append(f"{cell[0]} in hour {cell[1]}: {views}, not {least[cell]} to {most[cell]}")
    return Verdict(sent, lost, doubled, wrong)


def _requests(path: Path) -> Iterator[_Request]:
    """Every request; those of one key are one."""
    requests: dict[int | str, _Request] = {}
    of_number: dict[int, _Request] = {}
    place: dict[int, int] = {}
    with path.open() as lines:
        for line in lines:
            kind, number, *rest = json.loads(line)
            if kind == "sent":
                key, held = rest
                cells = Counter({(page, hour): views for page, hour, views in held})
                request = requests.setdefault(number if key is None else key, _Request(cells))
                place[number] = len(request.outcomes)
                request.outcomes.append(UNKNOWN)  # until it is said
                of_number[number] = request
            else:
                of_number[number].outcomes[place[number]] = rest[0]
    return iter(requests.values())
