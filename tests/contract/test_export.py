"""What is exported is all that was counted; imported, each hour of it is counted once, whatever is repeated."""

from io import BytesIO

import pytest
from tests.contract.books import Books
from tests.contract.cleaning import APRIL, DAYS_30, MARCH, cleaned
from tests.contract.stores import OpenStore

from hourmill.core.batch import Batch, Cells
from hourmill.core.count_row import RowFormat, heading, written
from hourmill.core.hour import FIRST_HOUR, LAST_HOUR, hour_of
from hourmill.core.retention import day_of
from hourmill.errors import InputUnreadable
from hourmill.ports.export import CounterExport
from hourmill.services.export import Days, exported
from hourmill.services.import_counts import CountsImport, CountsSummary
from hourmill.services.log_input import LogInput

TEN = hour_of("2015-05-17T10:00:00Z")
CELLS: Cells = {"a/1": {TEN: 2, TEN + 1: 3}, 'b,"/2': {TEN: 5, TEN + 30: 1}, "ü": {TEN + 1: 7}}
EXPORTED = (
    "page,time,views\n"
    'a/1,2015-05-17T10:00:00Z,2\n"b,""/2",2015-05-17T10:00:00Z,5\n'
    "a/1,2015-05-17T11:00:00Z,3\nü,2015-05-17T11:00:00Z,7\n"
    '"b,""/2",2015-05-18T16:00:00Z,1\n'
)


async def text_of(counters: CounterExport, row_format: RowFormat = "csv", span: Days | None = None) -> str:
    days = [written(rows, row_format) async for rows in exported(counters, span or Days(), lambda done, of: None)]
    return heading(row_format) + "".join(days)


async def take(books: Books, text: str, source: str = "", *, oldest: int = 0, dry_run: bool = False) -> CountsSummary:
    counts = CountsImport(books.ledger, source, oldest, dry_run=dry_run)
    await counts.take(LogInput("counts", BytesIO(text.encode()), lambda _: None))
    return counts.summary


async def held(books: Books) -> Cells:
    return {page: await books.reader.hours(page, FIRST_HOUR, LAST_HOUR) for page in CELLS}


async def test_an_export_has_everything_that_was_counted_in_the_order_of_time(open_store: OpenStore) -> None:
    async with open_store() as store:
        await store.count(Batch({"a/1": {TEN: 1}, 'b,"/2': {TEN: 5}, "ü": {TEN + 1: 7}}))
        await store.folded()
        await store.count(Batch({"a/1": {TEN: 1, TEN + 1: 3}}, {b"k" * 16: {'b,"/2': {TEN + 30: 1}}}))
        async with store.export() as counters:
            assert await text_of(counters) == EXPORTED
        async with store.export() as counters:
            assert (await text_of(counters, "ndjson")).count("\n") == 5


async def test_some_days_can_be_exported(open_store: OpenStore) -> None:
    day = day_of(TEN)
    async with open_store() as store:
        await store.count(Batch({"a": {TEN - 24: 1, TEN: 2, TEN + 24: 3}}))
        async with store.export() as counters:
            assert (await text_of(counters, span=Days(day, day + 1))).splitlines()[1:] == ["a,2015-05-17T10:00:00Z,2"]


async def test_days_whose_hours_are_gone_are_exported_as_days(open_store: OpenStore) -> None:
    async with open_store() as store:
        await store.count(Batch({"a": {MARCH: 2, APRIL: 3}}))
        await cleaned(store, DAYS_30)
        await store.count(Batch({"a": {MARCH - 1: 4}, "b": {MARCH: 1}}))
        async with store.export() as counters:
            text = await text_of(counters)
    assert text.splitlines()[1:] == ["a,2026-03-31,6", "b,2026-03-31,1", "a,2026-04-01T00:00:00Z,3"]


async def test_an_export_does_not_see_what_is_counted_meanwhile(open_store: OpenStore) -> None:
    async with open_store() as store:
        await store.count(Batch({"a": {TEN: 1}}))
        async with store.export() as counters:
            assert await counters.days() == [day_of(TEN)]
            await store.count(Batch({"a": {TEN: 1, TEN + 48: 1}}))
            await store.folded()
            assert (await text_of(counters)).splitlines()[1:] == ["a,2015-05-17T10:00:00Z,1"]


