"""What statistics should be, found the slow way: hour by hour, by what clocks show."""

from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TypeAlias
from zoneinfo import ZoneInfo

from hourmill.core.hour import hour_of_moment, moment_of
from hourmill.core.period import months_later

DAY = timedelta(days=1)
Counts: TypeAlias = Mapping[tuple[str, int], int]
"""Views by page and hour."""


@lru_cache(maxsize=200_000)  # of a year in each zone
def _shown(zone: str, hour: int, seconds: int) -> datetime:
    moment = moment_of(hour) + timedelta(seconds=seconds)
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


class Zone:
    """The clocks of a zone; an hour belongs to the day on which it ends."""

    def __init__(self, name: str) -> None:
        self._name = name

    def begins(self, hour: int) -> datetime:
        return _shown(self._name, hour, 0)

    def ends(self, hour: int) -> datetime:
        """What clocks show in the last second of an hour."""
        return _shown(self._name, hour, 3599)

    def day(self, hour: int) -> date:
        return self.ends(hour).date()

    def hours_of(self, first: date, last: date) -> list[int]:
        """The hours of some days."""
        around = (last - first).days * 24 + 120
        early = (first - date(1970, 1, 1)).days * 24 - 60
        return [hour for hour in range(early, early + around) if first <= self.day(hour) <= last]


def days_of(period: str, now: datetime, zone: str) -> tuple[date, date]:
    """The first and the last day of a named period."""
    today = now.astimezone(ZoneInfo(zone)).date()
    this_month = today.replace(day=1)
    return {
        "today": (today, today),
        "yesterday": (today - DAY, today - DAY),
        "7d": (today - 6 * DAY, today),
        "30d": (today - 29 * DAY, today),
        "month": (this_month, months_later(this_month, 1) - DAY),
        "year": (date(today.year, 1, 1), date(today.year, 12, 31)),
        "12mo": (months_later(this_month, -11), months_later(this_month, 1) - DAY),
    }[period]


def earlier(period: str, compare: str, first: date, last: date) -> Callable[[date], date]:
    """Where each day of a period is in the one that it is compared with."""
    if compare == "year":
        return lambda day: months_later(day, -12)
    months = {"month": 1, "year": 12, "12mo": 12}.get(period)
    if months:
        return lambda day: months_later(day, -months)
    return lambda day: day - (last - first + DAY)


def buckets(zone: Zone, hours: list[int], interval: str) -> list[list[int]]:
    """The hours of each bucket, those without an hour left out."""
    keys: dict[str, Callable[[int], Hashable]] = {
        "hour": lambda hour: hour,
        "day": zone.day,
        "week": lambda hour: zone.day(hour) - zone.day(hour).weekday() * DAY,
        "month": lambda hour: zone.day(hour).replace(day=1),
    }
    found: dict[Hashable, list[int]] = {}
    for hour in hours:
        found.setdefault(keys[interval](hour), []).append(hour)
    return list(found.values())


def views(counts: Counts, hours: list[int]) -> int:
    among = set(hours)
    return sum(count for (_, hour), count in counts.items() if hour in among)


def by_name(counts: Counts, hours: list[int], name: Callable[[str], str] = str) -> Counter[str]:
    among, found = set(hours), Counter[str]()
    for (page, hour), count in counts.items():
        if hour in among:
            found[name(page)] += count
    return found


def until(now: datetime) -> int:
    """The hour after the running one."""
    return hour_of_moment(now) + 1
