"""What every ledger of imports promises (ports/store.py), on the data file and on PostgreSQL: every line once."""

import gzip
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, suppress
from io import BytesIO
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hourmill.adapters.postgres.connection import connect
from hourmill.adapters.postgres.ledger import PostgresLedger
from hourmill.adapters.postgres.migrate import migrate
from hourmill.adapters.postgres.store import PostgresStore
from hourmill.adapters.sqlite.ledger import SqliteLedger
from hourmill.adapters.sqlite.reader import SqliteReader
from hourmill.core.batch import Cells
from hourmill.core.hour import FIRST_HOUR, LAST_HOUR, hour_of
from hourmill.core.page_view_rules import Judge, LeftOut, PageViewRules
from hourmill.errors import (
    DataFileInUse,
    HourmillError,
    InputUnreadable,
    NotAccepted,
    OutcomeUnknown,
    SchemaUnusable,
)
from hourmill.ports.store import CounterReader, ImportLedger, Stretch
from hourmill.services.import_log import LogImport, Summary
from hourmill.services.log_input import LogInput

PARTITIONS = 10
STRETCH_LINES = 4  # short, so that a test's input has several


class Books(NamedTuple):
    """Where imports are counted, and who reads what was counted."""

    ledger: ImportLedger
    reader: CounterReader


@asynccontextmanager
async def books_of_sqlite(folder: Path) -> AsyncIterator[Books]:
    path = folder / "hourmill.db"
    with SqliteLedger.open(path, PARTITIONS) as ledger, closing(SqliteReader(path)) as reader:
        yield Books(ledger, reader)


@asynccontextmanager
async def books_of_postgres(url: str) -> AsyncIterator[Books]:
    await migrate(url)
    async with PostgresLedger.open(url, PARTITIONS) as ledger, PostgresStore.open(url, PARTITIONS, 0) as reader:
        await reader.ready()
        yield Books(ledger, reader)


@pytest.fixture(params=["sqlite", "postgres"])
async def books(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Books]:
    opened: AbstractAsyncContextManager[Books]
    if request.param == "sqlite":
        opened = books_of_sqlite(tmp_path)
    else:
        opened = books_of_postgres(request.getfixturevalue("database_url"))
    async with opened as books:
        yield books


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


async def take(
    ledger: ImportLedger, *inputs: bytes, site: str = "", dry_run: bool = False, sip_bytes: int = 1 << 20
) -> Summary:
    log_import = LogImport(ledger, Judge(PageViewRules(site=site)), site, dry_run=dry_run, stretch_lines=STRETCH_LINES)
    for data in inputs:
        await log_import.take(LogInput("a.log", Sips(data, sip_bytes), lambda _: None))
    return log_import.summary


async def counted(books: Books, page: str) -> dict[int, int]:
    return await books.reader.hours(page, FIRST_HOUR, LAST_HOUR)


async def views(books: Books, pages: Sequence[str]) -> Counter[str]:
    return Counter({page: sum(hours.values()) for page in pages if (hours := await counted(books, page))})


LINES = [line(number) for number in range(11)]
PAGES = [f"/p{number}" for number in range(11)]
ONCE = Counter(PAGES)


async def test_views_are_counted_in_their_page_and_utc_hour(books: Books) -> None:
    summary = await take(
        books.ledger, log_of([line(0, "/a"), line(1, "/a"), line(3600, "/a"), line(5, "/b")]), site="example.com"
    )
    ten = hour_of("2015-05-17T00:00:00Z")
    assert await counted(books, "example.com/a") == {ten: 2, ten + 1: 1}
    assert await counted(books, "example.com/b") == {ten: 1}
    assert (summary.lines, summary.views, summary.hours) == (4, 4, (ten, ten + 1))


async def test_the_summary_adds_up(books: Books) -> None:
    await take(books.ledger, log_of(LINES[:3]))
    more = [b"", b"  ", b"garbage", line(1, "/a.css"), line(2, "*"), line(3, "/b")]
    summary = await take(books.ledger, log_of(LINES[:3] + more) + line(4)[:-30])
    assert summary.lines == 3 + 6 + 1
    assert (summary.already_imported, summary.views) == (3, 1)
    assert +summary.left_out == Counter(
        {LeftOut.BLANK: 2, LeftOut.BROKEN: 1, LeftOut.ASSET: 1, LeftOut.NO_PATH: 1, LeftOut.UNFINISHED: 1}
    )


