"""Work that takes longer than a single view, in time slices: the event loop is never held by it."""

import asyncio
from collections import deque
from collections.abc import Callable, Generator
from functools import partial
from typing import Any, NamedTuple, TypeAlias, TypeVar

from hourmill.errors import HourmillError, Overloaded

TURN_S = 0.001  # single views that came meanwhile wait for so long; a slice may take as long again
LATE_S = 0.5  # what waits for its first slice for longer is late already: nothing more is taken on until it had it

Result = TypeVar("Result")
Work: TypeAlias = Generator[None, None, Result]
"""Yields at the end of each slice; its result, or its exception, is at its end."""


class _Job(NamedTuple):
    work: Work[Any]
    ended: Callable[[Any, Exception | None], None]
    came_s: float


class TimeSlices:
    """Runs work round robin, for TURN_S in each round of the event loop."""

    def __init__(self, clock_s: Callable[[], float]) -> None:
        """clock_s: a clock that never goes back, in seconds."""
        self._clock_s = clock_s
        self._loop = asyncio.get_running_loop()
        self._new: deque[_Job] = deque()
        self._begun: deque[_Job] = deque()
        self._turns = False

    def let_in(self) -> None:
        """Raise Overloaded if what came before waits for too long."""
        if self._new and self._clock_s() - self._new[0].came_s > LATE_S:
            raise Overloaded

    def run(self, work: Work[Result], ended: Callable[[Result | None, Exception | None], None]) -> None:
        """Run work, and tell its result or its exception; on the event loop."""
        self._new.append(_Job(work, ended, self._clock_s()))
        if not self._turns:
            self._turns = True
            self._loop.call_soon(self._turn)

    async def result(self, work: Work[Result]) -> Result:
        """What work gives."""
        future: asyncio.Future[Any] = self._loop.create_future()
        self.run(work, partial(_settle, future))
        try:
            found: Result = await future
        finally:
            del future  # its exception holds this frame, which would hold it: a cycle, with the body in it
        return found

    def _turn(self) -> None:
        ends_s = self._clock_s() + TURN_S
        while self._new or self._begun:
            self._slice()
            if self._clock_s() >= ends_s:
                break
        if self._new or self._begun:
            self._loop.call_soon(self._turn)
        else:
            self._turns = False

    def _slice(self) -> None:
        """One slice of what came and had none, or else of what had one the longest ago."""
        job = self._new.popleft() if self._new else self._begun.popleft()
        try:
            next(job.work)
        except StopIteration as end:
            job.ended(end.value, None)
        except Exception as error:  # noqa: BLE001 whoever asked for it is told
            job.ended(None, error.with_traceback(None) if isinstance(error, HourmillError) else error)  # it holds `job`
        else:
            self._begun.append(job)


def _settle(future: "asyncio.Future[Any]", result: object, error: Exception | None) -> None:
    if future.done():  # the client went away
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