async def test_an_imported_export_is_counted_once(books: Books) -> None:
    first, again = await take(books, EXPORTED), await take(books, EXPORTED)
    assert (first.rows, first.counted, first.views, first.already_imported) == (5, 5, 18, 0)
    assert (again.rows, again.counted, again.views, again.already_imported) == (5, 0, 0, 5)
    assert await held(books) == CELLS
    assert first.hours == (TEN, TEN + 30)
    assert again.hours is None


async def test_a_longer_export_in_another_format_counts_only_its_new_hours(books: Books) -> None:
    await take(books, "".join(EXPORTED.splitlines(keepends=True)[:3]))
    again = (
        '{"page":"b,\\"/2","time":"2015-05-17T10:00:00Z","views":5}\n'
        '{"page":"a/1","time":"2015-05-17T10:00:00Z","views":2}\n'
        '{"page":"ü","time":"2015-05-17T11:00:00Z","views":7}\n'
    )
    grown = await take(books, again)
    assert (grown.already_imported, grown.counted) == (2, 1)


async def test_an_hour_that_comes_again_with_other_rows_is_not_counted(books: Books) -> None:
    await take(books, EXPORTED)
    changed = await take(books, EXPORTED.replace("11:00:00Z,7", "11:00:00Z,8"))
    assert (changed.already_imported, changed.changed, changed.counted) == (3, 2, 0)
    assert changed.changed_times == ["2015-05-17T11:00:00Z"]
    assert await held(books) == CELLS


async def test_hours_of_another_source_are_other_hours(books: Books) -> None:
    await take(books, EXPORTED)
    assert (await take(books, EXPORTED, "second")).counted == 5
    assert (await held(books))["ü"] == {TEN + 1: 14}


async def test_a_day_without_hours_counts_in_its_first_hour_where_hours_are_kept(books: Books) -> None:
    midnight = TEN - 10
    summary = await take(books, "page,time,views\nü,2015-05-17,9\n")
    assert (summary.counted, summary.day_only) == (1, 0)
    assert (await held(books))["ü"] == {midnight: 9}


async def test_a_day_is_not_counted_once_more_that_comes_first_in_hours_then_as_a_whole(books: Books) -> None:
    await take(books, EXPORTED)
    later = await take(books, "page,time,views\na/1,2015-05-17,5\nü,2015-05-17,7\nü,2015-05-19,1\n")
    assert (later.changed, later.changed_times, later.counted) == (2, ["2015-05-17"], 1)
    assert (await held(books))["a/1"] == CELLS["a/1"]


async def test_hours_of_a_day_that_was_counted_as_a_whole_are_not_counted(books: Books) -> None:
    await take(books, "page,time,views\na/1,2015-05-17,5\n")
    later = await take(books, EXPORTED)
    assert (later.changed, later.changed_times[0], later.counted) == (4, "2015-05-17T10:00:00Z", 1)


async def test_rows_that_are_older_than_what_is_kept_are_left_out(books: Books) -> None:
    summary = await take(books, EXPORTED, oldest=TEN + 30)
    assert (summary.too_old, summary.counted) == (4, 1)


async def test_a_dry_run_counts_nothing(books: Books) -> None:
    assert (await take(books, EXPORTED, dry_run=True)).views == 18
    assert (await take(books, EXPORTED)).counted == 5


@pytest.mark.parametrize("bad", ["a/1,2015-05-18T17:00:00Z,many\n", "a/1,2015-05-18T17:00:00Z,1"])
async def test_a_bad_line_ends_the_import(books: Books, bad: str) -> None:
    with pytest.raises(InputUnreadable, match="Nothing was counted from the hour of the line before it on"):
        await take(books, EXPORTED + bad)
    again = await take(books, EXPORTED + "a/1,2015-05-18T17:00:00Z,1\n")
    assert (again.already_imported, again.counted) == (4, 2)
    assert await held(books) == CELLS | {"a/1": CELLS["a/1"] | {TEN + 31: 1}}
