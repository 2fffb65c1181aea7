"""The bulkhead of reads: a few run at once, others wait in turn, what is past the bounds is refused."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from typing import NamedTuple, TypeAlias

from hourmill.errors import ReadsFull, TooManyReads
from hourmill.services.shares import Shares

Place: TypeAlias = asyncio.Future[None]
"""Done with a result: it runs; with an error: it gave way; else it waits."""


class Bounds(NamedTuple):
    """How many reads there may be.

    running    at the same time; the others wait
    of_client  running and waiting, of one client
    together   running and waiting, of all
    pause_s    after a read, until another runs in its place: what is asked without end takes a part of the event
               loop, not all of it
    """

    running: int
    of_client: int
    together: int
    pause_s: float = 0.0


class Bulkhead:
    """Lets reads run in turn, round robin over clients: who asks much waits for himself."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._shares = Shares[Place]()
        self._queues: dict[Hashable, deque[Place]] = {}  # of each client; the next in turn first
        self._running = 0
        self._closed = False

    def __len__(self) -> int:
        return len(self._shares)

    @asynccontextmanager
    async def turn(self, client: Hashable) -> AsyncIterator[None]:
        """Within: a read of a client runs.

        raises  TooManyReads, ReadsFull
        """
        place = self._admit(client)
        try:
            self._start()
            await place
            yield
        finally:
            self._leave(client, place)

    def close(self) -> None:
        """Refuse what waits and what comes: it could hold up a stop for as long as all of it takes."""
        self._closed = True
        for queue in self._queues.values():
            for place in queue:
                _refuse(place)
        self._queues.clear()

    def _admit(self, client: Hashable) -> Place:
        if self._shares.of(client) >= self._bounds.of_client:
            raise TooManyReads(self._bounds.of_client)
        if self._closed or (len(self._shares) >= self._bounds.together and not self._gave_way_to(client)):
            raise ReadsFull
        place = asyncio.get_running_loop().create_future()
        self._shares.add(client, place)
        self._queues.setdefault(client, deque()).append(place)
        return place

    def _gave_way_to(self, client: Hashable) -> bool:
        """Whether one that waits was refused, so that this client has a place."""
        last = self._shares.giving_way_to(client)
        if last is None or last[1].done():
            return False
        self._shares.discard(*last)
        _refuse(last[1])
        return True

    def _start(self) -> None:
        while self._running < self._bounds.running and (place := self._next()) is not None:
            self._running += 1
            place.set_result(None)

    def _next(self) -> Place | None:
        while self._queues:
            client, queue = next(iter(self._queues.items()))
            del self._queues[client]
            place = queue.popleft()
            if queue:
                self._queues[client] = queue  # behind all others
            if not place.done():  # else it gave way, or nobody waits for it any more
                return place
        return None

    def _leave(self, client: Hashable, place: Place) -> None:
        self._shares.discard(client, place)
        if place.done() and not place.cancelled() and place.exception() is None:
            if self._bounds.pause_s:
                asyncio.get_running_loop().call_later(self._bounds.pause_s, self._freed)
            else:
                self._freed()
        place.cancel()

    def _freed(self) -> None:
        self._running -= 1
        self._start()


def _refuse(place: Place) -> None:
    if not place.done():
        place.set_exception(ReadsFull())
        place.exception()  # whoever waited may have gone: then nobody else would look at it
