"""Periods by name, what they are compared with, and how much of it."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from hourmill.core.edge import edge_at
from hourmill.core.hour import hour_of
from hourmill.core.period import (
    Comparison,
    Days,
    Hours,
    PeriodName,
    compared_with,
    hours_of,
    months_later,
    period_named,
    same_part,
)

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)  # 1 April, 00:30 in Berlin


def days(first: str, before: str, months: int = 0) -> Days:
    return Days(date.fromisoformat(first), date.fromisoformat(before), months)


@pytest.mark.parametrize(
    ("name", "in_utc", "in_berlin"),
    [
        ("today", days("2026-03-31", "2026-04-01"), days("2026-04-01", "2026-04-02")),
        ("yesterday", days("2026-03-30", "2026-03-31"), days("2026-03-31", "2026-04-01")),
        ("7d", days("2026-03-25", "2026-04-01"), days("2026-03-26", "2026-04-02")),
        ("30d", days("2026-03-02", "2026-04-01"), days("2026-03-03", "2026-04-02")),
        ("month", days("2026-03-01", "2026-04-01", 1), days("2026-04-01", "2026-05-01", 1)),
        ("year", days("2026-01-01", "2027-01-01", 12), days("2026-01-01", "2027-01-01", 12)),
        ("12mo", days("2025-04-01", "2026-04-01", 12), days("2025-05-01", "2026-05-01", 12)),
    ],
)
def test_a_period_ends_with_what_runs_by_the_local_calendar(name: PeriodName, in_utc: Days, in_berlin: Days) -> None:
    assert period_named(name, NOW, ZoneInfo("UTC")) == in_utc
    assert period_named(name, NOW, BERLIN) == in_berlin


def test_24_hours_end_with_the_running_one() -> None:
    hours = period_named("24h", NOW, BERLIN)
    assert hours == Hours(edge_at(hour_of("2026-03-30T23:00Z"), BERLIN), edge_at(hour_of("2026-03-31T23:00Z"), BERLIN))


@pytest.mark.parametrize(
    ("period", "comparison", "compared"),
    [
        (days("2026-03-25", "2026-04-01"), "previous", days("2026-03-18", "2026-03-25")),
        (days("2026-03-01", "2026-04-01", 1), "previous", days("2026-02-01", "2026-03-01", 1)),
        (days("2026-02-01", "2026-03-01", 1), "previous", days("2026-01-01", "2026-02-01", 1)),
        (days("2026-01-01", "2027-01-01", 12), "previous", days("2025-01-01", "2026-01-01", 12)),
        (days("2025-05-01", "2026-05-01", 12), "previous", days("2024-05-01", "2025-05-01", 12)),
        (days("2026-03-25", "2026-04-01"), "year", days("2025-03-25", "2025-04-01")),
        (days("2026-03-01", "2026-04-01", 1), "year", days("2025-03-01", "2025-04-01", 1)),
        (days("2024-02-29", "2024-03-01"), "year", days("2023-02-28", "2023-03-01")),
        (days("2024-02-28", "2024-02-29"), "year", days("2023-02-28", "2023-03-01")),
        (days("2024-01-01", "2025-01-01"), "year", days("2023-01-01", "2024-01-01")),
        (days("1970-01-01", "1970-01-08"), "previous", days("1969-12-25", "1970-01-01")),
    ],
)
def test_a_period_of_days_is_compared_with_one_of_days(period: Days, comparison: Comparison, compared: Days) -> None:
    assert compared_with(period, comparison, BERLIN) == compared


def test_hours_are_compared_with_as_many_hours() -> None:
    first, before = edge_at(hour_of("2026-03-30T23:00Z"), BERLIN), edge_at(hour_of("2026-03-31T23:00Z"), BERLIN)
    hours = Hours(first, before)
    assert compared_with(hours, "previous", BERLIN) == Hours(edge_at(first.hour - 24, BERLIN), first)
    a_year_before = edge_at(hour_of("2025-03-30T23:00Z"), BERLIN)
    assert compared_with(hours, "year", BERLIN) == Hours(a_year_before, edge_at(a_year_before.hour + 24, BERLIN))


@pytest.mark.parametrize(
    ("period", "comparison", "until", "part_ends"),
    [
        (days("2026-03-31", "2026-04-01"), "previous", "2026-03-31T10:00Z", "2026-03-30T12:00:00+02:00"),
        (days("2026-03-29", "2026-03-30"), "previous", "2026-03-29T10:00Z", "2026-03-28T12:00:00+01:00"),
        (days("2026-03-01", "2026-04-01", 1), "previous", "2026-03-10T08:00Z", "2026-02-10T09:00:00+01:00"),
        (days("2026-03-01", "2026-04-01", 1), "previous", "2026-03-28T22:00Z", "2026-02-28T23:00:00+01:00"),
        (days("2026-03-01", "2026-04-01", 1), "previous", "2026-03-28T23:00Z", "2026-03-01T00:00:00+01:00"),
        (days("2026-03-01", "2026-04-01", 1), "previous", "2026-03-31T08:00Z", "2026-03-01T00:00:00+01:00"),
        (days("2026-03-01", "2026-04-01", 1), "year", "2026-03-31T08:00Z", "2025-03-31T10:00:00+02:00"),
        (days("2024-02-26", "2024-03-04"), "year", "2024-02-28T23:00Z", "2023-03-01T00:00:00+01:00"),
        (days("2024-02-26", "2024-03-04"), "year", "2024-02-29T08:00Z", "2023-03-01T00:00:00+01:00"),
        (days("2024-02-29", "2024-03-01"), "year", "2024-02-29T08:00Z", "2023-02-28T09:00:00+01:00"),
        (days("2026-03-25", "2026-04-01"), "previous", "2026-06-01T00:00Z", "2026-03-25T00:00:00+01:00"),
        (days("2026-03-25", "2026-04-01"), "previous", "2026-03-01T00:00Z", "2026-03-18T00:00:00+01:00"),
    ],
)
def test_what_runs_is_compared_with_the_same_part(
    period: Days, comparison: Comparison, until: str, part_ends: str
) -> None:
    whole = hours_of(compared_with(period, comparison, BERLIN), BERLIN)
    part = same_part(period, comparison, hour_of(until), BERLIN)
    assert part.first == whole.first
    assert part.before.moment.isoformat() == part_ends
    assert part.before.hour <= whole.before.hour


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2024-02-29", -12, "2023-02-28"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-01-15", -1, "2025-12-15"),
        ("2026-05-31", -11, "2025-06-30"),
        ("2026-05-31", 0, "2026-05-31"),
    ],
)
def test_a_day_some_months_later(day: str, months: int, later: str) -> None:
    assert months_later(date.fromisoformat(day), months) == date.fromisoformat(later)