async def test_broken_lines_are_shown_with_their_places_up_to_a_limit(books: Books) -> None:
    summary = await take(books.ledger, log_of([line(0), b"broken", *[b"\xff"] * 9]))
    assert [(shown.number, shown.content) for shown in summary.broken[:2]] == [(2, b"broken"), (3, b"\xff")]
    assert (len(summary.broken), summary.left_out[LeftOut.BROKEN]) == (5, 10)


async def test_a_log_imported_again_changes_nothing(books: Books) -> None:
    await take(books.ledger, log_of(LINES))
    again = await take(books.ledger, log_of(LINES))
    assert (again.already_imported, again.views, again.hours) == (11, 0, None)
    assert await views(books, PAGES) == ONCE


@pytest.mark.parametrize("before", [1, 3, 4, 5, 8, 10])
async def test_a_grown_log_counts_only_its_new_lines(books: Books, before: int) -> None:
    await take(books.ledger, log_of(LINES[:before]))
    grown = await take(books.ledger, log_of(LINES))
    assert (grown.already_imported, grown.views) == (before, 11 - before)
    assert await views(books, PAGES) == ONCE


@pytest.mark.parametrize("shorter", [1, 3, 4, 5, 8, 10])
async def test_an_older_shorter_copy_changes_nothing(books: Books, shorter: int) -> None:
    await take(books.ledger, log_of(LINES))
    assert (await take(books.ledger, log_of(LINES[:shorter]))).already_imported == shorter
    assert (await take(books.ledger, log_of(LINES))).views == 0
    assert await views(books, PAGES) == ONCE


async def test_a_gzipped_copy_or_one_with_crlf_changes_nothing(books: Books) -> None:
    data = log_of(LINES)
    again = await take(books.ledger, data, gzip.compress(data), data.replace(b"\n", b"\r\n"))
    assert (again.views, again.already_imported) == (11, 22)
    assert await views(books, PAGES) == ONCE


async def test_lines_left_out_once_are_not_judged_again(books: Books) -> None:
    log = log_of([line(0, "/a.css"), line(1, "/b")])
    await take(books.ledger, log)
    everything = LogImport(books.ledger, Judge(PageViewRules(asset_extensions=frozenset())), "", dry_run=False)
    await everything.take(LogInput("a.log", BytesIO(log), lambda _: None))
    assert everything.summary.already_imported == 2
    assert await counted(books, "/a.css") == {}


async def test_an_unfinished_last_line_is_counted_once_it_is_finished(books: Books) -> None:
    unfinished = log_of(LINES[:5]) + LINES[5]
    assert (await take(books.ledger, unfinished[:-1])).left_out[LeftOut.UNFINISHED] == 1
    assert (await take(books.ledger, unfinished)).left_out[LeftOut.UNFINISHED] == 1
    assert (await take(books.ledger, unfinished + b"\n")).views == 1
    assert await views(books, PAGES) == Counter(PAGES[:6])


async def test_equal_lines_of_one_log_are_all_counted(books: Books) -> None:
    await take(books.ledger, log_of([LINES[0]] * 10), log_of([LINES[0]] * 7), log_of([LINES[0]] * 11))
    assert await views(books, PAGES) == Counter({"/p0": 11})


async def test_the_same_log_of_another_site_counts_for_that_site(books: Books) -> None:
    for site in ("a.example", "b.example"):
        assert (await take(books.ledger, log_of(LINES), site=site)).views == 11
    assert await views(books, ["a.example/p0", "b.example/p0", "/p0"]) == Counter(["a.example/p0", "b.example/p0"])


async def test_logs_that_part_ways_count_what_they_share_once(books: Books) -> None:
    first, second = LINES[:6], [*LINES[:5], *LINES[7:11]]
    await take(books.ledger, log_of(first), log_of(second), log_of(first), log_of(second))
    assert await views(books, PAGES) == ONCE - Counter(["/p6"])


async def test_a_dry_run_writes_nothing_and_knows_what_is_imported(books: Books) -> None:
    await take(books.ledger, log_of(LINES[:5]))
    for _ in range(2):
        summary = await take(books.ledger, log_of(LINES), dry_run=True)
        assert (summary.already_imported, summary.views) == (5, 6)
    assert await views(books, PAGES) == Counter(PAGES[:5])


async def test_a_cut_off_gzip_file_counts_its_lines_and_the_whole_one_the_rest(books: Books) -> None:
    packed = gzip.compress(log_of(LINES))
    with pytest.raises(InputUnreadable, match=r"a\.log: the gzip file is cut off"):
        await take(books.ledger, packed[:-20])
    assert 0 < sum((await views(books, PAGES)).values()) < 11
    await take(books.ledger, packed)
    assert await views(books, PAGES) == ONCE


