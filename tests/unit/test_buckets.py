"""Hours, days, weeks and months of a range."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from hourmill.core.buckets import MAX_BUCKETS, Interval, bounds_of, interval_for, too_many
from hourmill.core.edge import edge_at
from hourmill.core.hour import hour_of
from hourmill.core.period import Days, Hours, hours_of

BERLIN = ZoneInfo("Europe/Berlin")


def hours(first: str, before: str, zone: ZoneInfo = BERLIN) -> Hours:
    return hours_of(Days(date.fromisoformat(first), date.fromisoformat(before)), zone)


def starts(found: Hours, interval: Interval, zone: ZoneInfo = BERLIN) -> list[str]:
    return [edge.moment.isoformat() for edge in bounds_of(found, interval, zone)]


def test_days_begin_at_local_midnight() -> None:
    assert starts(hours("2026-03-28", "2026-03-31"), "day") == [
        "2026-03-28T00:00:00+01:00",
        "2026-03-29T00:00:00+01:00",
        "2026-03-30T00:00:00+02:00",
        "2026-03-31T00:00:00+02:00",
    ]


def test_weeks_begin_on_monday_and_the_first_and_the_last_may_be_cut() -> None:
    assert [start[:10] for start in starts(hours("2026-03-25", "2026-04-08"), "week")] == [
        "2026-03-25",
        "2026-03-30",
        "2026-04-06",
        "2026-04-08",
    ]


def test_months_begin_on_the_first() -> None:
    assert [start[:10] for start in starts(hours("2025-11-15", "2026-02-01"), "month")] == [
        "2025-11-15",
        "2025-12-01",
        "2026-01-01",
        "2026-02-01",
    ]


@pytest.mark.parametrize(
    ("day", "next_day", "number"), [("2026-03-29", "2026-03-30", 23), ("2026-10-25", "2026-10-26", 25)]
)
def test_a_day_has_23_or_25_hours_when_clocks_are_set(day: str, next_day: str, number: int) -> None:
    bounds = list(bounds_of(hours(day, next_day), "hour", BERLIN))
    assert len(bounds) - 1 == number
    assert len({edge.moment.isoformat() for edge in bounds}) == number + 1


def test_hours_are_utc_hours_in_every_zone() -> None:
    kolkata = ZoneInfo("Asia/Kolkata")
    found = starts(hours("2026-01-01", "2026-01-02", kolkata), "hour", kolkata)
    assert (found[0], found[1], len(found)) == ("2025-12-31T23:30:00+05:30", "2026-01-01T00:30:00+05:30", 25)


def test_a_day_that_there_was_not_is_not_there() -> None:
    apia = ZoneInfo("Pacific/Apia")
    assert [start[:10] for start in starts(hours("2011-12-29", "2012-01-01", apia), "day", apia)] == [
        "2011-12-29",
        "2011-12-31",
        "2012-01-01",
    ]


def test_a_range_within_a_day_is_one_bucket() -> None:
    within = Hours(edge_at(hour_of("2026-03-28T10:00Z"), BERLIN), edge_at(hour_of("2026-03-28T12:00Z"), BERLIN))
    for interval in ("day", "week", "month"):
        assert len(list(bounds_of(within, interval, BERLIN))) == 2


@pytest.mark.parametrize(
    ("first", "before", "interval"),
    [
        ("2026-10-25", "2026-10-26", "hour"),
        ("2026-10-24", "2026-10-26", "hour"),
        ("2026-10-24", "2026-10-27", "day"),
        ("2026-09-01", "2026-12-02", "day"),
        ("2026-09-01", "2026-12-03", "month"),
    ],
)
def test_the_interval_goes_by_the_length(first: str, before: str, interval: str) -> None:
    assert interval_for(hours(first, before)) == interval


def test_too_many_buckets_are_too_many() -> None:
    first = hour_of("2000-01-01T00:00Z")
    lengths: dict[Interval, int] = {"hour": 1, "day": 24, "week": 168}
    for interval, length in lengths.items():
        most = Hours(edge_at(first, BERLIN), edge_at(first + MAX_BUCKETS[interval] * length, BERLIN))
        assert not too_many(most, interval)
        assert too_many(most._replace(before=edge_at(most.before.hour + length, BERLIN)), interval)
