"""What every ledger of imports promises (ports/store.py), on the data file and on PostgreSQL: every line once."""

import gzip
from collections import Counter
from io import BytesIO

import pytest
from tests.contract.books import LINES, ONCE, PAGES, Books, counted, line, log_of, take, views

from hourmill.core.hour import hour_of
from hourmill.core.page_view_rules import Judge, LeftOut, PageViewRules
from hourmill.core.time_bounds import TimeBounds
from hourmill.services.import_log import LogImport
from hourmill.services.log_input import LogInput


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
    everything = LogImport(books.ledger, Judge(PageViewRules(asset_extensions=frozenset())), "")
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


async def test_a_dry_run_knows_what_it_has_seen_itself(books: Books) -> None:
    log = log_of(LINES)
    copies = [log_of(LINES[:6]), log, gzip.compress(log), log_of(LINES[:3])]
    said = await take(books.ledger, *copies, dry_run=True)
    assert (said.views, said.already_imported) == (11, 6 + 11 + 3)
    assert said == await take(books.ledger, *copies)


async def test_views_of_hours_that_the_next_cleaning_drops_are_told(books: Books) -> None:
    midnight = hour_of("2015-05-17T00:00:00Z")
    log_import = LogImport(books.ledger, Judge(PageViewRules(), TimeBounds(kept_from=midnight + 1)), "")
    log = log_of([line(0, "/a"), line(1, "/a"), line(3600, "/a")])
    await log_import.take(LogInput("a.log", BytesIO(log), lambda _: None))
    assert (log_import.summary.views, log_import.summary.day_only) == (3, 2)
