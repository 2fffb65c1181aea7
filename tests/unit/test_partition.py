"""Which partition a page belongs to."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourmill.core.batch import Batch, Cells
from hourmill.core.partition import parcels, partition_of, split, split_batch
from hourmill.core.tally import add, cell_count

PAGES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
CELLS = st.dictionaries(
    PAGES, st.dictionaries(st.integers(0, 5), st.integers(1, 9), min_size=1, max_size=3), max_size=8
)

# crc32("123456789") is 0xCBF43926 by the definition of CRC-32; the others are what zlib says
KNOWN = [("123456789", 0xCBF43926), ("example.com/", 0xCBD823B2), ("\u00e9", 0x0E048D3E), ("\U0001f600", 0x054DB544)]


@pytest.mark.parametrize(("page", "checksum"), KNOWN)
@pytest.mark.parametrize("partitions", [1, 2, 10, 32767])
def test_a_page_stays_in_its_partition(page: str, checksum: int, partitions: int) -> None:
    assert partition_of(page, partitions) == checksum % partitions


@given(PAGES, st.integers(1, 32767))
def test_every_page_has_a_partition(page: str, partitions: int) -> None:
    assert 0 <= partition_of(page, partitions) < partitions


@given(CELLS, st.integers(1, 12))
def test_a_split_holds_every_cell_once_where_it_belongs(cells: Cells, partitions: int) -> None:
    parts = split(cells, partitions)
    assert {page: hours for part in parts.values() for page, hours in part.items()} == cells
    assert sum(map(len, parts.values())) == len(cells)
    assert all(partition_of(page, partitions) == partition for partition, part in parts.items() for page in part)


@given(CELLS, st.integers(1, 12))
def test_a_split_has_no_empty_part_and_its_pages_in_order(cells: Cells, partitions: int) -> None:
    parts = split(cells, partitions)
    assert all(part and list(part) == sorted(part) for part in parts.values())


def test_nothing_splits_into_nothing() -> None:
    assert split({}, 10) == {}


@given(CELLS, st.dictionaries(st.binary(min_size=16, max_size=16), CELLS, max_size=5), st.integers(1, 12))
def test_a_batch_is_split_by_page_and_a_keyed_entry_stays_whole(
    cells: Cells, keyed: dict[bytes, Cells], partitions: int
) -> None:
    parts = split_batch(Batch(cells, keyed), partitions)
    assert {page: hours for part in parts.values() for page, hours in part.cells.items()} == cells
    assert {key: entry for part in parts.values() for key, entry in part.keyed.items()} == keyed
    assert all(partition_of(page, partitions) == number for number, part in parts.items() for page in part.cells)
    assert all(part.cells or part.keyed for part in parts.values())


@given(CELLS, st.dictionaries(st.binary(min_size=16, max_size=16), CELLS.filter(bool), max_size=5), st.integers(1, 400))
def test_parcels_hold_the_batch_and_no_more_than_they_may(cells: Cells, keyed: dict[bytes, Cells], most: int) -> None:
    found = list(parcels(Batch(cells, keyed), most))
    total: Cells = {}
    for parcel in found:
        add(total, {page: hours.copy() for page, hours in parcel.cells.items()})
    assert total == cells
    assert sum(cell_count(parcel.cells) for parcel in found) == cell_count(cells)
    assert {key: entry for parcel in found for key, entry in parcel.keyed.items()} == keyed
    for parcel in found:
        is_whole = len(parcel.keyed) + cell_count(parcel.cells) == 1  # a keyed entry, or a cell
        assert is_whole or len(msgspec.msgpack.encode(parcel)) <= most + 20  # the names of a Batch's fields


def test_a_page_of_many_hours_goes_in_several_parcels() -> None:
    hours = dict.fromkeys(range(400000, 500000), 2**31 - 1)
    found = list(parcels(Batch({"a": hours}, {}), 1 << 18))
    assert {hour: count for parcel in found for hour, count in parcel.cells["a"].items()} == hours
    assert max(len(msgspec.msgpack.encode(parcel)) for parcel in found) <= 1 << 18
