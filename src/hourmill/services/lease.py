"""The leaseholder: keeps a worker's leases, and has it consume the partitions they name."""

import asyncio
import random
from uuid import uuid4

import structlog

from hourmill.errors import Unreachable
from hourmill.failpoints import Step, reached
from hourmill.ports.queue import Consumer
from hourmill.ports.store import PartitionLeases
from hourmill.services.mill import Mill

log = structlog.get_logger()

RENEWED_EVERY_S = 3.0  # a lease lasts 10 s: two renewals may fail before others take it


class Leaseholder:
    """Holds the worker's fair share of partitions, and has its mill take from them."""

    def __init__(self, leases: PartitionLeases, consumer: Consumer, mill: Mill) -> None:
        self._leases = leases
        self._consumer = consumer
        self._mill = mill
        self._worker = uuid4().bytes
        self._held: frozenset[int] = frozenset()

    async def run(self) -> None:
        """Renew until cancelled."""
        while True:
            try:
                await self._renew()
            except Unreachable as error:  # what is held goes on being consumed: the claims keep the counting right
                log.warning("leases not renewed", reason=str(error))
            await asyncio.sleep(RENEWED_EVERY_S * random.uniform(0.8, 1.0))  # noqa: S311 not for secrets

    @property
    def held(self) -> int:
        """How many partitions it holds."""
        return len(self._held)

    async def leave(self) -> None:
        """Give back everything."""
        try:
            await self._leases.leave(self._worker)
        except Unreachable as error:
            log.warning("leases not given back; they expire by themselves", reason=str(error))

    async def _renew(self) -> None:
        holding = await self._leases.renew(self._worker, await self._consumer.partitions())
        kept = frozenset(sorted(holding.held)[: holding.fair_share])
        if kept != self._held:
            reached(Step.LEASED)
            await self._mill.hold(kept)
            log.info("partitions", held=sorted(kept), fair_share=holding.fair_share)
            self._held = kept
        if surplus := holding.held - kept:
            reached(Step.LET_GO)
            await self._leases.release(self._worker, surplus)
