"""Periods that reports are about, and those they are compared with."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Literal, NamedTuple, TypeAlias, assert_never

from hourmill.core.edge import Edge, edge_at, edge_of, local_time
from hourmill.core.hour import hour_of_moment, moment_of

PeriodName = Literal["24h", "7d", "30d", "12mo", "today", "yesterday", "month", "year", "custom"]
Comparison = Literal["previous", "year"]

DAY = timedelta(days=1)


class Hours(NamedTuple):
    """From one edge to another."""

    first: Edge
    before: Edge


class Days(NamedTuple):
    """Local days, first <= day < before; months: how many whole months they are meant to be, 0 for none."""

    first: date
    before: date
    months: int = 0


Period: TypeAlias = Hours | Days


def period_named(name: PeriodName, now: datetime, zone: tzinfo) -> Period:
    """The period of a name, other than custom.

    now  a moment (aware); the period ends with the running hour, day, month or year, but for yesterday
    """
    today = now.astimezone(zone).date()
    month = today.replace(day=1)
    match name:
        case "24h":
            hour = hour_of_moment(now)
            return Hours(edge_at(hour - 23, zone), edge_at(hour + 1, zone))
        case "7d" | "30d":
            return Days(today - (int(name[:-1]) - 1) * DAY, today + DAY)
        case "today" | "yesterday":
            day = today if name == "today" else today - DAY
            return Days(day, day + DAY)
        case "month":
            return Days(month, months_later(month, 1), 1)
        case "year":
            return Days(month.replace(month=1), months_later(month.replace(month=1), 12), 12)
        case "12mo":
            return Days(months_later(month, -11), months_later(month, 1), 12)
        case "custom":
            raise ValueError("a custom period has no bounds of its own")
    assert_never(name)


def hours_of(period: Period, zone: tzinfo) -> Hours:
    """The edges of a period."""
    if isinstance(period, Hours):
        return period
    return Hours(_midnight(period.first, zone), _midnight(period.before, zone))


def compared_with(period: Period, comparison: Comparison, zone: tzinfo) -> Period:
    """The period before this one, or a year earlier by the local calendar.

    previous  as many hours, days or months, right before
    year      29 February becomes the 28th
    """
    if isinstance(period, Days):
        earlier = _earlier(period, comparison)
        if period.months:
            return Days(earlier(period.first), earlier(period.before), period.months)
        return Days(earlier(period.first), earlier(period.before - DAY) + DAY)
    length = period.before.hour - period.first.hour
    if comparison == "previous":
        return Hours(edge_at(period.first.hour - length, zone), period.first)
    local = period.first.moment.replace(tzinfo=None)
    first = edge_of(datetime.combine(months_later(local.date(), -12), local.time()), zone)
    return Hours(first, edge_at(first.hour + length, zone))


def same_part(period: Period, comparison: Comparison, until: int, zone: tzinfo) -> Hours:
    """Of the period compared with: as much as of this one lies before the UTC hour `until`.

    A day that the other one does not have (30 March against February) is compared with all of it up to there.
    """
    whole = hours_of(compared_with(period, comparison, zone), zone)
    first, before = hours_of(period, zone)
    if until >= before.hour:
        return whole
    if until <= first.hour:
        return Hours(whole.first, whole.first)
    if isinstance(period, Hours):
        return Hours(whole.first, edge_at(whole.first.hour + until - first.hour, zone))
    local, earlier = local_time(moment_of(until), zone), _earlier(period, comparison)
    running, day = local.date(), earlier(local.date())
    missing = period.first < running and day == earlier(running - DAY)  # 9:00 would lie before the evening before
    ends = _midnight(day + DAY, zone) if missing else edge_of(datetime.combine(day, local.time()), zone)
    return Hours(whole.first, min(ends, whole.before))


def months_later(day: date, months: int) -> date:
    """The same day of a later month (or an earlier one), or the last one if it is shorter."""
    month = 12 * day.year + day.month - 1 + months
    first = date(month // 12, month % 12 + 1, 1)
    last = date((month + 1) // 12, (month + 1) % 12 + 1, 1) - DAY
    return first.replace(day=min(day.day, last.day))


def _earlier(period: Days, comparison: Comparison) -> Callable[[date], date]:
    """Where a day of the period is in the one compared with."""
    months = 12 if comparison == "year" else period.months
    days = period.before - period.first
    return lambda day: months_later(day, -months) if months else day - days


def _midnight(day: date, zone: tzinfo) -> Edge:
    return edge_of(datetime.combine(day, time()), zone)
