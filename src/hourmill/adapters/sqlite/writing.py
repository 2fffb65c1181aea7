"""Where what writes to the data file is run, besides the groups of a server."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

Result = TypeVar("Result")


class RunWriting(Protocol):
    """Runs what writes, where it writes: on the writer's thread of a server, so that nobody waits for a lock."""

    def __call__(self, job: Callable[[], Result]) -> Awaitable[Result]: ...


async def undisturbed(work: Awaitable[Result]) -> Result:
    """Its result; who is cancelled waits for its end, for the connection is closed after that."""
    running = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise


async def in_a_thread(job: Callable[[], Result]) -> Result:
    """Runs it where nobody else writes: SQLite's own lock orders it and what a server writes."""
    return await asyncio.to_thread(job)
