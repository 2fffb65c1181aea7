"""The surveyor: notes how far a worker's partitions are counted, beside the counting and never in its way."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from hourmill.errors import Unreachable
from hourmill.ports.progress import Gauge, ProgressNotes
from hourmill.ports.queue import Consumer

log = structlog.get_logger()

EVERY_S = 2.0  # one question to the broker for each partition, one row of the store


class Surveyor:
    """Looks into the queues of the partitions that are held.

    clock  the moment (aware)
    """

    def __init__(self, consumer: Consumer, gauge: Gauge, notes: ProgressNotes, clock: Callable[[], datetime]) -> None:
        self._consumer = consumer
        self._gauge = gauge
        self._notes = notes
        self._clock = clock

    async def run(self) -> None:
        """Survey until cancelled."""
        while True:
            try:
                await self.survey()
            except Unreachable as error:  # the leaseholder says it, too, and louder
                log.debug("progress not noted", reason=str(error))
            except Exception:  # a fault of ours; without a surveyor nobody would know how far the counting is
                log.error("survey failed", exc_info=True)
            await asyncio.sleep(EVERY_S)

    async def survey(self) -> None:
        """Look, and note what was seen.

        raises  Unreachable
        """
        now = self._clock()  # before it is asked which partitions there are: a later one has no views of before
        partitions = await self._consumer.partitions()
        await self._notes.note(partitions, await self._gauge.levels(now))
