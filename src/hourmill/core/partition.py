"""Which partition a page belongs to, and how much travels together."""

from collections.abc import Iterator
from itertools import chain, islice
from zlib import crc32

from hourmill.core.batch import Batch, Cells
from hourmill.core.page import MAX_PAGE_BYTES
from hourmill.core.tally import cell_count

CELL_BYTES = 15  # at most, encoded: an hour and a count
ENTRY_BYTES = 32  # at most, encoded: a key, or of a page what is not its text


def partition_of(page: str, partitions: int) -> int:
    """The partition of a page: 0 <= p < partitions, the same in every process."""
    # crc32, not hash(): hash() differs between processes and would move the page
    return crc32(page.encode()) % partitions


def split(cells: Cells, partitions: int) -> dict[int, Cells]:
    """The cells by partition, pages in order; a partition without cells is absent."""
    parts: dict[int, Cells] = {}
    for page in sorted(cells):
        parts.setdefault(partition_of(page, partitions), {})[page] = cells[page]
    return parts


def split_batch(batch: Batch, partitions: int) -> dict[int, Batch]:
    """The batch by partition: cells go by their page, a keyed entry as a whole by its key."""
    parts = {partition: Batch(cells, {}) for partition, cells in split(batch.cells, partitions).items()}
    for key_hash, cells in batch.keyed.items():
        partition = crc32(key_hash) % partitions  # one claim, one message: however many pages it has
        parts.setdefault(partition, Batch({}, {})).keyed[key_hash] = cells
    return parts


def parcels(batch: Batch, most_bytes: int) -> Iterator[Batch]:
    """The batch in parts that are no larger than most_bytes when encoded, if they can be: a keyed entry stays whole."""
    at_most = len(batch.cells) * (ENTRY_BYTES + MAX_PAGE_BYTES) + cell_count(batch.cells) * CELL_BYTES
    if not batch.keyed and at_most <= most_bytes:  # nearly every batch; to look at each page costs more than to split
        yield batch
        return
    parcel, size = Batch({}, {}), 0
    for key_hash, cells in chain(((None, piece) for piece in _pieces(batch.cells, most_bytes)), batch.keyed.items()):
        more = _most_bytes(cells)
        if size and size + more > most_bytes:
            yield parcel
            parcel, size = Batch({}, {}), 0
        size += more
        if key_hash is None:
            parcel.cells |= cells
        else:
            parcel.keyed[key_hash] = cells
    if size:
        yield parcel


def _pieces(cells: Cells, most_bytes: int) -> Iterator[Cells]:
    """Page by page; one with so many hours that it is larger than most_bytes in several pieces."""
    for page, hours in cells.items():
        if _most_bytes({page: hours}) <= most_bytes:
            yield {page: hours}
            continue
        at_once = max(1, (most_bytes - _most_bytes({page: {}})) // CELL_BYTES)
        left = iter(hours.items())
        while piece := dict(islice(left, at_once)):
            yield {page: piece}


def _most_bytes(cells: Cells) -> int:
    return ENTRY_BYTES + sum(ENTRY_BYTES + 4 * len(page) + CELL_BYTES * len(hours) for page, hours in cells.items())
