"""Summing up."""

import copy
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from hourmill.core import tally
from hourmill.core.batch import Batch, Cells
from hourmill.core.tally import add, add_view, cell_count, view_count

CELLS = st.dictionaries(
    st.sampled_from("abc"), st.dictionaries(st.integers(0, 3), st.integers(1, 2**40), min_size=1), max_size=3
)


def _flat(cells: Cells) -> Counter[tuple[str, int]]:
    return Counter({(page, hour): count for page, hours in cells.items() for hour, count in hours.items()})


@given(CELLS, CELLS)
def test_a_sum_holds_the_views_of_both(total: Cells, cells: Cells) -> None:
    expected = _flat(total) + _flat(cells)
    add(total, cells)
    assert _flat(total) == expected


@given(CELLS, st.sampled_from("abcd"), st.integers(0, 4))
def test_a_view_adds_one_to_its_cell(total: Cells, page: str, hour: int) -> None:
    expected = _flat(total) + Counter([(page, hour)])
    add_view(total, page, hour)
    assert _flat(total) == expected


@given(CELLS)
def test_cells_and_views_are_counted(cells: Cells) -> None:
    assert cell_count(cells) == len(_flat(cells))
    assert view_count(cells) == _flat(cells).total()


def test_nothing_adds_nothing() -> None:
    total: Cells = {}
    add(total, {})
    assert (total, cell_count(total), view_count(total)) == ({}, 0, 0)


BATCHES = st.lists(
    st.builds(Batch, cells=CELLS, keyed=st.dictionaries(st.sampled_from([b"k1", b"k2"]), CELLS, max_size=2)), max_size=4
)


def sum_of(batches: list[Batch]) -> Batch:
    total, cells = Batch({}, {}), 0
    for batch in batches:
        cells += tally.include(total, batch)
    assert cells == tally.entry_count(total)
    return total


@given(BATCHES)
def test_the_sum_of_batches_leaves_them_as_they_are(batches: list[Batch]) -> None:
    before = copy.deepcopy(batches)
    total = sum_of(batches)
    tally.add(total.cells, {"a": {1: 1}})  # nor does a change of the sum reach them
    assert batches == before


@given(BATCHES)
def test_batches_are_summed_cell_by_cell_and_of_one_key_the_first_counts(batches: list[Batch]) -> None:
    plain: dict[tuple[str, int], int] = {}
    keyed: dict[bytes, Cells] = {}
    for batch in batches:
        for page, hours in batch.cells.items():
            for hour, count in hours.items():
                plain[page, hour] = plain.get((page, hour), 0) + count
        keyed = batch.keyed | keyed
    total = sum_of(batches)
    assert {(page, hour): n for page, hours in total.cells.items() for hour, n in hours.items()} == plain
    assert total.keyed == keyed


@given(BATCHES)
def test_entries_name_every_cell(batches: list[Batch]) -> None:
    for batch in batches:
        entries = tally.entries(batch)
        assert len(entries) == tally.entry_count(batch)
        again = tally.batch_of(entries)
        assert {page: hours for page, hours in batch.cells.items() if hours} == again.cells
        assert tally.view_count(tally.flattened(entries)) == sum(entry.views for entry in entries)
