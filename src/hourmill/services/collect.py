"""The collector: many waiting requests share one commit."""

import asyncio
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import NamedTuple, Protocol

from hourmill.core import tally
from hourmill.core.batch import Batch, Cells
from hourmill.core.figures import GroupFigures
from hourmill.errors import Closing, HourmillError, OutcomeUnknown, Overloaded
from hourmill.failpoints import Step, reached
from hourmill.ports.trace import Tracer
from hourmill.services.acceptance import Outcomes, Trouble


class Limits(NamedTuple):
    """How much may wait; the request that reaches a limit is the last that is let in."""

    entries: int
    """Entries: a single view is one, a batch has one for each page and hour."""
    body_bytes: int
    """Bytes of the bodies they came in."""


MOST_GROUPED = (
    5_000  # entries, roughly, of one commit: as many take a few milliseconds, for which others may have to wait
)


class Waiting(Protocol):
    """What is told how its group ended, on the thread that committed it."""

    def set_result(self, result: None, /) -> None:
        """The group is durable."""

    def set_exception(self, exception: HourmillError, /) -> None:
        """What the store said of the group."""


@dataclass(slots=True)
class Group:
    """Requests that are committed together."""

    batch: Batch = field(default_factory=lambda: Batch(cells={}, keyed={}))
    waiting: list[Waiting] = field(default_factory=list)
    entries: int = 0
    body_bytes: int = 0
    repeated: int = 0


