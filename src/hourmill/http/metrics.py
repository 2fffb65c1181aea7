"""GET /metrics: what can be counted and measured, for Prometheus."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from http import HTTPStatus
from typing import NamedTuple

from prometheus_client import ProcessCollector, generate_latest

from hourmill.errors import Unreadable
from hourmill.http.answer import Answer, Headers
from hourmill.http.families import Behind, Families
from hourmill.http.rsgi import HTTPProtocol, Scope
from hourmill.ports.progress import PartitionState, PartitionStates
from hourmill.ports.watch import Siblings, Snapshot, StoreFacts, StoreWatch

STORE_ANSWERS_WITHIN_S = 3.0  # Prometheus waits for 10 by default
TEXT: Headers = [("content-type", "text/plain; version=0.0.4; charset=utf-8"), ("cache-control", "no-store")]

_process = ProcessCollector(registry=None)  # asked by hand


def process_figures() -> dict[str, float]:
    """What the system says of this process, by the name of its metric; empty where it has no /proc."""
    return {sample.name: sample.value for family in _process.collect() for sample in family.samples}


class Sources(NamedTuple):
    """What is asked for at every scrape.

    snapshot  of this process
    siblings  that share its port
    store     its store
    states    of the partitions; None without a broker
    clock     the moment (aware)
    """

    snapshot: Callable[[], Snapshot]
    siblings: Siblings
    store: StoreWatch
    states: PartitionStates | None
    clock: Callable[[], datetime]


class Metrics:
    """What Prometheus scrapes. Processes that share a port are told as one: it cannot ask for each."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._gathering = asyncio.Lock()
        self._gathered = 0
        self._last = Answer(HTTPStatus.SERVICE_UNAVAILABLE, TEXT, b"")

    async def metrics(self, scope: Scope, protocol: HTTPProtocol) -> Answer:  # noqa: ARG002 a handler's signature
        """Everything, as it is now. What comes meanwhile waits for the next gathering, one for all of it."""
        needed = self._gathered + 1 + self._gathering.locked()
        async with self._gathering:
            if self._gathered < needed:
                self._last = await self._gather()
                self._gathered += 1
            return self._last

    async def _gather(self) -> Answer:
        behind = await self._behind()
        mine = self._sources.snapshot()
        self._sources.siblings.leave(mine)  # whoever is asked next tells no less
        families = Families([mine, *self._sources.siblings.others()], behind)
        return Answer(200, TEXT, generate_latest(families))

    async def _behind(self) -> Behind:
        facts: StoreFacts | None = None
        states: Sequence[PartitionState] = ()
        with suppress(Unreadable, TimeoutError):
            async with asyncio.timeout(STORE_ANSWERS_WITHIN_S):
                facts = await self._sources.store.facts()
                if self._sources.states is not None:
                    states = await self._sources.states.states()
        return Behind(facts, states, self._sources.clock())
