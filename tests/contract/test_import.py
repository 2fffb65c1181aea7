"""Importing access logs into the real data file: every line once."""

import asyncio
import gzip
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hourmill.adapters.sqlite.ledger import SqliteLedger
from hourmill.adapters.sqlite.reader import SqliteReader
from hourmill.core.batch import Cells
from hourmill.core.hour import FIRST_HOUR, LAST_HOUR, hour_of
from hourmill.core.page_view_rules import Judge, LeftOut, PageViewRules
from hourmill.errors import HourmillError, InputUnreadable, NotAccepted, OutcomeUnknown
from hourmill.ports.store import ImportLedger, Stretch
from hourmill.services.import_log import LogImport, Summary
from hourmill.services.log_input import LogInput

PARTITIONS = 10
STRETCH_LINES = 4  # short, so that a test's input has several


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqliteLedger]:
    with SqliteLedger.open(tmp_path / "hourmill.db", PARTITIONS) as ledger:
        yield ledger


class Breaking:
    """A ledger that fails at its n-th stretch, before or after it is counted."""

    def __init__(self, ledger: ImportLedger, at: int, error: HourmillError) -> None:
        self._ledger = ledger
        self._left = at
        self._error = error

    async def known(self, start: bytes) -> Sequence[bytes]:
        return await self._ledger.known(start)

    async def count_stretch(self, cells: Cells, stretch: Stretch) -> None:
        self._left -= 1
        if self._left or isinstance(self._error, OutcomeUnknown):
            await self._ledger.count_stretch(cells, stretch)
        if not self._left:
            raise self._error


class Sips(BytesIO):
    """A stream that gives a few bytes at a time, as a pipe may."""

    def __init__(self, data: bytes, most: int) -> None:
        super().__init__(data)
        self._most = most

    def read1(self, size: int | None = -1, /) -> bytes:
        return super().read1(self._most)


def line(number: int, target: str | None = None) -> bytes:
    clock = f"{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}"
    request = f"GET {target or f'/p{number}'} HTTP/1.1"
    return f'192.0.2.1 - - [17/May/2015:{clock} +0000] "{request}" 200 1 "-" "Firefox"'.encode()


