"""Which counters make up the views of a span: those of whole days where that is possible, else those of hours."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
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


def cover(grains: Grains, bounds: Sequence[int]) -> Cover:
    """The counters of the hours from the first bound to the last, with no day that a bound divides; bounds ascend."""
    if not bounds:
        return Cover([], [], [], [])
    first, before = (min(max(bound, FIRST_HOUR), LAST_HOUR + 1) for bound in (bounds[0], bounds[-1]))
    old = Range(_next_day(first), min(_next_day(before), grains.kept_from))
    first = max(first, first_hour(grains.kept_from))
    whole = Range(_next_day(first), day_of(before))
    divided = {bound // HOURS_OF_DAY for bound in bounds if bound % HOURS_OF_DAY}
    in_hours = [_day(day) for day in sorted(divided | grains.dirty) if whole.first <= day < whole.before]
    days = list(without(in_hours, whole))
    dirty = [Range(max(start, first), min(end, before)) for start, end in as_hours(map(_day, sorted(grains.dirty)))]
    hours = without(joined([*as_hours(days), *dirty]), Range(first, before))
    return Cover(*map(joined, ([old], days, hours, dirty)))


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


def _day(day: int) -> Range:
    return Range(day, day + 1)


def _next_day(hour: int) -> int:
    """The first day that begins at this hour or after it."""
    return -(-hour // HOURS_OF_DAY)
