"""Rows of exports, as lines and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourmill.core.count_row import (
    MAX_VIEWS,
    BadRow,
    CountRow,
    RowFormat,
    Time,
    format_of,
    heading,
    row_of,
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
    text = written([row], row_format)
    assert text.endswith("\n")
    assert row_of(text[:-1].encode(), row_format) == row


def test_rows_are_plain_to_read() -> None:
    rows = [CountRow('a,"b', Time(TEN, whole_day=False), 2), CountRow("=c", Time(MIDNIGHT, whole_day=True), 3)]
    assert written(rows, "csv") == '"a,""b",2015-05-17T10:00:00Z,2\n=c,2015-05-17,3\n'
    assert written(rows[1:], "ndjson") == '{"page":"=c","time":"2015-05-17","views":3}\n'


@pytest.mark.parametrize(
    ("first_line", "row_format"),
    [
        (b"page,time,views", "csv"),
        (b"\xef\xbb\xbfpage,time,views", "csv"),
        (b'{"page": "a"}', "ndjson"),
    ],
)
def test_the_first_line_tells_the_format(first_line: bytes, row_format: RowFormat) -> None:
    assert format_of(first_line) == row_format


@pytest.mark.parametrize("first_line", [b"", b"a,b", b"page,time", b"[1]", b"time,page,views"])
def test_a_file_that_begins_otherwise_is_no_export(first_line: bytes) -> None:
    with pytest.raises(BadRow, match="begins with the line page,time,views"):
        format_of(first_line)
    assert heading("ndjson") == ""


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("a,2015-05-17T10:00:00Z", "2 columns"),
        ("a,2015-05-17T10:00:00Z,1,2", "4 columns"),
        ("a,2015-05-17T10:00:00Z,-1", "views: an integer"),
        ("a,2015-05-17T10:00:00Z,1.5", "views: an integer"),
        ("a,2015-05-17T10:00:00Z,\u0661", "views: an integer"),
        ("a,2015-05-17T10:00:00Z,9223372036854775808", "views: an integer"),
        ("a,2015-05-17T10:00:00Z," + "9" * 5000, "views: an integer"),
        ("a,2015-02-30,1", "time: "),
        ("a,1969-12-31,1", "time: "),
        ("a,2201-01-01,1", "time: "),
        ("a,yesterday,1", "time: "),
        (",2015-05-17,1", "page: "),
        ("a\x00b,2015-05-17,1", "page: "),
        ('"a,2015-05-17,1', "not a line of CSV"),
    ],
)
def test_a_bad_line_says_what_is_wrong(line: str, fault: str) -> None:
    with pytest.raises(BadRow, match=fault):
        row_of(line.encode(), "csv")


@pytest.mark.parametrize(
    "line", [b"{", b"[]", b'{"page":"a","time":"2015-05-17"}', b'{"page":"a","time":"2015-05-17","views":-1}', b"\xff"]
)
def test_a_bad_object_is_refused(line: bytes) -> None:
    with pytest.raises(BadRow):
        row_of(line, "ndjson")


def test_bytes_that_are_no_utf_8_are_refused() -> None:
    with pytest.raises(BadRow, match="UTF-8"):
        row_of(b"\xff,2015-05-17,1", "csv")
