"""How long counters are kept: whole months, which go when all of them is older than what the settings say."""

from datetime import datetime, timedelta
from typing import NamedTuple

from hourmill.core.hour import EPOCH

HOURS_OF_DAY = 24
DAY = timedelta(days=1)


class Retention(NamedTuple):
    """For how many days counters are kept, at least; None is for ever.

    hourly_days  those of hours; views of hours that are older count in their day only
    daily_days   those of days, not fewer; views of days that are older are refused
    """

    hourly_days: int | None = None
    daily_days: int | None = None

    def hours_from(self, now: datetime) -> int:
        """The first day (days since 1970) of which hours are kept; it is the first of a month."""
        return _month_of(now, self.hourly_days)

    def days_from(self, now: datetime) -> int:
        """The first day (days since 1970) that is kept; it is the first of a month."""
        return _month_of(now, self.daily_days)


def day_of(hour: int) -> int:
    """The UTC day, since 1970, in which an hour falls."""
    return hour // HOURS_OF_DAY


def first_hour(day: int) -> int:
    """The first hour, since 1970, of a UTC day."""
    return day * HOURS_OF_DAY


def _month_of(now: datetime, days: int | None) -> int:
    if days is None:
        return 0
    month = (now - days * DAY).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return max(0, (month - EPOCH) // DAY)
