"""Timestamps and their UTC hours."""

from calendar import timegm
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourmill.core.hour import (
    FIRST_HOUR,
    LAST_HOUR,
    BadTimestamp,
    batch_hour_of,
    hour_of,
    hour_of_day,
    hour_of_moment,
    moment_of,
)

TEN = timegm((2025, 7, 16, 10, 0, 0)) // 3600

OFFSETS = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(2200, 12, 30), timezones=OFFSETS)  # noqa: DTZ001 the zone is drawn

GOOD = [
    ("2025-07-16T10:00:00Z", TEN),
    ("2025-07-16t10:00z", TEN),
    ("2025-07-16T10:59", TEN),
    ("2025-07-16T10:59:59." + "9" * 44, TEN),
    ("2025-07-16T11:29:59+01:30", TEN - 1),
    ("2025-07-16T11:30:00+01:30", TEN),
    ("2025-07-15T10:01:00-23:59", TEN),
    ("2025-07-17T09:59:00+23:59", TEN),
    ("2016-12-31T23:59:60Z", timegm((2016, 12, 31, 23, 0, 0)) // 3600),
    ("2016-12-31T18:59:60.9-05:00", timegm((2016, 12, 31, 23, 0, 0)) // 3600),
    ("1970-01-01T00:00Z", FIRST_HOUR),
    ("1969-12-31T12:00:00-12:00", FIRST_HOUR),
    ("2200-12-31T23:59:60Z", LAST_HOUR),
    ("2201-01-01T11:59:59+12:00", LAST_HOUR),
]

BAD = [
    ("", "not a timestamp"),
    ("2025-07-16", "not a timestamp"),
    ("2025-07-16 10:00:00Z", "not a timestamp"),
    ("2025-07-16_10:00:00Z", "not a timestamp"),
    ("2025-07-16T10:00:00Z\n", "not a timestamp"),
    ("\u0662025-07-16T10:00:00Z", "not a timestamp"),
    ("2025-07-16T10:00:00+0200", "not a timestamp"),
    ("2025-07-16T10:00:00." + "0" * 45, "at most 64 characters"),
    ("2025-02-30T10:00:00Z", "no such date or time"),
    ("2025-07-16T24:00:00Z", "no such date or time"),
    ("2025-07-16T10:00:00+24:00", "no such date or time"),
    ("0001-01-01T00:00:00+00:01", "no such date or time"),
    ("9999-12-31T23:59:59-00:01", "no such date or time"),
    ("2025-07-16T23:59:60Z", "second 60"),
    ("2016-12-31T23:59:60+01:00", "second 60"),
    ("1969-12-31T23:59:59Z", "outside the years"),
    ("1970-01-01T00:00:00+00:01", "outside the years"),
    ("2201-01-01T00:00:00Z", "outside the years"),
]


@pytest.mark.parametrize(("text", "hour"), GOOD)
def test_a_timestamp_falls_in_its_utc_hour(text: str, hour: int) -> None:
    assert hour_of(text) == batch_hour_of(text) == hour


@pytest.mark.parametrize(("text", "reason"), BAD)
def test_what_is_no_timestamp_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(BadTimestamp, match=reason):
        hour_of(text)


@given(MOMENTS)
def test_every_moment_is_found_whatever_its_offset(moment: datetime) -> None:
    hour = timegm(moment.utctimetuple()) // 3600
    assert hour_of(moment.isoformat()) == hour_of_moment(moment) == hour
    assert moment_of(hour) <= moment < moment_of(hour + 1)
    assert hour_of_day(hour) == moment.astimezone(UTC).hour


@pytest.mark.parametrize("text", ["2025-07-16_10:00", "2025-07-16_10:00:59.5Z", "2025-07-16_12:00+02:00"])
def test_a_batch_may_write_an_underscore_for_the_t(text: str) -> None:
    assert batch_hour_of(text) == TEN


@pytest.mark.parametrize(
    "text", ["_2025-07-16T10:00", "2025_07_16T10:00", "2025-07-16__10:00", "2025-07-16_", "2025-07-16T10_00"]
)
def test_an_underscore_elsewhere_is_refused(text: str) -> None:
    with pytest.raises(BadTimestamp):
        batch_hour_of(text)


def test_hours_before_1970_have_their_hour_of_day() -> None:
    assert [hour_of_day(hour) for hour in (-25, -24, -1, 0, 25)] == [23, 0, 23, 0, 1]
