"""Imports that break off anywhere: the next one goes on there, and every line is counted once."""

import gzip
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contract.books import LINES, ONCE, PAGES, STRETCH_LINES, Books, log_of, take, views

from hourmill.core.batch import Cells
from hourmill.errors import HourmillError, InputUnreadable, NotAccepted, OutcomeUnknown
from hourmill.ports.store import ImportLedger, Stretch


class Breaking:
    """A ledger that fails at its n-th stretch, before or after it is counted."""

    def __init__(self, ledger: ImportLedger, at: int, error: HourmillError) -> None:
        self._ledger = ledger
        self._left = at
        self._error = error

    async def hours_kept_from(self) -> int:
        return await self._ledger.hours_kept_from()

    async def known(self, start: bytes) -> Sequence[bytes]:
        return await self._ledger.known(start)

    async def count_stretch(self, cells: Cells, stretch: Stretch) -> None:
        self._left -= 1
        if self._left or isinstance(self._error, OutcomeUnknown):
            await self._ledger.count_stretch(cells, stretch)
        if not self._left:
            raise self._error


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


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],  # each example has its own site
)
@given(inputs=imports())
async def test_a_dry_run_says_what_the_run_does_whatever_copies_come_in_whatever_order(
    books: Books, inputs: list[tuple[bytes, int, int]]
) -> None:
    site = f"{uuid4()}.example"
    copies = [data for data, _, _ in inputs]
    for _ in range(2):
        said = await take(books.ledger, *copies, site=site, dry_run=True)
        assert said == await take(books.ledger, *copies, site=site)