def log_of(lines: Sequence[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def take(
    ledger: ImportLedger, *inputs: bytes, site: str = "", dry_run: bool = False, sip_bytes: int = 1 << 20
) -> Summary:
    log_import = LogImport(ledger, Judge(PageViewRules(site=site)), site, dry_run=dry_run, stretch_lines=STRETCH_LINES)
    for data in inputs:
        asyncio.run(log_import.take(LogInput("a.log", Sips(data, sip_bytes), lambda _: None)))
    return log_import.summary


def counted(folder: Path, page: str) -> dict[int, int]:
    with closing(SqliteReader(folder / "hourmill.db")) as reader:
        return asyncio.run(reader.hours(page, FIRST_HOUR, LAST_HOUR))


def views(folder: Path, pages: Sequence[str]) -> Counter[str]:
    return Counter({page: sum(hours.values()) for page in pages if (hours := counted(folder, page))})


LINES = [line(number) for number in range(11)]
PAGES = [f"/p{number}" for number in range(11)]
ONCE = Counter(PAGES)


def test_views_are_counted_in_their_page_and_utc_hour(ledger: SqliteLedger, tmp_path: Path) -> None:
    summary = take(ledger, log_of([line(0, "/a"), line(1, "/a"), line(3600, "/a"), line(5, "/b")]), site="example.com")
    ten = hour_of("2015-05-17T00:00:00Z")
    assert counted(tmp_path, "example.com/a") == {ten: 2, ten + 1: 1}
    assert counted(tmp_path, "example.com/b") == {ten: 1}
    assert (summary.lines, summary.views, summary.hours) == (4, 4, (ten, ten + 1))


def test_the_summary_adds_up(ledger: SqliteLedger) -> None:
    take(ledger, log_of(LINES[:3]))
    more = [b"", b"  ", b"garbage", line(1, "/a.css"), line(2, "*"), line(3, "/b")]
    summary = take(ledger, log_of(LINES[:3] + more) + line(4)[:-30])
    assert summary.lines == 3 + 6 + 1
    assert (summary.already_imported, summary.views) == (3, 1)
    assert +summary.left_out == Counter(
        {LeftOut.BLANK: 2, LeftOut.BROKEN: 1, LeftOut.ASSET: 1, LeftOut.NO_PATH: 1, LeftOut.UNFINISHED: 1}
    )


def test_broken_lines_are_shown_with_their_places_up_to_a_limit(ledger: SqliteLedger) -> None:
    summary = take(ledger, log_of([line(0), b"broken", *[b"\xff"] * 9]))
    assert [(shown.number, shown.content) for shown in summary.broken[:2]] == [(2, b"broken"), (3, b"\xff")]
    assert (len(summary.broken), summary.left_out[LeftOut.BROKEN]) == (5, 10)


def test_a_log_imported_again_changes_nothing(ledger: SqliteLedger, tmp_path: Path) -> None:
    take(ledger, log_of(LINES))
    again = take(ledger, log_of(LINES))
    assert (again.already_imported, again.views, again.hours) == (11, 0, None)
    assert views(tmp_path, PAGES) == ONCE


@pytest.mark.parametrize("before", [1, 3, 4, 5, 8, 10])
def test_a_grown_log_counts_only_its_new_lines(ledger: SqliteLedger, tmp_path: Path, before: int) -> None:
    take(ledger, log_of(LINES[:before]))
    grown = take(ledger, log_of(LINES))
    assert (grown.already_imported, grown.views) == (before, 11 - before)
    assert views(tmp_path, PAGES) == ONCE


@pytest.mark.parametrize("shorter", [1, 3, 4, 5, 8, 10])
def test_an_older_shorter_copy_changes_nothing(ledger: SqliteLedger, tmp_path: Path, shorter: int) -> None:
    take(ledger, log_of(LINES))
    assert take(ledger, log_of(LINES[:shorter])).already_imported == shorter
    assert take(ledger, log_of(LINES)).views == 0
    assert views(tmp_path, PAGES) == ONCE


def test_a_gzipped_copy_or_one_with_crlf_changes_nothing(ledger: SqliteLedger, tmp_path: Path) -> None:
    data = log_of(LINES)
    again = take(ledger, data, gzip.compress(data), data.replace(b"\n", b"\r\n"))
    assert (again.views, again.already_imported) == (11, 22)
    assert views(tmp_path, PAGES) == ONCE


def test_lines_left_out_once_are_not_judged_again(ledger: SqliteLedger, tmp_path: Path) -> None:
    log = log_of([line(0, "/a.css"), line(1, "/b")])
    take(ledger, log)
    everything = LogImport(ledger, Judge(PageViewRules(asset_extensions=frozenset())), "", dry_run=False)
    asyncio.run(everything.take(LogInput("a.log", BytesIO(log), lambda _: None)))
    assert everything.summary.already_imported == 2
    assert counted(tmp_path, "/a.css") == {}


def test_an_unfinished_last_line_is_counted_once_it_is_finished(ledger: SqliteLedger, tmp_path: Path) -> None:
    unfinished = log_of(LINES[:5]) + LINES[5]
    assert take(ledger, unfinished[:-1]).left_out[LeftOut.UNFINISHED] == 1
    assert take(ledger, unfinished).left_out[LeftOut.UNFINISHED] == 1
    assert take(ledger, unfinished + b"\n").views == 1
    assert views(tmp_path, PAGES) == Counter(PAGES[:6])


def test_equal_lines_of_one_log_are_all_counted(ledger: SqliteLedger, tmp_path: Path) -> None:
    take(ledger, log_of([LINES[0]] * 10), log_of([LINES[0]] * 7), log_of([LINES[0]] * 11))
    assert views(tmp_path, PAGES) == Counter({"/p0": 11})


def test_the_same_log_of_another_site_counts_for_that_site(ledger: SqliteLedger, tmp_path: Path) -> None:
    for site in ("a.example", "b.example"):
        assert take(ledger, log_of(LINES), site=site).views == 11
    assert views(tmp_path, ["a.example/p0", "b.example/p0", "/p0"]) == Counter(["a.example/p0", "b.example/p0"])


def test_logs_that_part_ways_count_what_they_share_once(ledger: SqliteLedger, tmp_path: Path) -> None:
    first, second = LINES[:6], [*LINES[:5], *LINES[7:11]]
    take(ledger, log_of(first), log_of(second), log_of(first), log_of(second))
    assert views(tmp_path, PAGES) == ONCE - Counter(["/p6"])


def test_a_dry_run_writes_nothing_and_knows_what_is_imported(ledger: SqliteLedger, tmp_path: Path) -> None:
    take(ledger, log_of(LINES[:5]))
    for _ in range(2):
        summary = take(ledger, log_of(LINES), dry_run=True)
        assert (summary.already_imported, summary.views) == (5, 6)
    assert views(tmp_path, PAGES) == Counter(PAGES[:5])


def test_a_cut_off_gzip_file_counts_its_lines_and_the_whole_one_the_rest(ledger: SqliteLedger, tmp_path: Path) -> None:
    packed = gzip.compress(log_of(LINES))
    with pytest.raises(InputUnreadable, match=r"a\.log: the gzip file is cut off"):
        take(ledger, packed[:-20])
    assert 0 < sum(views(tmp_path, PAGES).values()) < 11
    take(ledger, packed)
    assert views(tmp_path, PAGES) == ONCE


@pytest.mark.parametrize("error", [NotAccepted(), OutcomeUnknown()])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_an_import_that_broke_off_goes_on_where_it_was(
    ledger: SqliteLedger, tmp_path: Path, at: int, error: HourmillError
) -> None:
    with pytest.raises(type(error)):
        take(Breaking(ledger, at, error), log_of(LINES))
    done = STRETCH_LINES * at if isinstance(error, OutcomeUnknown) else STRETCH_LINES * (at - 1)
    assert take(ledger, log_of(LINES)).already_imported == min(done, 11)
    assert views(tmp_path, PAGES) == ONCE


@st.composite
def imports(draw: st.DrawFn) -> list[tuple[bytes, int, int]]:
    """Copies of logs that grow and part ways: cut anywhere, in any order, some gzipped; where the import
    breaks off, and how many bytes come at a time."""
    line_numbers = st.lists(st.integers(0, 3), max_size=12)
    stem = draw(line_numbers)
    logs = [stem + branch for branch in draw(st.lists(line_numbers, min_size=1, max_size=3))]
    found = []
    for _ in range(draw(st.integers(1, 6))):
        data = log_of([LINES[number] for number in draw(st.sampled_from(logs))])
        data = data[: draw(st.integers(0, len(data)))]
        packed = gzip.compress(data) if draw(st.booleans()) else data
        found.append((packed, draw(st.integers(0, 4)), draw(st.sampled_from([1, 50, 150, 1 << 20]))))
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(imports())
def test_every_line_is_counted_once_whatever_copies_come_in_whatever_order(
    inputs: list[tuple[bytes, int, int]],
) -> None:
    histories = set()
    with TemporaryDirectory() as folder, SqliteLedger.open(Path(folder) / "hourmill.db", PARTITIONS) as ledger:
        for data, breaks_at, sip_bytes in inputs:
            with suppress(OutcomeUnknown):
                take(Breaking(ledger, breaks_at, OutcomeUnknown()), data, sip_bytes=sip_bytes)
            take(ledger, data)
            lines = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).split(b"\n")[:-1]
            histories |= {tuple(lines[: at + 1]) for at in range(len(lines))}
        # a line is the same line where all before it is the same too
        expected = Counter(PAGES[LINES.index(history[-1])] for history in histories)
        assert views(Path(folder), PAGES) == expected
