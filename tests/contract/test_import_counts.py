"""Imported counts: rows in any order, every hour once whatever is repeated, and a dry run that says what a run does."""

import csv
import gzip
import json
from collections import Counter
from contextlib import nullcontext
from io import BytesIO, StringIO
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contract.books import Books, Sips, rehearsed
from tests.contract.test_export import CELLS, EXPORTED, TEN
from tests.contract.test_import_broken_off import Breaking

from hourmill.adapters.sqlite.spool import SqliteSpool
from hourmill.core.batch import Cells
from hourmill.core.count_row import COLUMNS, Time, text_of
from hourmill.core.hour import FIRST_HOUR, LAST_HOUR
from hourmill.core.time_bounds import WHOLE_TIME, TimeBounds
from hourmill.errors import HourmillError, InputUnreadable, NotAccepted, OutcomeUnknown
from hourmill.ports.store import ImportLedger
from hourmill.services.import_counts import CountsImport, CountsSummary
from hourmill.services.log_input import LogInput

MIDNIGHT = TEN - 10
PAGES = ("a", "b/1", 'c,"d', "e;f", "g\u00fc")
UNSORTED = (
    "page,time,views\n"
    "a,2025-07-16T10:00:00Z,1\na,2025-07-16T11:00:00Z,10\nb,2025-07-16T10:00:00Z,5\nb,2025-07-16T11:00:00Z,10\n"
)

Rows = list[tuple[str, Time, int]]


async def take(
    books: Books, *files: bytes | str, source: str = "", bounds: TimeBounds = WHOLE_TIME, dry_run: bool = False
) -> CountsSummary:
    with rehearsed(books.ledger) if dry_run else nullcontext(books.ledger) as ledger:
        return await taken(ledger, *files, source=source, bounds=bounds)


async def taken(
    ledger: ImportLedger, *files: bytes | str, source: str = "", bounds: TimeBounds = WHOLE_TIME
) -> CountsSummary:
    with SqliteSpool.open() as spool:
        counts = CountsImport(ledger, spool, source, bounds)
        for file in files:
            data = file.encode() if isinstance(file, str) else file
            await counts.take(LogInput("views.csv", BytesIO(data), lambda _: None))
    return counts.summary


async def held(books: Books, *pages: str) -> Cells:
    found = {page: await books.reader.hours(page, FIRST_HOUR, LAST_HOUR) for page in pages or CELLS}
    return {page: hours for page, hours in found.items() if hours}


async def test_rows_in_the_order_of_pages_are_all_counted(books: Books) -> None:
    said = await take(books, UNSORTED, dry_run=True)
    assert said == await take(books, UNSORTED)
    assert (said.rows, said.counted, said.views, said.changed) == (4, 4, 26, 0)
    assert sum(sum(hours.values()) for hours in (await held(books, "a", "b")).values()) == 26
    again = await take(books, UNSORTED)
    assert (again.counted, again.already_imported) == (0, 4)


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
    assert (await take(books, EXPORTED, source="second")).counted == 5
    assert (await held(books))["ü"] == {TEN + 1: 14}


async def test_a_day_without_hours_counts_in_its_first_hour_where_hours_are_kept(books: Books) -> None:
    summary = await take(books, "page,time,views\nü,2015-05-17,9\n")
    assert (summary.counted, summary.day_only, summary.in_first_hour) == (1, 0, 9)
    assert (await held(books))["ü"] == {MIDNIGHT: 9}


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
    summary = await take(books, EXPORTED, bounds=TimeBounds(first=TEN + 30))
    assert (summary.too_old, summary.counted) == (4, 1)


async def test_rows_that_are_ahead_of_the_clock_are_left_out(books: Books) -> None:
    summary = await take(books, EXPORTED, bounds=TimeBounds(last=TEN + 1))
    assert (summary.too_new, summary.counted) == (1, 4)


async def test_views_of_hours_that_the_next_cleaning_drops_are_told(books: Books) -> None:
    summary = await take(books, EXPORTED, bounds=TimeBounds(kept_from=TEN + 30))
    assert (summary.views, summary.day_only) == (18, 17)


