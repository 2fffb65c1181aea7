"""Which partition a page belongs to."""

from zlib import crc32

from hourmill.core.batch import Batch, Cells


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
