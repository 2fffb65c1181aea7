"""What is counted as the arrays that the server's functions take."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID

from hourmill.core.batch import Batch, Cells
from hourmill.core.hour import FIRST_HOUR, LAST_HOUR
from hourmill.core.message import Claim
from hourmill.core.partition import partition_of
from hourmill.errors import Poison
from hourmill.ports.store import ParkedCell


class CellRows(NamedTuple):
    """Cells as columns of equal length."""

    pages: list[str]
    hours: list[int]
    views: list[int]
    partitions: list[int]


def cell_rows(cells: Iterable[Cells], partitions: int) -> CellRows:
    """The cells, one row each, in order; a page and an hour may come again.

    raises  Poison  for what is no page, no hour from FIRST_HOUR to LAST_HOUR, or no positive number of views
    """
    rows = CellRows([], [], [], [])
    for page, hours in chain.from_iterable(part.items() for part in cells):
        rows.pages.extend([page] * len(hours))
        rows.hours.extend(hours)
        rows.views.extend(hours.values())
        rows.partitions.extend([_partition(page, partitions)] * len(hours))
    if rows.hours and not FIRST_HOUR <= min(rows.hours) <= max(rows.hours) <= LAST_HOUR:
        raise Poison("An hour outside the years 1970 to 2200.")
    if rows.views and min(rows.views) < 1:
        raise Poison("A number of views below 1.")
    return rows


def _partition(page: str, partitions: int) -> int:
    try:
        return partition_of(page, partitions)
    except UnicodeEncodeError as error:
        raise Poison(f"A page that is no UTF-8 ({error}).") from error


def cell_keys(batch: Batch, places: dict[bytes, int]) -> list[int | None]:
    """For each row of a batch's cells, those without a key first: the place of its key; empty if there are no keys."""
    if not batch.keyed:
        return []
    found: list[int | None] = [None] * sum(map(len, batch.cells.values()))
    for key_hash, cells in batch.keyed.items():
        found += [places[key_hash]] * sum(map(len, cells.values()))
    return found


def key_places(batch: Batch, parked: Sequence[ParkedCell]) -> dict[bytes, int]:
    """Every key and its place, from 1: those of cells that count, those of parked cells."""
    keys = dict.fromkeys(batch.keyed)
    keys.update(dict.fromkeys(cell.key_hash for cell in parked if cell.key_hash is not None))
    return {key_hash: place for place, key_hash in enumerate(keys, 1)}


def claim_columns(claims: Sequence[Claim]) -> list[list[Any]]:
    """Producers, partitions, numbers."""
    producers = [UUID(bytes=claim.producer) for claim in claims]
    return [producers, [claim.partition for claim in claims], [claim.seq for claim in claims]]


def parked_columns(parked: Sequence[ParkedCell], claims: Sequence[Claim], places: dict[bytes, int]) -> list[list[Any]]:
    """Places of the claims and keys, then pages, hours, views and reasons, in forms that hold anything.

    raises  ValueError  for a cell of another claim
    """
    return [
        [claims.index(cell.claim) + 1 for cell in parked],
        [None if cell.key_hash is None else places[cell.key_hash] for cell in parked],
        [cell.page.encode(errors="surrogatepass") for cell in parked],
        [Decimal(cell.hour) for cell in parked],
        [Decimal(cell.views) for cell in parked],
        [cell.reason.replace("\0", "\\0").encode(errors="replace").decode() for cell in parked],
    ]
