"""The mill: takes batches from the queue, adds them up, has the store count them, acknowledges."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from time import perf_counter
from typing import NamedTuple, TypeVar

import structlog

from hourmill.core import tally
from hourmill.core.batch import Batch
from hourmill.core.figures import FlushFigures
from hourmill.core.message import Claim, Message
from hourmill.core.tally import Entry
from hourmill.errors import NotAccepted, OutcomeUnknown, Poison, Scattered
from hourmill.failpoints import Step, reached
from hourmill.ports.queue import Consumer, Delivery
from hourmill.ports.store import ClaimingCounter, ParkedCell
from hourmill.ports.trace import Tracer
from hourmill.services.flush_log import FlushLog

log = structlog.get_logger()

MOST_CELLS = 50_000  # in one call of the store: below a second, and some 10 MB
AGAIN_AFTER_S = 0.1
AGAIN_AFTER_AT_MOST_S = 5.0

Result = TypeVar("Result")


class Pace(NamedTuple):
    """A flush begins when `messages` for each held partition are there, or `interval_s` after the first one came.

    It takes all that are there: the busier the store, the more messages share a call, and the more of their cells are
    one row.
    """

    messages: int
    interval_s: float


class Sum:
    """Messages added up; one that was delivered twice is in it once.

    cells  how many they make
    """

    def __init__(self, messages: Iterable[Message] = ()) -> None:
        self.messages: dict[Claim, Message] = {}
        self.total = Batch({}, {})
        self.cells = 0
        for message in messages:
            self.add(message)

    def add(self, message: Message) -> None:
        if message.claim not in self.messages:
            self.messages[message.claim] = message
            self.cells += tally.include(self.total, message.batch)


class Mill:
    """Counts what comes, one flush after the other. A flush that fails is repeated until the store has it."""

    def __init__(self, consumer: Consumer, counter: ClaimingCounter, pace: Pace) -> None:
        self._consumer = consumer
        self._counter = counter
        self._pace = pace
        self._gathering: asyncio.Future[list[Delivery]] | None = None
        self._closing = False
        self._held = 0
        self.figures = FlushFigures()
        self.tracer: Tracer | None = None
        self._log = FlushLog(self.figures)
        self._flushing = asyncio.Lock()

    async def run(self) -> None:
        """Mill until close()."""
        while not self._closing:
            enough = self._pace.messages * max(1, self._held)
            gathering = asyncio.ensure_future(self._consumer.gather(enough, self._pace.interval_s))
            self._gathering = gathering
            await asyncio.wait([gathering])
            if not gathering.cancelled():
                async with self._flushing:
                    for portion in _portions(gathering.result()):
                        await self._flush(*portion)
        self._log.say()

    async def hold(self, partitions: frozenset[int]) -> None:
        """Take from these partitions only, from the end of the flush under way on."""
        async with self._flushing:  # what is being counted is acknowledged before its partition goes to somebody else
            await self._consumer.hold(partitions)
        self._held = len(partitions)

    def close(self) -> None:
        """Gather no more; run() ends after the flush under way. What was not acknowledged is delivered again."""
        self._closing = True
        if self._gathering is not None:
            self._gathering.cancel()

    async def _flush(self, deliveries: Sequence[Delivery], added_up: Sum) -> None:
        reached(Step.GATHERED)
        began_s = perf_counter()
        await self._count(added_up)
        reached(Step.STORED)
        await self._consumer.ack(deliveries)
        reached(Step.ACKED)
        self._note(deliveries, perf_counter() - began_s)

    def _note(self, deliveries: Sequence[Delivery], took_s: float) -> None:
        self.figures.messages += len(deliveries)
        self.figures.redelivered += sum(delivery.again for delivery in deliveries)
        self.figures.sizes.add(len(deliveries))
        self.figures.flush_s.add(took_s)
        self._log.flushed(took_s)
        if self.tracer is not None:
            self.tracer.span("flush", took_s, messages=len(deliveries))

    def _note_counted(self, batch: Batch) -> None:
        self.figures.cells += tally.entry_count(batch)
        self.figures.views += tally.batch_view_count(batch)

    async def _count(self, added_up: Sum) -> None:
        while added_up.messages:
            messages, total = added_up.messages, added_up.total
            claims = list(messages)
            try:
                stale = await self._asked(lambda: self._counter.apply(claims, total))  # noqa: B023 called at once
            except Scattered:
                await self._count_halves(list(messages.values()))
                return
            except Poison as error:
                await self._isolate(list(messages.values()), error)
                return
            if not stale:
                self._note_counted(total)
                sent = sum(len(message.batch.keyed) for message in messages.values())
                self.figures.repeated += sent - len(total.keyed)  # the rest of those that repeat, the store knows
                return
            log.info("delivered again", batches=len(stale))
            self.figures.stale += len(stale)
            again = set(stale)
            added_up = Sum(message for claim, message in messages.items() if claim not in again)

    async def _count_halves(self, messages: Sequence[Message]) -> None:
        half = len(messages) // 2
        await self._count(Sum(messages[:half]))
        await self._count(Sum(messages[half:]))

    async def _isolate(self, messages: Sequence[Message], error: Poison) -> None:
        """Count all but the cells that the store refuses; those are parked."""
        if len(messages) > 1:
            await self._count_halves(messages)
            return
        claim, batch = messages[0]
        entries = tally.entries(batch)
        refused = await self._refused(entries) or set(entries)
        rest = tally.batch_of(entry for entry in entries if entry not in refused)
        parked = [ParkedCell(claim, *entry, reason=str(error)) for entry in entries if entry in refused]
        reached(Step.ISOLATED)
        if not await self._asked(lambda: self._counter.apply([claim], rest, parked)):
            self._note_counted(rest)
            self.figures.parked += len(parked)
            log.error("cells parked", producer=claim.producer.hex(), partition=claim.partition, seq=claim.seq,
                      cells=len(parked), reason=str(error))  # fmt: skip

    async def _refused(self, entries: Sequence[Entry]) -> set[Entry]:
        if await self._asked(lambda: self._counter.accepts(tally.flattened(entries))):
            return set()
        if len(entries) == 1:
            return set(entries)
        half = len(entries) // 2
        return await self._refused(entries[:half]) | await self._refused(entries[half:])

    async def _asked(self, call: Callable[[], Awaitable[Result]]) -> Result:
        """What the store answers, once it does; repeating a call is safe, its claims see to that."""
        pause_s = AGAIN_AFTER_S
        while True:
            try:
                return await call()
            except (NotAccepted, OutcomeUnknown) as error:
                self.figures.failed += 1
                log.warning("flush failed, trying again", reason=str(error), in_s=pause_s)
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 not for secrets
            pause_s = min(2 * pause_s, AGAIN_AFTER_AT_MOST_S)


def _portions(deliveries: Sequence[Delivery]) -> Iterator[tuple[list[Delivery], Sum]]:
    """The deliveries in order, in parts of about MOST_CELLS once they are added up."""
    portion, added_up = list[Delivery](), Sum()
    for delivery in deliveries:
        portion.append(delivery)
        added_up.add(delivery.message)
        if added_up.cells >= MOST_CELLS:
            yield portion, added_up
            portion, added_up = [], Sum()
    if portion:
        yield portion, added_up
