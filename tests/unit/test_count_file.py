"""Files of counts as other programs write them, and what is said of lines that are no rows."""

import pytest

from hourmill.core.access_log import MAX_LINE_BYTES
from hourmill.core.count_file import BadLine, CountFile
from hourmill.core.count_row import CountRow, Time
from hourmill.core.hour import hour_of

TEN = Time(hour_of("2025-07-16T10:00:00Z"), whole_day=False)
DAY = Time(hour_of("2025-07-16T00:00:00Z"), whole_day=True)
ROW = CountRow("/a", TEN, 3)


def read(*lines: str | bytes) -> list[CountRow | BadLine]:
    return list(CountFile(line.encode() if isinstance(line, str) else line for line in lines).rows())


def fault(*lines: str | bytes) -> tuple[int, str]:
    (found,) = [one for one in read(*lines) if isinstance(one, BadLine)]
    return found.number, found.fault


@pytest.mark.parametrize(
    "lines",
    [
        ["page,time,views", "/a,2025-07-16T10:00:00Z,3"],
        ['"page","time","views"', '"/a","2025-07-16T10:00:00Z","3"'],
        ["\ufeffpage,time,views", "/a,2025-07-16T10:00:00Z,3"],
        ['\ufeff"Page","Time","Views"', "/a,2025-07-16T10:00:00Z,3"],
        ["views;page;time", "3;/a;2025-07-16 10:00:00"],
        ["time\tviews\tpage", "2025-07-16 10:00\t3\t/a"],
        ["page, time, views", "/a, 2025-07-16 10:00:00, 3"],
        ["", "page,time,views", "", "/a,2025-07-16T10:00:00Z,3", ""],
        ["page;who, where;time;views", "/a;x, y;2025-07-16T10:00:00Z;3"],
        ["note,page,time,views", '"two', 'lines, and a "" quote",/a,2025-07-16T10:00:00Z,3'],
        ['{"page":"/a","time":"2025-07-16T10:00:00Z","views":3}'],
        ['\ufeff{"views": 3, "page": "/a", "time": "2025-07-16 10:00:00", "more": [1]}'],
        ["", ' {"page":"/a","time":"2025-07-16T10:00:00Z","views":3}', " "],
    ],
)
def test_a_row_is_read_however_the_file_is_written(lines: list[str]) -> None:
    assert read(*lines) == [ROW]


def test_pages_may_hold_separators_and_quotes() -> None:
    assert read("page;time;views", '"a;""b"" ,c";20250716;1') == [CountRow('a;"b" ,c', DAY, 1)]


@pytest.mark.parametrize("lines", [[], [""], ["", " "], ["page,time,views"], ["page,time,views", ""]])
def test_a_file_without_rows_has_none(lines: list[str]) -> None:
    assert read(*lines) == []


def test_columns_and_members_that_mean_nothing_are_named() -> None:
    for lines in (
        ["page,country,time,views,page views", "/a,de,20250716,1,1"],
        ['{"country":"de","page":"/a","time":"20250716","views":1,"page views":1}', '{"page":"b"}'],
    ):
        file = CountFile(line.encode() for line in lines)
        assert next(file.rows()) == CountRow("/a", DAY, 1)
        assert file.ignored == ["country", "page views"]


@pytest.mark.parametrize(
    ("heading", "said"),
    [
        ("a,b", "not the first line of counts: the first line names the columns page, time and views, in any order, "),
        ("[1]", "not the first line of counts"),
        ("/a,2025-07-16,3", "not the first line of counts"),
        ('"page,time,views', "not the first line of counts"),
        ("page,time", "views: no column has this name; the first line names the columns"),
        ("page;date;views", "time: no column has this name"),
        ("page,time,views,Page", "page: two columns have this name"),
    ],
)
def test_a_first_line_that_is_no_heading_is_refused(heading: str, said: str) -> None:
    number, found = fault(heading, "/a,2025-07-16,3")
    assert number == 1
    assert found.startswith(said)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/a,2025-07-16T10:00:00Z", "2 columns, where the first line names 3"),
        ("/a,2025-07-16T10:00:00Z,1,2", "4 columns, where the first line names 3"),
        ('"/a,2025-07-16T10:00:00Z,1', "not a line of CSV (unexpected end of data); within quotes a quote is"),
        ('"/a"b,2025-07-16T10:00:00Z,1', "not a line of CSV"),
        (b"\xff,2025-07-16,1", "not UTF-8 (byte 1 of the line); save the file as UTF-8"),
        ("p" * (MAX_LINE_BYTES + 1), "a line has at most 65,536 bytes"),
        ("/a,2025-07-16,1.0", "views: '1.0' is not an integer"),
        ("/a,soon,1", "time: 'soon': not a timestamp"),
        (",2025-07-16,1", "page: a page has at least 1 character"),
    ],
)
def test_a_line_that_is_no_row_is_named_with_its_number(line: str | bytes, said: str) -> None:
    number, found = fault("page,time,views", "/b,2025-07-16T11:00:00Z,1", "", line)
    assert number == 4
    assert found.startswith(said)


def test_a_page_with_a_newline_is_refused_not_joined() -> None:
    assert fault("page,time,views", '"/a', 'b",2025-07-16,1')[1].startswith("page: a page holds no control character")


def test_every_faulty_row_is_named_until_a_line_cannot_be_read_at_all() -> None:
    found = read("page,time,views", "/a,soon,1", "/a,2025-07-16T10:00:00Z,3", "/a,20250717,many", b"\xff", "/a,soon,1")
    assert found[1] == ROW
    assert [one.number for one in found if isinstance(one, BadLine)] == [2, 4, 5]


def test_utf_16_is_refused() -> None:
    assert fault("page,time,views".encode("utf-16"))[1].startswith("not UTF-8 (byte 1 of the line)")


@pytest.mark.parametrize(
    ("times", "said"),
    [
        (("20250716", "2025-07-16 10:00"), "time: 2025-07-16T10:00:00Z is an hour, and line 2 has its whole day; "),
        (("2025-07-16 10:00", "20250716"), "time: 2025-07-16 is a whole day, and line 2 has an hour of it; "),
    ],
)
def test_a_day_comes_in_hours_or_as_a_whole(times: tuple[str, str], said: str) -> None:
    number, found = fault("page,time,views", *(f"/{at},{time},1" for at, time in enumerate(times)))
    assert number == 3
    assert found.startswith(said)
    assert found.endswith("give the hours of a day, or the day as a whole")
