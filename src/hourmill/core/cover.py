"""Which counters make up the views of a span: those of whole days where that is possible, else those of hours."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from hourmill.core.hour import FIRST_HOUR, LAST_HOUR
from hourmill.core.retention import HOURS_OF_DAY, day_of, first_hour


class Range(NamedTuple):
    """Days or hours since 1970: first <= it < before."""

    first: int
    before: int


class Grains(NamedTuple):
    """What is known of a store's counters.

    kept_from  the first day of which hours are kept
    dirty      days that only their hours tell; none is before kept_from
    """

    kept_from: int
    dirty: frozenset[int]


class Cover(NamedTuple):
    """Ranges of counters, which do not overlap.

    old    days whose hours are not kept
    days   others, all of them clean
    hours  of clean days
    dirty  hours of dirty days
    """

    old: list[Range]
    days: list[Range]
    hours: list[Range]
    dirty: list[Range]


def cover(grains: Grains, bounds: Iterable[int]) -> Cover:
    """The counters of the hours from the first bound to the last, with no day that a bound divides; bounds ascend."""
    found = Cover([], [], [], [])
    edges = [min(max(bound, FIRST_HOUR), LAST_HOUR + 1) for bound in bounds]
    dirty = sorted(grains.dirty)
    for first, before in pairwise(edges):
        _cover(grains, dirty, first, before, found)
    return Cover(*map(joined, found))


def as_hours(days: Iterable[Range]) -> list[Range]:
    """The hours of days."""
    return [Range(first_hour(first), first_hour(before)) for first, before in days]


def each(ranges: Iterable[Range]) -> list[int]:
    """All that lies in them."""
    return [at for first, before in ranges for at in range(first, before)]


def joined(ranges: Iterable[Range]) -> list[Range]:
    """The same in as few ranges as possible, ascending."""
    found: list[Range] = []
    for part in sorted(ranges):
        if part.first >= part.before:
            continue
        if found and found[-1].before == part.first:
            found[-1] = Range(found[-1].first, part.before)
        else:
            found.append(part)
    return found


def without(parts: Iterable[Range], whole: Range) -> Iterator[Range]:
    """What is left of a range without parts of it, which ascend."""
    first = whole.first
    for part in [*parts, Range(whole.before, whole.before)]:
        if first < part.first:
            yield Range(first, part.first)
        first = part.before


def cut(ranges: Iterable[Range], bounds: Sequence[int], unit_hours: int = 1) -> list[tuple[int, int, int]]:
    """The parts of ranges that begin in one bucket, each behind its place: bounds[place] <= hour < bounds[place + 1].

    unit_hours  of what the ranges are made
    """
    found = []
    for first, before in ranges:
        while first < before:
            place = bisect_right(bounds, first * unit_hours) - 1
            end = min(before, -(-bounds[place + 1] // unit_hours))
            found.append((place, first, end))
            first = end  # noqa: PLW2901 what is left of it
    return found


def _cover(grains: Grains, dirty_days: list[int], first: int, before: int, found: Cover) -> None:
    found.old.append(Range(_next_day(first), min(_next_day(before), grains.kept_from)))
    first = max(first, first_hour(grains.kept_from))
    whole = Range(_next_day(first), day_of(before))
    if whole.first > whole.before:  # within one day
        parts = [Range(first, before)]
    else:
        parts = [Range(first, first_hour(whole.first)), Range(first_hour(whole.before), before)]
        inside = dirty_days[bisect_left(dirty_days, whole.first) : bisect_left(dirty_days, whole.before)]
        dirty = [Range(day, day + 1) for day in inside]
        found.days.extend(without(dirty, whole))
        parts[1:1] = as_hours(dirty)
    for part in parts:
        (found.dirty if day_of(part.first) in grains.dirty else found.hours).append(part)


def _next_day(hour: int) -> int:
    """The first day that begins at this hour or after it."""
    return -(-hour // HOURS_OF_DAY)