class Collector(ABC):
    """Adds requests to the open group; one group after the other is committed, as a subclass knows how.

    While a commit is under way the next group fills, so that a commit is as large as the load asks for. Requests are
    added on the event loop. Every add answers with a future that is done when its group is durable; who has no use for
    a future, which is the dearer part, joins with what is to be told. Both raise

        Overloaded, Closing            at once: nothing of it will be counted
        NotAccepted, OutcomeUnknown    through what waits: what the store said of the whole group
    """

    def __init__(self, limits: Limits) -> None:
        self.figures = GroupFigures()
        self.outcomes = Outcomes()
        self.tracer: Tracer | None = None
        self._loop = asyncio.get_running_loop()
        self._limits = limits
        self._filling = threading.Lock()  # of the open group and what waits; groups may be taken on another thread
        self._open = Group()
        self._full: deque[Group] = deque()  # before it; no more is added to them
        self._entries = 0  # of these groups and of the one under way
        self._body_bytes = 0
        self._committing_since_s: float | None = None
        self._closing = False

    def add_view(self, page: str, hour: int, body_bytes: int) -> "asyncio.Future[None]":
        """Add one view."""
        waiting = _Awaited(self._loop)
        self.join_with_view(waiting, page, hour, body_bytes)
        return waiting.future

    def add(self, cells: Cells, body_bytes: int) -> "asyncio.Future[None]":
        """Add cells; they are given away."""
        waiting = _Awaited(self._loop)
        self.join(waiting, cells, body_bytes)
        return waiting.future

    def add_keyed(self, key_hash: bytes, cells: Cells, body_bytes: int) -> "asyncio.Future[None]":
        """Add the cells of a request with an Idempotency-Key; they are given away."""
        self.let_in()
        waiting = _Awaited(self._loop)
        with self._filling:
            group = self._joined(waiting, tally.cell_count(cells), body_bytes)
            if key_hash in group.batch.keyed:
                group.repeated += 1
            else:
                group.batch.keyed[key_hash] = cells
        self._has_work()
        return waiting.future

    def join_with_view(self, waiting: Waiting, page: str, hour: int, body_bytes: int) -> None:
        """Add one view, and tell `waiting`."""
        self.let_in()
        with self._filling:
            tally.add_view(self._joined(waiting, 1, body_bytes).batch.cells, page, hour)
        self._has_work()

    def join(self, waiting: Waiting, cells: Cells, body_bytes: int) -> None:
        """Add cells, which are given away, and tell `waiting`."""
        self.let_in()
        with self._filling:
            tally.add(self._joined(waiting, tally.cell_count(cells), body_bytes).batch.cells, cells)
        self._has_work()

    @property
    def waiting(self) -> Limits:
        """How much waits now."""
        return Limits(self._entries, self._body_bytes)

    @property
    def committing_s(self) -> float:
        """For how long the commit under way has been; 0 if there is none."""
        since_s = self._committing_since_s
        return 0.0 if since_s is None else monotonic() - since_s

    def trouble(self) -> Trouble | None:
        """Why groups do not become durable, or None."""
        since_s = self._committing_since_s
        ended = self.outcomes.trouble(monotonic())
        return ended if since_s is None or ended is not None else Trouble(since_s, "A commit has not finished.")

    def let_in(self) -> None:
        """Raise what an add would raise at once."""
        if self._closing:
            raise Closing
        if self._entries >= self._limits.entries or self._body_bytes >= self._limits.body_bytes:
            raise Overloaded

    async def close(self) -> None:
        """Refuse what comes now, commit what waits."""
        self._closing = True
        await self._finished()

    @abstractmethod
    def _has_work(self) -> None:
        """A request has joined the open group."""

    @abstractmethod
    async def _finished(self) -> None:
        """Return when nothing waits any more."""

    def _joined(self, waiting: Waiting, entries: int, body_bytes: int) -> Group:
        if self._open.entries >= MOST_GROUPED:
            self._full.append(self._open)
            self._open = Group()
        group = self._open
        group.waiting.append(waiting)
        group.entries += entries
        group.body_bytes += body_bytes
        self._entries += entries
        self._body_bytes += body_bytes
        return group

    def _taken(self) -> Group:
        """The oldest group that is full, or else the open one, which may be empty; another one is open from then on."""
        if self._full:
            return self._full.popleft()
        group, self._open = self._open, Group()
        return group

    @contextmanager
    def _committing(self, group: Group) -> Iterator[Batch]:
        """Within: the batch of a group is committed; then all that wait are told how that ended."""
        views = tally.batch_view_count(group.batch)  # the writer may keep the batch and change it
        began_s = self._committing_since_s = monotonic()
        outcome: HourmillError | None = OutcomeUnknown()
        try:
            reached(Step.GROUP_TAKEN)
            yield group.batch
            reached(Step.GROUP_COUNTED)
            outcome = None
            self.outcomes.accepted(monotonic())
            self._note(group, views, monotonic() - began_s)
        except HourmillError as error:
            outcome = error
        finally:
            if outcome is not None:
                self.outcomes.failed(monotonic(), str(outcome))
            self._committing_since_s = None
            self._settle(group, outcome)

    def _note(self, group: Group, views: int, took_s: float) -> None:
        requests = len(group.waiting)
        self.figures.requests += requests
        self.figures.views += views
        self.figures.repeated += group.repeated
        self.figures.sizes.add(requests)
        self.figures.commit_s.add(took_s)
        if self.tracer is not None:
            self.tracer.span("group", took_s, requests=requests, views=views)

    def _settle(self, group: Group, outcome: HourmillError | None) -> None:
        with self._filling:
            self._entries -= group.entries
            self._body_bytes -= group.body_bytes
        for waiting in group.waiting:
            if outcome is None:
                waiting.set_result(None)
            else:
                waiting.set_exception(outcome)


class _Awaited:
    """A future of the event loop, told from any thread."""

    __slots__ = ("_loop", "future")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.future: asyncio.Future[None] = loop.create_future()

    def set_result(self, _: None, /) -> None:
        self._loop.call_soon_threadsafe(self._tell, None)

    def set_exception(self, exception: HourmillError, /) -> None:
        self._loop.call_soon_threadsafe(self._tell, exception)

    def _tell(self, exception: HourmillError | None) -> None:
        if self.future.done():  # the client went away; its views are counted all the same
            return
        if exception is None:
            self.future.set_result(None)
        else:
            self.future.set_exception(exception)
