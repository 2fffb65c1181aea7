"""The collector: many waiting requests share one commit."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import NamedTuple, Protocol

from hourmill.core import tally
from hourmill.core.batch import Batch, Cells
from hourmill.core.figures import GroupFigures
from hourmill.errors import Closing, HourmillError, OutcomeUnknown, Overloaded
from hourmill.failpoints import Step, reached
from hourmill.ports.store import CounterWriter
from hourmill.ports.trace import Tracer

FORGETTING = 0.9


class Limits(NamedTuple):
    """How much may wait; the request that reaches a limit is the last that is let in."""

    entries: int
    """Entries: a single view is one, a batch has one for each page and hour."""
    body_bytes: int
    """Bytes of the bodies they came in."""


class Waiting(Protocol):
    """What is told how its group ended: an asyncio.Future, or a request that then answers by itself."""

    def done(self) -> bool:
        """Whether nobody wants to know any more."""

    def set_result(self, result: None, /) -> None:
        """The group is durable."""

    def set_exception(self, exception: HourmillError, /) -> None:
        """What the store said of the group."""


@dataclass(slots=True)
class _Group:
    batch: Batch = field(default_factory=lambda: Batch(cells={}, keyed={}))
    waiting: list[Waiting] = field(default_factory=list)
    entries: int = 0
    body_bytes: int = 0
    repeated: int = 0


class Collector:
    """Adds requests to the open group and commits one group after the other.

    While a commit is under way the next group fills, so that a commit is as large as the load asks for; where commits
    cost by the message, it is also held open until as many requests wait as did the last time, a few milliseconds at
    most. Every add answers with a future that is done when its group is durable; who has no use for a future, which is
    the dearer part, joins with what is to be told. Both raise

        Overloaded, Closing            at once: nothing of it will be counted
        NotAccepted, OutcomeUnknown    through what waits: what the store said of the whole group
    """

    def __init__(self, writer: CounterWriter, limits: Limits, held_open_s: float = 0.0) -> None:
        """held_open_s: how long a group waits at most for those who came the last time, too."""
        self.figures = GroupFigures()
        self.tracer: Tracer | None = None
        self._committing_since_s: float | None = None
        self._loop = asyncio.get_running_loop()
        self._writer = writer
        self._limits = limits
        self._held_open_s = held_open_s
        self._usual = 0.0  # requests in a group; an unusual one is forgotten over the next dozens
        self._as_usual = asyncio.Event()
        self._open = _Group()
        self._entries = 0  # of the open group and of the one under way
        self._body_bytes = 0
        self._committing: asyncio.Task[None] | None = None
        self._closing = False

    def add_view(self, page: str, hour: int, body_bytes: int) -> "asyncio.Future[None]":
        """Add one view."""
        waiting: asyncio.Future[None] = self._loop.create_future()
        self.join_with_view(waiting, page, hour, body_bytes)
        return waiting

    def add(self, cells: Cells, body_bytes: int) -> "asyncio.Future[None]":
        """Add cells; they are given away."""
        waiting: asyncio.Future[None] = self._loop.create_future()
        self.join(waiting, cells, body_bytes)
        return waiting

    def add_keyed(self, key_hash: bytes, cells: Cells, body_bytes: int) -> "asyncio.Future[None]":
        """Add the cells of a request with an Idempotency-Key; they are given away."""
        waiting: asyncio.Future[None] = self._loop.create_future()
        self._join(waiting, tally.cell_count(cells), body_bytes)
        if key_hash in self._open.batch.keyed:
            self._open.repeated += 1
        else:
            self._open.batch.keyed[key_hash] = cells
        return waiting

    def join_with_view(self, waiting: Waiting, page: str, hour: int, body_bytes: int) -> None:
        """Add one view, and tell `waiting`."""
        self._join(waiting, 1, body_bytes)
        tally.add_view(self._open.batch.cells, page, hour)

    def join(self, waiting: Waiting, cells: Cells, body_bytes: int) -> None:
        """Add cells, which are given away, and tell `waiting`."""
        self._join(waiting, tally.cell_count(cells), body_bytes)
        tally.add(self._open.batch.cells, cells)

    @property
    def waiting(self) -> Limits:
        """How much waits now."""
        return Limits(self._entries, self._body_bytes)

    @property
    def committing_s(self) -> float:
        """For how long the commit under way has been; 0 if there is none."""
        return 0.0 if self._committing_since_s is None else monotonic() - self._committing_since_s

    def let_in(self) -> None:
        """Raise what an add would raise at once."""
        if self._closing:
            raise Closing
        if self._entries >= self._limits.entries or self._body_bytes >= self._limits.body_bytes:
            raise Overloaded

    async def close(self) -> None:
        """Refuse what comes now, commit what waits."""
        self._closing = True
        if self._committing is not None:
            await asyncio.wait([self._committing])

    def _join(self, waiting: Waiting, entries: int, body_bytes: int) -> None:
        self.let_in()
        if self._committing is None or self._committing.done():
            self._start()
        group = self._open
        group.waiting.append(waiting)
        group.entries += entries
        group.body_bytes += body_bytes
        self._entries += entries
        self._body_bytes += body_bytes
        if len(group.waiting) >= self._usual:
            self._as_usual.set()

    def _start(self) -> None:
        self._committing = self._loop.create_task(self._commit())
        self._committing.add_done_callback(self._go_on)

    def _go_on(self, _: "asyncio.Task[None]") -> None:
        if self._open.waiting:  # a fault of ours ended the task; asyncio logs it, who waits is not forgotten
            self._start()

    async def _commit(self) -> None:
        while self._open.waiting:
            await self._filled()
            group, self._open = self._open, _Group()
            views = tally.batch_view_count(group.batch)  # the writer may keep the batch and change it
            began_s = self._committing_since_s = monotonic()
            outcome: HourmillError | None = OutcomeUnknown()
            try:
                reached(Step.GROUP_TAKEN)
                await self._writer.count(group.batch)
                reached(Step.GROUP_COUNTED)
                outcome = None
                self._note(group, views, monotonic() - began_s)
            except HourmillError as error:
                outcome = error
            finally:
                self._committing_since_s = None
                self._settle(group, outcome)

    async def _filled(self) -> None:
        """Wait for requests that are about to come."""
        await asyncio.sleep(0)  # those that are ready now come along: 10 % more views/s at 32 connections
        if self._held_open_s and len(self._open.waiting) < self._usual:
            self._as_usual.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._held_open_s):
                    await self._as_usual.wait()
        self._usual = max(len(self._open.waiting), FORGETTING * self._usual)

    def _note(self, group: _Group, views: int, took_s: float) -> None:
        requests = len(group.waiting)
        self.figures.requests += requests
        self.figures.views += views
        self.figures.repeated += group.repeated
        self.figures.sizes.add(requests)
        self.figures.commit_s.add(took_s)
        if self.tracer is not None:
            self.tracer.span("group", took_s, requests=requests, views=views)

    def _settle(self, group: _Group, outcome: HourmillError | None) -> None:
        self._entries -= group.entries
        self._body_bytes -= group.body_bytes
        for waiting in group.waiting:
            if waiting.done():  # the client went away; its views are counted all the same
                continue
            if outcome is None:
                waiting.set_result(None)
            else:
                waiting.set_exception(outcome)
