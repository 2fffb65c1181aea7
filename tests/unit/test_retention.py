"""How far back counters are kept."""

from datetime import UTC, datetime

import pytest

from hourmill.core.hour import hour_of
from hourmill.core.retention import Retention, day_of, first_hour
from hourmill.core.tally import by_day, split_at

NOW = datetime(2026, 5, 20, 13, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "first"),
    [
        (1, "2026-05-01"),
        (19, "2026-05-01"),
        (20, "2026-04-01"),
        (400, "2025-04-01"),
        (100_000, "1970-01-01"),
        (None, "1970-01-01"),
    ],
)
def test_whole_months_are_kept_and_never_fewer_days_than_said(days: int | None, first: str) -> None:
    day = day_of(hour_of(f"{first}T00:00Z"))
    assert Retention(hourly_days=days).hours_from(NOW) == day
    assert Retention(daily_days=days).days_from(NOW) == day


def test_the_first_hour_of_a_day_is_in_it() -> None:
    day = day_of(hour_of("2026-05-20T23:00Z"))
    assert first_hour(day) == hour_of("2026-05-20T00:00Z")
    assert day_of(first_hour(day) - 1) == day - 1


def test_cells_are_split_at_an_hour() -> None:
    cells = {"a": {9: 1, 10: 2}, "b": {11: 3}, "c": {1: 4}}
    assert split_at(cells, 10) == ({"a": {10: 2}, "b": {11: 3}}, {"a": {9: 1}, "c": {1: 4}})
    assert split_at(cells, 1) == (cells, {})
    assert split_at(cells, 99) == ({}, cells)


def test_cells_are_summed_up_by_day() -> None:
    assert by_day({"a": {23: 1, 24: 2, 47: 3}, "b": {0: 4}}) == {"a": {0: 1, 1: 5}, "b": {0: 4}}