async def test_a_dry_run_of_counts_counts_nothing(books: Books) -> None:
    assert (await take(books, EXPORTED, dry_run=True)).views == 18
    assert await held(books) == {}
    assert (await take(books, EXPORTED)).counted == 5


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("a/1,2015-05-18T17:00:00Z,many\n", "views.csv:7: views: 'many' is not an integer from 0"),
        ("a/1,yesterday,1\n", "views.csv:7: time: 'yesterday': not a timestamp; write it like 2025-07-16T10:00:00Z"),
        ("a/1,2015-05-17,1\n", "views.csv:7: time: 2015-05-17 is a whole day, and line 2 has an hour of it"),
    ],
)
async def test_nothing_of_a_file_with_a_fault_is_counted(books: Books, bad: str, said: str) -> None:
    for dry_run in (True, False):
        with pytest.raises(InputUnreadable) as caught:
            await take(books, EXPORTED + bad, dry_run=dry_run)
        assert str(caught.value).startswith(said)
        assert str(caught.value).endswith("\nviews.csv: nothing of this file is counted.")
    assert await held(books) == {}


async def test_the_first_20_faults_of_a_file_are_named(books: Books) -> None:
    with pytest.raises(InputUnreadable) as caught:
        await take(books, EXPORTED + "a,b,c\n" * 30)
    assert [line.split(": ")[0] for line in str(caught.value).splitlines()] == [
        *(f"views.csv:{number}" for number in range(7, 27)),
        "views.csv",
    ]


async def test_nothing_of_a_cut_off_gzip_file_is_counted(books: Books) -> None:
    with pytest.raises(InputUnreadable, match=r"views.csv: the gzip file is cut off\nviews.csv: nothing of this file"):
        await take(books, gzip.compress(EXPORTED.encode())[:-1])
    assert await held(books) == {}


async def test_a_file_that_is_named_twice_counts_once_in_a_dry_run_too(books: Books) -> None:
    changed = EXPORTED.replace("11:00:00Z,7", "11:00:00Z,8")
    said = await take(books, EXPORTED, EXPORTED, changed, dry_run=True)
    assert (said.counted, said.already_imported, said.changed) == (5, 5 + 3, 2)
    assert said == await take(books, EXPORTED, EXPORTED, changed)


@pytest.mark.parametrize("error", [NotAccepted(), OutcomeUnknown()])
@pytest.mark.parametrize("at", [1, 2, 3])
async def test_an_import_of_counts_that_broke_off_goes_on_where_it_was(
    books: Books, at: int, error: HourmillError
) -> None:
    with pytest.raises(type(error)):
        await taken(Breaking(books.ledger, at, error), EXPORTED)
    hours_done = at - isinstance(error, NotAccepted)
    again = await take(books, EXPORTED)
    assert again.already_imported == (0, 2, 4, 5)[hours_done]
    assert await held(books) == CELLS


async def test_an_import_says_what_it_ignored_and_that_the_last_line_may_be_cut_off(books: Books) -> None:
    said = await take(books, "page,country,time,device,views\na/1,de,2015-05-17T10:00:00Z,phone,2")
    assert said.ignored == {"views.csv": ["country", "device"]}
    assert said.unended == ["views.csv"]
    assert await held(books) == {"a/1": {TEN: 2}}


def written(draw: st.DrawFn, rows: Rows) -> bytes:
    """A file of these rows, one way or another."""
    if draw(st.booleans()):
        lines = [json.dumps({"page": page, "time": text_of(time), "views": views}) for page, time, views in rows]
        text = "\n".join(lines) + draw(st.sampled_from(["", "\n"]))
    else:
        names = draw(st.permutations([*COLUMNS, "more"]))
        file = StringIO()
        writer = csv.writer(
            file,
            delimiter=draw(st.sampled_from(",;\t")),
            quoting=draw(st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL])),
            lineterminator=draw(st.sampled_from(["\n", "\r\n"])),
        )
        writer.writerow(names)
        for page, time, views in rows:
            cells = {"page": page, "time": draw(st.sampled_from(spellings(time))), "views": views, "more": 'x",\n;\t'}
            writer.writerow([cells[name] for name in names])
        text = draw(st.sampled_from(["", "\ufeff"])) + file.getvalue()
        text = text.rstrip("\r\n") if draw(st.booleans()) else text
    return gzip.compress(text.encode()) if draw(st.booleans()) else text.encode()


def spellings(time: Time) -> list[str]:
    text = text_of(time)
    if time.whole_day:
        return [text, text.replace("-", "")]
    return [text, text.replace("T", " ").replace("Z", ""), text.replace(":00:00Z", ":59:59.5+00:00")]


