"""Groups that are committed by a task of the event loop: where a server has to be asked."""

import asyncio
from contextlib import suppress

from hourmill.ports.store import CounterWriter
from hourmill.services.collect import Collector, Limits

FORGETTING = 0.9


class LoopCollector(Collector):
    """A Collector before a CounterWriter.

    Where commits cost by the message, a group is also held open until as many requests wait as did the last time, a few
    milliseconds at most.
    """

    def __init__(self, writer: CounterWriter, limits: Limits, held_open_s: float = 0.0) -> None:
        """held_open_s: how long a group waits at most for those who came the last time, too."""
        super().__init__(limits)
        self._writer = writer
        self._held_open_s = held_open_s
        self._usual = 0.0  # requests in a group; an unusual one is forgotten over the next dozens
        self._as_usual = asyncio.Event()
        self._committer: asyncio.Task[None] | None = None

    def _has_work(self) -> None:
        if self._committer is None or self._committer.done():
            self._start()
        if len(self._open.waiting) >= self._usual:
            self._as_usual.set()

    async def _finished(self) -> None:
        if self._committer is not None:
            await asyncio.wait([self._committer])

    def _start(self) -> None:
        self._committer = self._loop.create_task(self._commit())
        self._committer.add_done_callback(self._go_on)

    def _go_on(self, _: "asyncio.Task[None]") -> None:
        if self._open.waiting:  # a fault of ours ended the task; asyncio logs it, who waits is not forgotten
            self._start()

    async def _commit(self) -> None:
        while self._open.waiting:
            await self._filled()
            with self._committing(self._taken()) as batch:
                await self._writer.count(batch)

    async def _filled(self) -> None:
        """Wait for requests that are about to come."""
        await asyncio.sleep(0)  # those that are ready now come along
        if self._held_open_s and len(self._open.waiting) < self._usual:
            self._as_usual.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._held_open_s):
                    await self._as_usual.wait()
        self._usual = max(len(self._open.waiting), FORGETTING * self._usual)
