"""Rows of exports, as lines and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourmill.core.count_file import CountFile
from hourmill.core.count_row import (
    MAX_VIEWS,
    BadRow,
    CountRow,
    RowFormat,
    Time,
    heading,
    row_of_cells,
    row_of_json,
    time_of,
    written,
)
from hourmill.core.hour import FIRST_HOUR, LAST_HOUR, hour_of
from hourmill.core.page import page_fault
from hourmill.core.retention import day_of, first_hour

TEN = hour_of("2015-05-17T10:00:00Z")
MIDNIGHT = hour_of("2015-05-17T00:00:00Z")

pages = st.text(min_size=1, max_size=40).filter(lambda page: page_fault(page) is None)
times = st.builds(
    lambda hour, whole_day: Time(first_hour(day_of(hour)) if whole_day else hour, whole_day),
    st.integers(FIRST_HOUR, LAST_HOUR),
    st.booleans(),
)


@given(st.builds(CountRow, pages, times, st.integers(0, MAX_VIEWS)), st.sampled_from(["csv", "ndjson"]))
def test_what_is_written_is_read_again(row: CountRow, row_format: RowFormat) -> None:
    text = heading(row_format) + written([row], row_format)
    assert list(CountFile(text.encode().splitlines()).rows()) == [row]


def test_rows_are_plain_to_read() -> None:
    rows = [CountRow('a,"b', Time(TEN, whole_day=False), 2), CountRow("=c", Time(MIDNIGHT, whole_day=True), 3)]
    assert written(rows, "csv") == '"a,""b",2015-05-17T10:00:00Z,2\n=c,2015-05-17,3\n'
    assert written(rows[1:], "ndjson") == '{"page":"=c","time":"2015-05-17","views":3}\n'


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2015-05-17T10:00:00Z", Time(TEN, whole_day=False)),
        ("2015-05-17T10:59:59.9Z", Time(TEN, whole_day=False)),
        ("2015-05-17T12:00:00+02:00", Time(TEN, whole_day=False)),
        ("2015-05-17T10:00", Time(TEN, whole_day=False)),
        ("2015-05-17 10:00:00", Time(TEN, whole_day=False)),
        ("2015-05-17 10:00", Time(TEN, whole_day=False)),
        ("2015-05-17 10:00:00Z", Time(TEN, whole_day=False)),
        ("2015-05-17 12:00:00+02", Time(TEN, whole_day=False)),
        ("2015-05-17 12:30:00+0230", Time(TEN, whole_day=False)),
        ("2015-05-17 06:00:00.25-04:00", Time(TEN, whole_day=False)),
        ("2015-05-17", Time(MIDNIGHT, whole_day=True)),
        ("20150517", Time(MIDNIGHT, whole_day=True)),
    ],
)
def test_times_are_read_as_databases_and_spreadsheets_write_them(text: str, time: Time) -> None:
    assert time_of(text) == time


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2015-02-30",
        "2015-0517",
        "2015-W20-7",
        "2015W207",
        "2015051",
        "1969-12-31",
        "2201-01-01",
        "1431856800",
        "17/05/2015",
        "2015-05-17  10:00",
        "2015-05-17 10:00 UTC",
        "\u0662\u0660\u0661\u0665-05-17",
    ],
)
def test_a_time_that_is_not_understood_is_refused_and_shown(text: str) -> None:
    with pytest.raises(BadRow, match=r"^time: ") as caught:
        time_of(text)
    assert ascii(text) in str(caught.value)
    assert str(caught.value).endswith("; a whole day is written like 2025-07-16")


@pytest.mark.parametrize("views", ["", "-1", "+1", "1.5", "1,204", "many", "\u0661", "9223372036854775808", "9" * 5000])
def test_views_that_are_no_count_are_refused_and_shown(views: str) -> None:
    with pytest.raises(BadRow, match=r"^views: '.{0,80}' is not an integer from 0 to 9223372036854775807"):
        row_of_cells("a", "2015-05-17", views)


def test_what_a_stranger_wrote_is_shown_escaped() -> None:
    with pytest.raises(BadRow, match=r"^views: '\\x1b\[31m' is not"):
        row_of_cells("a", "2015-05-17", "\x1b[31m")


def test_blanks_around_a_number_or_a_time_mean_nothing_and_those_of_a_page_are_its_own() -> None:
    assert row_of_cells(" a", " 2015-05-17 ", " 3") == CountRow(" a", Time(MIDNIGHT, whole_day=True), 3)


@pytest.mark.parametrize("page", ["", "a\x00b", "a\nb", "p" * 2049])
def test_a_page_that_is_none_is_refused(page: str) -> None:
    with pytest.raises(BadRow, match=r"^page: a page "):
        row_of_cells(page, "2015-05-17", "1")


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '{"page":"a","time":"2015-05-17"}',
        '{"page":"a","time":"2015-05-17","views":-1}',
        '{"page":"a","time":"2015-05-17","views":"1"}',
        "[" * 10_000,
    ],
)
def test_a_bad_object_is_refused_and_a_right_one_is_shown(line: str) -> None:
    with pytest.raises(BadRow, match="write it like"):
        row_of_json(line)