@st.composite
def files_of_counts(draw: st.DrawFn) -> list[tuple[Rows, bytes]]:
    """Files that share hours, days and rows; some are the same rows in another order and form."""
    hours = [Time(MIDNIGHT + at, whole_day=False) for at in (0, 1, 23, 24, 50)]
    times = [*hours, *(Time(MIDNIGHT + 24 * day, whole_day=True) for day in (0, 2, 3))]
    row = st.tuples(st.sampled_from(PAGES), st.sampled_from(times), st.integers(0, 3))
    lists = draw(st.lists(st.lists(row, max_size=12), min_size=1, max_size=3))
    chosen = draw(st.lists(st.sampled_from(lists).flatmap(st.permutations), min_size=1, max_size=4))
    return [(list(rows), written(draw, list(rows))) for rows in chosen]


class Model:
    """What an import is to do, said once more: per source an hour counts with the rows it first came with."""

    def __init__(self) -> None:
        self.known: dict[Time, Counter[str]] = {}
        self.sums: Counter[tuple[str, int]] = Counter()

    def counts(self, rows: Rows, bounds: TimeBounds) -> tuple[int, ...] | None:
        """How many rows of a file are counted, known, changed, too old, too new; None if it is refused."""
        by_time: dict[Time, Counter[str]] = {}
        for page, time, views in rows:
            by_time.setdefault(time, Counter())[page] += views
        if any(self.of_other_kind(time, by_time) for time in by_time):
            return None
        found = [0, 0, 0, 0, 0]
        for time, pages in by_time.items():
            as_known = self.known.get(time)
            if not bounds.first <= time.hour <= bounds.last:
                fate = 3 if time.hour < bounds.first else 4
            elif as_known is not None:
                fate = 1 if as_known == +pages else 2
            elif self.of_other_kind(time, self.known):
                fate = 2
            else:
                fate = 0
                self.known[time] = +pages
                self.sums.update({(page, time.hour): views for page, views in pages.items()})
            found[fate] += sum(at == time for _, at, _ in rows)
        return tuple(found)

    @staticmethod
    def of_other_kind(time: Time, times: dict[Time, Counter[str]]) -> bool:
        return any(at.hour // 24 == time.hour // 24 and at.whole_day != time.whole_day for at in times)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],  # each example has its own pages
)
@given(
    files=files_of_counts(), bounds=st.sampled_from([WHOLE_TIME, TimeBounds(first=MIDNIGHT + 24, last=MIDNIGHT + 48)])
)
async def test_a_dry_run_says_what_the_run_does_and_the_run_counts_the_sums(
    books: Books, files: list[tuple[Rows, bytes]], bounds: TimeBounds
) -> None:
    source, model = str(uuid4()), Model()
    expected = [model.counts(rows, bounds) for rows, _ in files]
    before = await cells(books)
    for known in (False, True):
        said = await outcome(books, files, source, bounds, dry_run=True)
        done = await outcome(books, files, source, bounds, dry_run=False)
        assert said == done
        summary, faults = done
        assert len(faults) == expected.count(None)
        counted, again, changed, too_old, too_new = map(sum, zip((0,) * 5, *filter(None, expected), strict=True))
        assert (summary.changed, summary.too_old, summary.too_new) == (changed, too_old, too_new)
        assert (summary.counted, summary.already_imported) == ((0, counted + again) if known else (counted, again))
        assert summary.views == (0 if known else model.sums.total())
        assert await cells(books) - before == +model.sums


async def outcome(
    books: Books, files: list[tuple[Rows, bytes]], source: str, bounds: TimeBounds, *, dry_run: bool
) -> tuple[CountsSummary, list[str]]:
    """What one command says of these files."""
    faults = []
    with rehearsed(books.ledger) if dry_run else nullcontext(books.ledger) as ledger, SqliteSpool.open() as spool:
        counts = CountsImport(ledger, spool, source, bounds)
        for number, (_, data) in enumerate(files):
            try:
                await counts.take(LogInput(f"{number}", Sips(data, 7), lambda _: None))
            except InputUnreadable as error:
                faults.append(str(error))
    return counts.summary, faults


async def cells(books: Books) -> Counter[tuple[str, int]]:
    found = await held(books, *PAGES)
    return Counter({(page, hour): views for page, hours in found.items() for hour, views in hours.items()})
