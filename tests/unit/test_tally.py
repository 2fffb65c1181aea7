"""Summing up."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from hourmill.core.batch import Cells
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
