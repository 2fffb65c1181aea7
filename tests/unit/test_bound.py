"""Bounds of custom periods, as texts."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from hourmill.core.bound import BadBound, bound_of
from hourmill.core.edge import Edge
from hourmill.core.hour import hour_of

BERLIN = ZoneInfo("Europe/Berlin")


def test_a_date_is_a_date() -> None:
    assert bound_of("2015-05-17", BERLIN) == date(2015, 5, 17)


@pytest.mark.parametrize(
    ("text", "hour", "exact"),
    [
        ("2015-05-17T10:00", "2015-05-17T08:00Z", True),
        ("2015-05-17t10:00:00", "2015-05-17T08:00Z", True),
        ("2015-05-17T10:00Z", "2015-05-17T10:00Z", True),
        ("2015-05-17T10:00:00.000Z", "2015-05-17T10:00Z", True),
        ("2015-05-17T10:00:00-07:00", "2015-05-17T17:00Z", True),
        ("2015-05-17T10:30+05:30", "2015-05-17T05:00Z", True),
        ("2015-05-17T10:00+05:30", "2015-05-17T04:00Z", False),
        ("2026-03-29T02:00", "2026-03-29T01:00Z", True),  # is skipped: 03:00
        ("2026-10-25T02:00", "2026-10-25T00:00Z", True),  # comes twice: the first
        ("1970-01-01T00:00", "1969-12-31T23:00Z", True),
    ],
)
def test_a_timestamp_is_an_hour(text: str, hour: str, exact: bool) -> None:
    bound = bound_of(text, BERLIN)
    assert isinstance(bound, Edge)
    counted = hour_of(hour) if hour >= "1970" else -1
    assert (bound.hour, bound.exact) == (counted, exact)


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "2015", "2015-05", "2015-5-17", "20150517", "2015-05-17T", "2015-05-17T10", "2015-02-29"),
        *("2015-05-17T10:30", "2015-05-17T10:00:01Z", "2015-05-17T10:00:00.5Z", "2015-05-17T24:00", "2015-05-17T10:60"),
        *(
            "2015-05-17 10:00",
            "2015-05-17T10:00 02:00",
            "2015-05-17T10:00+0200",
            "2015-05-17T10:00+24:00",
            "2015-00-10",
        ),
        *("1969-12-31", "2201-01-01", "0000-01-01", "9999-12-31", "2015-05-17Z", " 2015-05-17", "2015-05-17\n"),
        *("٢٠١٥-05-17", "-2015-05-17", "1431820800"),
    ],
)
def test_anything_else_is_none(text: str) -> None:
    with pytest.raises(BadBound):
        bound_of(text, BERLIN)
