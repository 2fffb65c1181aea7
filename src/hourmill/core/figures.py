"""What a process has counted of its own doing: plain numbers, raised where it happens, read by whoever watches.

Nothing of a view, a page or a site stands in them.
"""

from bisect import bisect_left
from collections.abc import Sequence
from functools import reduce
from typing import Any, TypeVar

import msgspec

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
SIZES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1_000.0, 3_000.0, 10_000.0)

Figures = TypeVar("Figures", bound=msgspec.Struct)


class Distribution(msgspec.Struct):
    """How many values were at most as large as each bound.

    counts  of the values up to each bound and above the one before; the last: above all of them
    """

    bounds: tuple[float, ...]
    counts: list[int]
    total: float = 0.0

    def add(self, value: float) -> None:
        """One more value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


def distribution(bounds: tuple[float, ...]) -> Distribution:
    """An empty one."""
    return Distribution(bounds, [0] * (len(bounds) + 1))


class RequestFigures(msgspec.Struct):
    """Of the HTTP interface.

    answers  by route and status
    refused  by the name of the error
    """

    answers: dict[str, dict[int, int]] = {}
    refused: dict[str, int] = {}

    def answered(self, route: str, status: int) -> None:
        """One more answer."""
        answers = self.answers.get(route)
        if answers is None:
            answers = self.answers[route] = {}
        answers[status] = answers.get(status, 0) + 1

    def refused_for(self, error: Exception) -> None:
        """One more request that ended in an error."""
        name = type(error).__name__
        self.refused[name] = self.refused.get(name, 0) + 1


class GroupFigures(msgspec.Struct):
    """Of the groups that are committed or published; those that came to a good end.

    others    entries of requests that were counted as (other), before they came into a group
    repeated  requests whose key stood in their group already
    """

    requests: int = 0
    views: int = 0
    others: int = 0
    repeated: int = 0
    sizes: Distribution = msgspec.field(default_factory=lambda: distribution(SIZES))
    commit_s: Distribution = msgspec.field(default_factory=lambda: distribution(SECONDS))


class PublishFigures(msgspec.Struct):
    """Of what is published.

    again     messages that were published another time
    in_doubt  groups that were not confirmed in time
    """

    messages: int = 0
    again: int = 0
    in_doubt: int = 0


class FlushFigures(msgspec.Struct):
    """Of a worker's flushes.

    views        with those of repeated keys, which the store leaves out
    stale        batches that had been counted before
    repeated     requests whose key stood in another batch of their flush
    redelivered  messages that the broker says it delivered before
    failed       calls of the store that had to be repeated
    """

    messages: int = 0
    cells: int = 0
    views: int = 0
    stale: int = 0
    repeated: int = 0
    redelivered: int = 0
    parked: int = 0
    failed: int = 0
    sizes: Distribution = msgspec.field(default_factory=lambda: distribution(SIZES))
    flush_s: Distribution = msgspec.field(default_factory=lambda: distribution(SECONDS))


def added_up(figures: Sequence[Figures]) -> Figures:
    """The sum of several, at least one, of one kind."""
    return reduce(_sum, figures)


def _sum(one: Any, other: Any) -> Any:
    match one:
        case None:
            return other
        case dict():
            return one | {key: _sum(one.get(key), value) for key, value in other.items()}
        case list():
            return [_sum(*pair) for pair in zip(one, other, strict=True)]
        case tuple():
            return one  # bounds
        case msgspec.Struct() if other is not None:
            fields = one.__struct_fields__
            return type(one)(**{name: _sum(getattr(one, name), getattr(other, name)) for name in fields})
    return one if other is None else one + other
