"""Consuming from RabbitMQ: a channel per held partition, one buffer for all."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from functools import partial
from itertools import count

import structlog
from aiormq import ChannelNotFoundEntity, Connection
from aiormq.abc import DeliveredMessage

from hourmill.adapters.rabbitmq.connection import (
    AGAIN_AFTER_AT_MOST_S,
    AGAIN_AFTER_S,
    Link,
    close_channel,
    how_it_ended,
    plain_channel,
    reachable,
    throwaway_channel,
)
from hourmill.adapters.rabbitmq.dead_letters import DeadLetterLog
from hourmill.adapters.rabbitmq.source import Source
from hourmill.adapters.rabbitmq.topology import Topology, declare, declare_partition
from hourmill.core.message import decode_message
from hourmill.errors import Undecodable, Unreachable
from hourmill.failpoints import Step, reached
from hourmill.ports.progress import Level
from hourmill.ports.queue import Delivery

log = structlog.get_logger()

PREFETCH = 200  # messages of a partition that are here and not acked; more would only wait in memory
ANSWERED_WITHIN_S = 10.0
# A consumer that has had nothing for so long is made anew, which costs milliseconds: if a quorum queue is deleted and
# made again at once, RabbitMQ (3.10) tells its consumers nothing, counts them still, and delivers nothing to them.
RENEWED_WHEN_IDLE_S = 30.0


class RabbitConsumer:
    """A Consumer and Gauge, for one caller at a time; open() makes one.

    The tag of a delivery is the number of its channel, never used twice, and the broker's delivery tag on it.
    """

    def __init__(self, link: Link, topology: Topology, prefetch: int) -> None:
        self._link = link
        self._topology = topology
        self._prefetch = prefetch
        self._connection: Connection | None = None
        self._held: frozenset[int] = frozenset()
        self._consuming: dict[int, asyncio.Task[None]] = {}
        self._sources: dict[int, Source] = {}
        self._numbers = count(1)
        self._buffer: deque[tuple[float, Delivery]] = deque()  # with the time when each came
        self._wanted = 1
        self._enough = asyncio.Event()
        self._was_ready = asyncio.Event()
        self._dead_letters = DeadLetterLog()

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, topology: Topology, prefetch: int = PREFETCH) -> AsyncIterator["RabbitConsumer"]:
        """Returns at once and connects in the background, as long as it takes.

        url       as connection.Link
        prefetch  how many messages of each partition can be here and not acked; more than a flush takes at most
        """
        link = Link(url, "hourmill consumer")
        consumer = cls(link, topology, prefetch)
        async with link.kept(consumer._serve):
            yield consumer

    @property
    def dead_letters(self) -> int:
        """How many messages were put aside."""
        return self._dead_letters.messages

    async def ready(self) -> None:
        await self._was_ready.wait()

    async def partitions(self) -> frozenset[int]:
        if self._connection is None:
            raise Unreachable(self._link.reason)
        partition = self._topology.partitions
        with reachable():
            try:
                async with asyncio.timeout(ANSWERED_WITHIN_S), throwaway_channel(self._connection) as channel:
                    while True:
                        await channel.queue_declare(self._topology.queue(partition), passive=True)
                        partition += 1
            except ChannelNotFoundEntity:
                return frozenset(range(partition))

    async def hold(self, partitions: frozenset[int]) -> None:
        self._held = partitions
        await self._stop(self._consuming.keys() - partitions)
        if self._connection is not None:
            self._start(self._connection)

    async def gather(self, most: int, within_s: float) -> list[Delivery]:
        loop = asyncio.get_running_loop()
        while True:
            await self._buffered(1, None)
            await self._buffered(most, self._buffer[0][0] + within_s - loop.time())
            if self._buffer:  # else what was there has gone back to its queue
                gathered, self._buffer = self._buffer, deque()
                return [delivery for _, delivery in gathered]

    async def ack(self, deliveries: Sequence[Delivery]) -> None:
        highest: dict[int, int] = {}
        for delivery in deliveries:
            number, tag = delivery.tag
            highest[number] = max(tag, highest.get(number, 0))
        for number, tag in highest.items():
            source = self._sources.get(number)
            if source is not None:  # else its channel is gone, and the broker delivers again
                with suppress(Unreachable), reachable():
                    await source.ack(tag)

    async def levels(self, now: datetime) -> dict[int, Level]:
        levels = await asyncio.gather(*[self._level(source, now) for source in self._sources.values()])
        return dict(level for level in levels if level is not None)

    async def _level(self, source: Source, now: datetime) -> tuple[int, Level] | None:
        with suppress(Unreachable), reachable():
            async with asyncio.timeout(ANSWERED_WITHIN_S):
                return source.partition, await source.look(self._topology.queue(source.partition), now)
        return None

    async def _serve(self, connection: Connection) -> None:
        await declare(connection, self._topology)
        self._connection = connection
        self._start(connection)
        self._link.established(connection)
        self._was_ready.set()
        try:
            await asyncio.wait([connection.closing])
        finally:
            self._connection = None
            await self._stop(set(self._consuming))

    def _start(self, connection: Connection) -> None:
        for partition in self._held - self._consuming.keys():
            self._consuming[partition] = asyncio.create_task(self._consume(connection, partition))

    async def _stop(self, partitions: set[int]) -> None:
        stopping = [self._consuming.pop(partition) for partition in partitions]
        for task in stopping:
            task.cancel()
        if stopping:
            await asyncio.wait(stopping)

    async def _consume(self, connection: Connection, partition: int) -> None:
        pause_s = AGAIN_AFTER_S
        while True:
            reason = "the broker cancelled the consumer, or a message could not be taken"
            began_s = asyncio.get_running_loop().time()
            try:
                with reachable():
                    try:
                        if await self._consume_once(connection, partition):
                            continue
                    except ChannelNotFoundEntity:
                        if partition >= self._topology.partitions:
                            log.info("partition is gone", partition=partition)  # somebody deleted what was left over
                            return
                        await declare_partition(connection, self._topology, partition)
            except Unreachable as error:
                reason = str(error)
            if connection.is_closed:
                return
            if asyncio.get_running_loop().time() - began_s > AGAIN_AFTER_AT_MOST_S:
                pause_s = AGAIN_AFTER_S
            log.warning("consuming again", partition=partition, reason=reason)
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, AGAIN_AFTER_AT_MOST_S)

    async def _consume_once(self, connection: Connection, partition: int) -> bool:
        """Returns, when it comes to an end, whether that was only because nothing came."""
        channel = await plain_channel(connection)
        source = Source(channel, next(self._numbers), partition)
        self._sources[source.number] = source
        try:
            channel.on_consumer_cancel_callbacks.add(lambda _: source.end())
            await channel.basic_qos(prefetch_count=self._prefetch)
            await channel.basic_consume(self._topology.queue(partition), partial(self._delivered, source))
            closing = channel.closing
            while True:
                done, _ = await asyncio.wait([closing, source.ended], timeout=RENEWED_WHEN_IDLE_S,
                                             return_when=asyncio.FIRST_COMPLETED)  # fmt: skip
                if done:
                    break
                if source.idle():
                    return True
            if closing.done() and not closing.cancelled():
                raise Unreachable(how_it_ended(closing))
            return False
        finally:
            del self._sources[source.number]
            self._buffer = deque(item for item in self._buffer if item[1].tag[0] != source.number)
            await close_channel(channel)

    async def _delivered(self, source: Source, delivered: DeliveredMessage) -> None:
        try:
            await self._take(source, delivered)
        except Exception:
            # A fault of ours. The message is neither gathered nor rejected, and the next ack would cover it: none may
            # follow on this channel.
            log.error("message not taken", partition=source.partition, exc_info=True)
            source.spoil()

    async def _take(self, source: Source, delivered: DeliveredMessage) -> None:
        tag = delivered.delivery_tag
        if tag is None or source.number not in self._sources:
            return
        try:
            message = decode_message(delivered.body)
        except Undecodable as error:
            self._dead_letters.add(source.partition, len(delivered.body), error)
            reached(Step.REJECTING)
            with suppress(Unreachable), reachable():
                await source.reject(tag)
            return
        source.taken(tag, delivered.header.properties.timestamp)
        again = bool(delivered.redelivered)
        now_s = asyncio.get_running_loop().time()
        self._buffer.append((now_s, Delivery(source.partition, (source.number, tag), message, again)))
        if len(self._buffer) >= self._wanted:
            self._enough.set()

    async def _buffered(self, messages: int, within_s: float | None) -> None:
        """Return when the buffer holds that many messages, or when the time is over."""
        self._wanted = messages
        if len(self._buffer) >= messages:
            return
        self._enough.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._enough.wait()
