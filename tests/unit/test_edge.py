"""Where local times are in UTC hours."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourmill.core.edge import edge_at, edge_of, edges_at, local_time
from hourmill.core.hour import hour_of, moment_of

DAYS = [
    ("UTC", "2025-07-16", "2025-07-16T00:00Z", 24),
    ("America/New_York", "2026-03-08", "2026-03-08T05:00Z", 23),
    ("America/New_York", "2026-11-01", "2026-11-01T04:00Z", 25),
    ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00Z", 23),
    ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00Z", 25),
    ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00Z", 23),  # begins at 01:00
    ("America/Sao_Paulo", "2019-02-16", "2019-02-16T02:00Z", 25),  # 23:00 comes twice
    ("America/Havana", "2026-11-01", "2026-11-01T04:00Z", 25),  # 00:00 comes twice
    ("Asia/Beirut", "2026-03-29", "2026-03-28T22:00Z", 23),
    ("Pacific/Apia", "2011-12-29", "2011-12-29T10:00Z", 24),
    ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00Z", 0),  # there was none
    ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00Z", 24),
    ("Pacific/Kiritimati", "2026-01-01", "2025-12-31T10:00Z", 24),
    ("Etc/GMT+12", "2026-01-01", "2026-01-01T12:00Z", 24),
]

ROUGH_DAYS = [
    ("Asia/Kolkata", "2026-01-01", "2025-12-31T18:00Z", "2026-01-01T00:00:00+05:30"),
    ("Asia/Kathmandu", "2026-01-01", "2025-12-31T18:00Z", "2026-01-01T00:00:00+05:45"),
    ("Australia/Lord_Howe", "2026-07-01", "2026-06-30T13:00Z", "2026-07-01T00:00:00+10:30"),
    ("America/Goose_Bay", "2010-11-07", "2010-11-07T03:00Z", "2010-11-07T00:00:00-03:00"),  # 00:01 is 23:01 again
    ("America/St_Johns", "2010-03-14", "2010-03-14T03:00Z", "2010-03-14T00:00:00-03:30"),
    ("Africa/Monrovia", "1970-01-02", "1970-01-02T00:00Z", "1970-01-01T23:59:30-00:45"),  # 44 minutes, 30 seconds
]


def midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), datetime.min.time())


EARLY, LATE = midnight("1970-01-02"), midnight("2200-12-30")


@pytest.mark.parametrize(("name", "day", "begins", "hours"), DAYS)
def test_a_day_begins_where_its_date_does_and_has_as_many_hours_as_the_clock_shows(
    name: str, day: str, begins: str, hours: int
) -> None:
    zone = ZoneInfo(name)
    edge, end = edge_of(midnight(day), zone), edge_of(midnight(day) + timedelta(days=1), zone)
    assert (edge.hour, end.hour - edge.hour, edge.exact) == (hour_of(begins), hours, True)
    assert edge.moment == moment_of(edge.hour)


@pytest.mark.parametrize(("name", "day", "counted_from", "meant"), ROUGH_DAYS)
def test_a_day_that_begins_within_an_hour_has_all_of_it_and_says_so(
    name: str, day: str, counted_from: str, meant: str
) -> None:
    edge = edge_of(midnight(day), ZoneInfo(name))
    assert (edge.hour, edge.moment.isoformat(), edge.exact) == (hour_of(counted_from), meant, False)


def test_half_an_hour_of_summer_time_is_half_an_hour() -> None:
    zone = ZoneInfo("Australia/Lord_Howe")
    first, second = (edge_of(midnight(day), zone) for day in ("2026-10-04", "2026-10-05"))
    assert second.moment.astimezone(UTC) - first.moment.astimezone(UTC) == timedelta(hours=23.5)
    assert (first.exact, second.exact) == (False, True)


def test_an_hour_that_comes_twice_has_two_edges() -> None:
    zone = ZoneInfo("Europe/Berlin")
    shown = [edge_at(hour_of(f"2026-10-25T{hour:02}:00Z"), zone).moment.isoformat() for hour in range(3)]
    assert shown == ["2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00", "2026-10-25T03:00:00+01:00"]


@pytest.mark.parametrize("name", ["UTC", "Asia/Kolkata", "Australia/Lord_Howe", "Europe/Berlin", "Pacific/Apia"])
def test_many_edges_are_those_of_each_hour(name: str) -> None:
    zone = ZoneInfo(name)
    for first, number in (("2011-12-01T05:00Z", 800), ("2026-01-01T00:00Z", 8760), ("2026-01-01T00:00Z", 1)):
        hours = range(hour_of(first), hour_of(first) + number)
        found = list(edges_at(hours, zone))
        assert found == [edge_at(hour, zone) for hour in hours]
        assert [edge.moment.isoformat() for edge in found] == [edge_at(hour, zone).moment.isoformat() for hour in hours]
    assert list(edges_at(range(9, 9), zone)) == []


@given(
    st.sampled_from(
        ["UTC", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo", "Europe/Berlin", "Pacific/Apia"]
    ),
    st.datetimes(EARLY, LATE),
)
def test_an_edge_is_the_first_moment_that_is_not_before_its_local_time(name: str, local: datetime) -> None:
    zone = ZoneInfo(name)
    local = local.replace(microsecond=0)
    edge = edge_of(local, zone)
    begins = edge.moment.astimezone(UTC)
    assert local_time(begins, zone).replace(tzinfo=None) >= local
    assert local_time(begins - timedelta(seconds=1), zone).replace(tzinfo=None) < local
    assert moment_of(edge.hour) <= begins < moment_of(edge.hour + 1)
    assert edge.exact == (moment_of(edge.hour) == begins)
