"""Where what is delivered waits to be gathered."""

import asyncio
from collections import deque
from contextlib import suppress

from hourmill.ports.queue import Delivery


class Basket:
    """One for all that one consumer takes, in the order in which it came."""

    def __init__(self) -> None:
        self._there: deque[tuple[float, Delivery]] = deque()  # with the time when each came
        self._wanted = 1
        self._enough = asyncio.Event()

    def put(self, delivery: Delivery) -> None:
        """One more."""
        self._there.append((asyncio.get_running_loop().time(), delivery))
        if len(self._there) >= self._wanted:
            self._enough.set()

    def throw_away(self, number: int) -> None:
        """What came from one source: it goes back to its queue."""
        self._there = deque(item for item in self._there if item[1].tag[0] != number)

    async def gather(self, most: int, within_s: float) -> list[Delivery]:
        """As ports/queue.Consumer."""
        loop = asyncio.get_running_loop()
        while True:
            await self._holds(1, None)
            await self._holds(most, self._there[0][0] + within_s - loop.time())
            if self._there:  # else what was there has gone back to its queue
                gathered, self._there = self._there, deque()
                return [delivery for _, delivery in gathered]

    async def _holds(self, messages: int, within_s: float | None) -> None:
        """Return when it holds that many messages, or when the time is over."""
        self._wanted = messages
        if len(self._there) >= messages:
            return
        self._enough.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._enough.wait()
