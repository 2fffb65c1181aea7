"""The bounds of hours, days, weeks and months within a range."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Literal

from hourmill.core.edge import Edge, edge_of, edges_at
from hourmill.core.period import DAY, Hours, months_later

Interval = Literal["hour", "day", "week", "month"]

# Two years of hours, some 1.5 MB of JSON; 13 years of days: a local midnight takes longer to find than an hour.
MAX_BUCKETS: dict[Interval, int] = {"hour": 20_000, "day": 5_000, "week": 5_000, "month": 5_000}
WEEK = timedelta(weeks=1)

_LEAST_HOURS: dict[Interval, int] = {"hour": 1, "day": 24, "week": 168, "month": 672}


def interval_for(hours: Hours) -> Interval:
    """What suits the length of a range."""
    length = hours.before.hour - hours.first.hour
    if length <= 2 * 24 + 1:  # with the hour that a day can have more
        return "hour"
    return "day" if length <= 92 * 24 + 1 else "month"


def too_many(hours: Hours, interval: Interval) -> bool:
    """Whether a range has more than MAX_BUCKETS, or nearly."""
    return hours.before.hour - hours.first.hour > MAX_BUCKETS[interval] * _LEAST_HOURS[interval]


def bounds_of(hours: Hours, interval: Interval, zone: tzinfo) -> Iterator[Edge]:
    """The edges between the buckets of a range, its own first and last included; their hours strictly ascend.

    hour    UTC hours, with the local time at which they begin
    others  begin at local midnight: a day has 23 to 25 hours; weeks begin on Monday. The first and the last may be cut.
    """
    first, before = hours
    if interval == "hour":
        yield from edges_at(range(first.hour, before.hour + 1), zone) if first.hour < before.hour else [first]
        return
    last = first
    yield first
    for day in _days(first.moment.date(), interval) if first.hour < before.hour else ():
        edge = edge_of(datetime.combine(day, time()), zone)
        if edge.hour >= before.hour:
            yield before
            return
        if edge.hour > last.hour:  # Samoa had no 30 December 2011
            last = edge
            yield edge


def _days(day: date, interval: Interval) -> Iterator[date]:
    """The days after a day on which a bucket begins."""
    if interval == "month":
        day = day.replace(day=1)
    elif interval == "week":
        day -= day.weekday() * DAY
    while True:
        day = months_later(day, 1) if interval == "month" else day + (WEEK if interval == "week" else DAY)
        yield day
