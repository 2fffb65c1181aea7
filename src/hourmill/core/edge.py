"""Where ranges and buckets begin and end: local times as UTC hours."""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import NamedTuple

from hourmill.core.hour import EPOCH, HOUR, hour_of_moment, moment_of

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
HOURS_AT_ONCE = 24

_LATER = [n * HOUR for n in range(HOURS_AT_ONCE)]


class Edge(NamedTuple):
    """Where something begins or ends.

    hour    the UTC hour, since 1970, at which it is counted from or to
    moment  what is meant, in local time; within `hour`
    exact   whether `hour` begins at `moment`
    """

    hour: int
    moment: datetime
    exact: bool


def edge_at(hour: int, zone: tzinfo) -> Edge:
    """The edge at the beginning of a UTC hour."""
    return Edge(hour, local_time(moment_of(hour), zone), exact=True)


def edges_at(hours: range, zone: tzinfo) -> Iterator[Edge]:
    """The edges at the beginning of consecutive hours; the zone is asked once a day."""
    for start in range(hours.start, hours.stop, HOURS_AT_ONCE):
        first, last = (edge_at(hour, zone).moment for hour in (start, min(start + HOURS_AT_ONCE, hours.stop) - 1))
        some = range(start, min(start + HOURS_AT_ONCE, hours.stop))
        if first.utcoffset() == last.utcoffset():  # no zone ever set its clocks twice in a day
            yield from [Edge(hour, first + later, True) for hour, later in zip(some, _LATER, strict=False)]
        else:
            yield from [edge_at(hour, zone) for hour in some]


def edge_of(local: datetime, zone: tzinfo) -> Edge:
    """The edge at the first moment at which the clocks of the zone show a local time (without tzinfo) or a later one.

    A local time that is skipped gives the moment of the jump; one that comes twice, the first of both.
    Inexact is also a time that clocks reach, are set back before, and reach again: both days have a part of that hour.
    """
    aware = local.replace(tzinfo=zone, fold=0)
    offset, later = aware.utcoffset(), aware.replace(fold=1).utcoffset()
    if offset == later and offset is not None and not offset % MINUTE:  # it comes once, as nearly every time
        moment = local.replace(tzinfo=timezone(offset))
        since = moment - EPOCH
        return Edge(since // HOUR, moment, exact=not since % HOUR)
    first, second = (aware.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if second < first:
        first = _jump(second, first, local, zone)
    falls_back = first < second and _shown(second - SECOND, zone) < local
    edge = edge_of_moment(first, zone)
    return edge._replace(exact=edge.exact and not falls_back)


def edge_of_moment(moment: datetime, zone: tzinfo) -> Edge:
    """The edge at a moment (aware)."""
    return Edge(hour_of_moment(moment), local_time(moment, zone), (moment - EPOCH) % HOUR == timedelta())


def local_time(moment: datetime, zone: tzinfo) -> datetime:
    """A moment as the clocks of the zone show it.

    returns  with the offset of that moment, in whole minutes, as its tzinfo. The zone itself would make two times of
             one zone differ by what clocks show, and times that come twice unequal to any of another (PEP 495).
    """
    offset = moment.astimezone(zone).utcoffset() or timedelta()
    return moment.astimezone(timezone(offset // MINUTE * MINUTE))  # Liberia had seconds to 1972; RFC 3339 has none


def _jump(before: datetime, after: datetime, local: datetime, zone: tzinfo) -> datetime:
    """The moment before < moment <= after at which clocks jump over a local time."""
    seconds = range((after - before) // SECOND + 1)
    return before + SECOND * bisect_left(seconds, True, key=lambda s: _shown(before + SECOND * s, zone) >= local)


def _shown(moment: datetime, zone: tzinfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)