@pytest.mark.parametrize("error", [NotAccepted(), OutcomeUnknown()])
@pytest.mark.parametrize("at", [1, 2, 3])
async def test_an_import_that_broke_off_goes_on_where_it_was(books: Books, at: int, error: HourmillError) -> None:
    with pytest.raises(type(error)):
        await take(Breaking(books.ledger, at, error), log_of(LINES))
    done = STRETCH_LINES * at if isinstance(error, OutcomeUnknown) else STRETCH_LINES * (at - 1)
    assert (await take(books.ledger, log_of(LINES))).already_imported == min(done, 11)
    assert await views(books, PAGES) == ONCE


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


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],  # each example has its own site
)
@given(inputs=imports())
async def test_every_line_is_counted_once_whatever_copies_come_in_whatever_order(
    books: Books, inputs: list[tuple[bytes, int, int]]
) -> None:
    histories = set()
    site = f"{uuid4()}.example"
    for data, breaks_at, sip_bytes in inputs:
        with suppress(OutcomeUnknown):
            breaking = Breaking(books.ledger, breaks_at, OutcomeUnknown())
            await take(breaking, data, site=site, sip_bytes=sip_bytes)
        await take(books.ledger, data, site=site)
        lines = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).split(b"\n")[:-1]
        histories |= {tuple(lines[: at + 1]) for at in range(len(lines))}
    # a line is the same line where all before it is the same too
    expected = Counter(site + PAGES[LINES.index(history[-1])] for history in histories)
    assert await views(books, [site + page for page in PAGES]) == expected


async def test_a_second_import_into_a_database_is_refused_until_the_first_has_ended(database_url: str) -> None:
    async with books_of_postgres(database_url):
        with pytest.raises(DataFileInUse, match=r"is being imported into from .* \(process \d+ of the server\)"):
            await PostgresLedger.open(database_url, PARTITIONS).__aenter__()
    async with PostgresLedger.open(database_url, PARTITIONS):
        pass


async def test_a_database_without_schema_knows_no_lines_and_a_dry_run_makes_none(database_url: str) -> None:
    async with PostgresLedger.open_for_asking(database_url, PARTITIONS) as ledger:
        summary = await take(ledger, log_of(LINES), dry_run=True)
        assert (summary.views, summary.already_imported) == (11, 0)
    with pytest.raises(SchemaUnusable, match="`hourmill migrate` makes it"):
        await PostgresLedger.open(database_url, PARTITIONS).__aenter__()


async def test_a_dry_run_beside_an_import_knows_what_that_has_counted_and_cannot_count(database_url: str) -> None:
    async with (
        books_of_postgres(database_url) as books,
        PostgresLedger.open_for_asking(database_url, PARTITIONS) as ledger,
    ):
        await take(books.ledger, log_of(LINES[:5]))
        assert (await take(ledger, log_of(LINES), dry_run=True)).already_imported == 5
        with pytest.raises(NotAccepted, match="read-only"):
            await take(ledger, log_of(LINES))
        assert await views(books, PAGES) == Counter(PAGES[:5])


async def test_an_import_whose_connection_is_lost_ends_and_the_next_one_goes_on(database_url: str) -> None:
    async with books_of_postgres(database_url) as books:
        await take(books.ledger, log_of(LINES[:4]))
        assert isinstance(books.ledger, PostgresLedger)
        await cut_off(database_url, books.ledger)
        with pytest.raises((NotAccepted, OutcomeUnknown)):
            await take(books.ledger, log_of(LINES))
        async with PostgresLedger.open(database_url, PARTITIONS) as next_one:
            assert (await take(next_one, log_of(LINES))).already_imported == 4
        assert await views(books, PAGES) == ONCE


async def test_a_full_counter_stays_full(database_url: str) -> None:
    hour = hour_of("2015-05-17T00:00:00Z")
    async with books_of_postgres(database_url) as books:
        for number in range(2):
            await books.ledger.count_stretch({"/p0": {hour: 2**63 - 2}}, Stretch(bytes([number]), b"1234"))
        assert await counted(books, "/p0") == {hour: 2**63 - 1}


async def cut_off(url: str, ledger: PostgresLedger) -> None:
    """End the ledger's connection from the server's side."""
    connection = await connect(url)
    await connection.execute("SELECT pg_terminate_backend($1, 10000)", ledger._connection.get_server_pid())
    await connection.close()
