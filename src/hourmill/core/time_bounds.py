"""Which UTC hours are taken at a moment, and which of these are kept as hours."""

from typing import NamedTuple

from hourmill.core.hour import FIRST_HOUR, LAST_HOUR, moment_of
from hourmill.core.retention import Retention, first_hour


class TimeBounds(NamedTuple):
    """What holds during one hour of the clock; first <= hour <= last is taken.

    now        the running hour: that of a view without a timestamp
    kept_from  views of earlier hours count in their day only
    """

    now: int = FIRST_HOUR
    first: int = FIRST_HOUR
    last: int = LAST_HOUR
    kept_from: int = FIRST_HOUR


WHOLE_TIME = TimeBounds()


def time_bounds(now: int, retention: Retention, max_ahead_hours: int, kept_from: int = FIRST_HOUR) -> TimeBounds:
    """What holds in an hour.

    kept_from  the first hour of which the store keeps hours; the retention may say a later one
    """
    moment = moment_of(now)
    return TimeBounds(
        now,
        first_hour(retention.days_from(moment)),
        min(now + max_ahead_hours, LAST_HOUR),
        max(kept_from, first_hour(retention.hours_from(moment))),
    )
