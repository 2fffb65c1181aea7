"""Bounds of custom periods, as they are written: dates, or timestamps on whole hours."""

import re
from datetime import date, datetime, timedelta, timezone, tzinfo

from hourmill.core.edge import Edge, edge_of, edge_of_moment

FIRST_YEAR, LAST_YEAR = 1970, 2200
GRAMMAR = "a date like 2015-05-17, or a whole hour like 2015-05-17T10:00 (in tz) or 2015-05-17T10:00Z"

_BOUND = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[Tt]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.0{1,9})?)?([Zz]|[+-][0-9]{2}:[0-9]{2})?)?"
)


class BadBound(ValueError):
    """Why a text is no bound of a period."""


def bound_of(text: str, zone: tzinfo) -> date | Edge:
    """A local date, or the edge of an hour.

    text    without an offset it is local time; with one, an hour is whole there or in UTC
    raises  BadBound
    """
    match = _BOUND.fullmatch(text)
    if match is None:
        raise BadBound(GRAMMAR)
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise BadBound(f"a year from {FIRST_YEAR} to {LAST_YEAR}")
    try:
        local = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 local time of a zone given later
        offset = _offset(match[7])
    except ValueError as error:
        raise BadBound(f"no such date or time ({error}); {GRAMMAR}") from None
    if match[4] is None:
        return local.date()
    edge = edge_of(local, zone) if offset is None else edge_of_moment(local.replace(tzinfo=offset), zone)
    if (minute, second) != (0, 0) and not edge.exact:
        raise BadBound(f"not a whole hour; {GRAMMAR}")
    return edge


def _offset(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    if text in ("Z", "z"):
        return timezone.utc  # noqa: UP017 beside the other timezones
    hours, minutes = int(text[1:3]), int(text[4:6])
    if hours > 23 or minutes > 59:
        raise ValueError("an offset goes to 23:59")
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)
