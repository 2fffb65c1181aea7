"""Long work on the event loop lets everything else have its turns."""

import asyncio
from collections.abc import Iterator
from time import perf_counter

from hourmill.services.slices import LOOKED_AFTER, SLICE_S, in_slices

ITEMS = 40 * LOOKED_AFTER


def slow() -> Iterator[int]:
    """Items that take a slice for each look at the clock."""
    for number in range(ITEMS):
        began_s = perf_counter()
        while perf_counter() - began_s < 1.1 * SLICE_S / LOOKED_AFTER:
            pass
        yield number


async def test_others_have_a_turn_after_every_slice() -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(others())
    assert await in_slices(slow()) == list(range(ITEMS))
    task.cancel()
    assert turns >= 40


async def test_all_items_are_there_whatever_their_number() -> None:
    for number in (0, 1, LOOKED_AFTER - 1, LOOKED_AFTER, LOOKED_AFTER + 1):
        assert await in_slices(range(number)) == list(range(number))
