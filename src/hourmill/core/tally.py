"""Summing up: cells into cells."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from hourmill.core.batch import Batch, Cells
from hourmill.core.retention import day_of

HEAVY_CHARS = 256  # of a page: one with so many more is as much work as one cell more


class Entry(NamedTuple):
    """One cell of a batch; key_hash is that of the keyed entry it belongs to, or None."""

    key_hash: bytes | None
    page: str
    hour: int
    views: int


def add_view(total: Cells, page: str, hour: int) -> None:
    """Add one view to the total."""
    hours = total.get(page)
    if hours is None:
        total[page] = {hour: 1}
    else:
        hours[hour] = hours.get(hour, 0) + 1


def add(total: Cells, cells: Cells) -> int:
    """Add the cells to the total.

    cells    is given away: the total may keep and change its inner dicts
    returns  how many cells the total has more
    """
    more = 0
    for page, counts in cells.items():
        hours = total.get(page)
        if hours is None:
            total[page] = counts
            more += len(counts)
        else:
            more -= len(hours)
            for hour, count in counts.items():
                hours[hour] = hours.get(hour, 0) + count
            more += len(hours)
    return more


def in_parts(cells: Cells, most: int) -> Iterator[Cells]:
    """The cells in parts of so many at most, or themselves; a part of long pages has fewer."""
    if cell_count(cells) <= most // 2:  # nearly always; a group of so many long pages is work for one more part or two
        if cells:
            yield cells
        return
    part: Cells = {}
    weight = 0
    for page, hours in cells.items():
        weighs = 1 + len(page) // HEAVY_CHARS
        left = iter(hours.items())
        while piece := dict(islice(left, max(1, most // weighs))):
            if weight + len(piece) * weighs > most and part:
                yield part
                part, weight = {}, 0
            part[page] = piece
            weight += len(piece) * weighs
    if part:
        yield part


def split_at(cells: Cells, hour: int) -> tuple[Cells, Cells]:
    """The cells from an hour on, and those before it; the first may be the cells themselves."""
    if not any(min(hours) < hour for hours in cells.values() if hours):
        return cells, {}
    since: Cells = {}
    before: Cells = {}
    for page, hours in cells.items():
        for at, views in hours.items():
            (since if at >= hour else before).setdefault(page, {})[at] = views
    return since, before


def by_day(cells: Cells) -> Cells:
    """The cells summed up by UTC day: page -> day since 1970 -> views."""
    days: Cells = {}
    for page, hours in cells.items():
        for hour, views in hours.items():
            add(days, {page: {day_of(hour): views}})
    return days


def cell_count(cells: Cells) -> int:
    """How many (page, hour) cells there are."""
    return sum(map(len, cells.values()))


def entry_count(batch: Batch) -> int:
    """How many cells a batch has, those of its keyed entries too."""
    return cell_count(batch.cells) + sum(map(cell_count, batch.keyed.values()))


def view_count(cells: Cells) -> int:
    """How many views the cells hold together."""
    return sum(map(sum, map(dict.values, cells.values())))  # in C: a batch of thousands is counted for the metrics


def batch_view_count(batch: Batch) -> int:
    """How many views a batch has, those of its keyed entries too."""
    return view_count(batch.cells) + sum(map(view_count, batch.keyed.values()))


def include(total: Batch, batch: Batch) -> int:
    """Add a batch, which stays as it is, to the total; of entries under one key, the first counts.

    returns how many cells the total has more
    """
    more = 0
    for page, counts in batch.cells.items():
        hours = total.cells.get(page)
        if hours is None:
            total.cells[page] = counts.copy()
            more += len(counts)
        else:
            more -= len(hours)
            for hour, count in counts.items():
                hours[hour] = hours.get(hour, 0) + count
            more += len(hours)
    for key_hash, cells in batch.keyed.items():
        if key_hash not in total.keyed:
            total.keyed[key_hash] = cells
            more += cell_count(cells)
    return more


def entries(batch: Batch) -> list[Entry]:
    """Every cell of a batch."""
    parts = [(None, batch.cells), *batch.keyed.items()]
    return [
        Entry(key, page, hour, n) for key, cells in parts for page, hours in cells.items() for hour, n in hours.items()
    ]


def batch_of(entries: Iterable[Entry]) -> Batch:
    """The batch that has these cells."""
    batch = Batch({}, {})
    for key_hash, page, hour, views in entries:
        cells = batch.cells if key_hash is None else batch.keyed.setdefault(key_hash, {})
        cells.setdefault(page, {})[hour] = views
    return batch


def flattened(entries: Iterable[Entry]) -> Cells:
    """The sum of cells, whatever their key."""
    total: Cells = {}
    for _, page, hour, views in entries:
        add(total, {page: {hour: views}})
    return total
