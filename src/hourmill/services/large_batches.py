"""Large batches: a few are read, one at a time is parsed and committed, and the others wait."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hourmill.errors import Overloaded

PLACES = 4  # of bodies that are read, or wait in memory until it is their turn
READ_WITHIN_S = 1.0  # a body that comes more slowly costs little: it gives its place to another one
WAITS_WITHIN_S = 10.0  # a batch takes some tenths of a second; who waits for longer had better come again later


class Place:
    """A place, until it is left, or the body takes too long to come."""

    def __init__(self, places: asyncio.Semaphore) -> None:
        self._places: asyncio.Semaphore | None = places
        self._too_slow = asyncio.get_running_loop().call_later(READ_WITHIN_S, self.leave)

    def keep(self) -> None:
        """The body has come."""
        self._too_slow.cancel()

    def leave(self) -> None:
        """Give the place to another one; once is enough."""
        self._too_slow.cancel()
        if self._places is not None:
            self._places.release()
            self._places = None


class LargeBatches:
    """Lets large batches in, first come, first served; those that would wait for too long are refused."""

    def __init__(self, most_bytes: int, within_s: float = WAITS_WITHIN_S) -> None:
        """most_bytes: that wait for their turn at most, with those that came slowly; one more body is let in."""
        self._most_bytes = most_bytes
        self._within_s = within_s
        self._places = asyncio.Semaphore(PLACES)
        self._turn = asyncio.Lock()
        self._waiting_bytes = 0

    async def place(self) -> Place:
        """Wait until a body may be read.

        raises  Overloaded  nothing was read
        """
        await self._acquire(self._places)
        return Place(self._places)

    @asynccontextmanager
    async def turn(self, body_bytes: int) -> AsyncIterator[None]:
        """Within: no other one is parsed or committed.

        raises  Overloaded  nothing of it will be counted
        """
        if self._waiting_bytes >= self._most_bytes:
            raise Overloaded
        self._waiting_bytes += body_bytes
        try:
            await self._acquire(self._turn)
            try:
                yield
            finally:
                self._turn.release()
        finally:
            self._waiting_bytes -= body_bytes

    async def _acquire(self, lock: asyncio.Lock | asyncio.Semaphore) -> None:
        try:
            async with asyncio.timeout(self._within_s):
                await lock.acquire()
        except TimeoutError:
            raise Overloaded from None
