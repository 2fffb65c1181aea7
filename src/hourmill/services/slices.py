"""Long work on the event loop, in slices: between two of them everything else has its turn."""

import asyncio
from collections.abc import Iterable
from itertools import islice
from time import perf_counter
from typing import TypeVar

SLICE_S = 0.001  # a view waits for no longer behind it; with less, the turns of the event loop would cost more
PAUSE_S = 0.001  # not 0: other threads get the interpreter's lock at once only from a loop that really waits
LOOKED_AFTER = 64  # items, between two looks at the clock: some 0.1 ms

Item = TypeVar("Item")


async def in_slices(items: Iterable[Item]) -> list[Item]:
    """All items; what making them takes is spread over many turns of the event loop."""
    found: list[Item] = []
    rest = iter(items)
    began_s = perf_counter()
    while some := list(islice(rest, LOOKED_AFTER)):
        found += some
        if perf_counter() - began_s > SLICE_S:
            await asyncio.sleep(PAUSE_S)
            began_s = perf_counter()
    return found
