"""Consuming one queue, on one channel after the other."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from itertools import count
from typing import NamedTuple

import structlog
from aiormq import ChannelNotFoundEntity
from aiormq.abc import DeliveredMessage

from hourmill.adapters.rabbitmq.basket import Basket
from hourmill.adapters.rabbitmq.connection import (
    AGAIN_AFTER_AT_MOST_S,
    AGAIN_AFTER_S,
    close_channel,
    how_it_ended,
    plain_channel,
    reachable,
)
from hourmill.adapters.rabbitmq.dead_letters import DeadLetterLog
from hourmill.adapters.rabbitmq.sieve import Deliveries, SievedConnection
from hourmill.adapters.rabbitmq.source import Source
from hourmill.core.message import decode_message
from hourmill.errors import Undecodable, Unreachable
from hourmill.failpoints import Step, reached
from hourmill.ports.progress import Level
from hourmill.ports.queue import Delivery

log = structlog.get_logger()

# A consumer that has had nothing for so long is made anew, which costs milliseconds: if a quorum queue is deleted and
# made again at once, RabbitMQ (3.10) tells its consumers nothing, counts them still, and delivers nothing to them.
RENEWED_WHEN_IDLE_S = 30.0


class Pipes(NamedTuple):
    """What all taps of a consumer share.

    sources  the channels that are open, by number, as the tags of deliveries have it
    """

    basket: Basket
    sources: dict[int, Source]
    numbers: "count[int]"
    dead_letters: DeadLetterLog
    prefetch: int


class Tap:
    """A queue that is consumed.

    gone  called when it is not there; whether to go on, as it is there again
    """

    def __init__(self, partition: int, generation: int, queue: str, pipes: Pipes) -> None:
        self.partition = partition
        self.generation = generation
        self.queue = queue
        self._pipes = pipes
        self._source: Source | None = None
        self.came_s = asyncio.get_running_loop().time()
        """When something was delivered for the last time; at first, since when it is consumed."""

    async def run(self, connection: SievedConnection, gone: Callable[["Tap"], Awaitable[bool]]) -> None:
        """Consume until the connection is closed, or the queue is gone for good."""
        pause_s = AGAIN_AFTER_S
        while True:
            reason = "the broker cancelled the consumer, or a message could not be taken"
            began_s = asyncio.get_running_loop().time()
            try:
                with reachable():
                    try:
                        if await self._consume_once(connection):
                            continue
                    except ChannelNotFoundEntity:
                        if not await gone(self):
                            return
            except Unreachable as error:
                reason = str(error)
            if connection.is_closed:
                return
            if asyncio.get_running_loop().time() - began_s > AGAIN_AFTER_AT_MOST_S:
                pause_s = AGAIN_AFTER_S
            log.warning("consuming again", partition=self.partition, reason=reason)
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, AGAIN_AFTER_AT_MOST_S)

    async def level(self, now: datetime) -> Level | None:
        """How far its queue is counted; None if it cannot be looked into."""
        return None if self._source is None else await self._source.look(now)

    async def is_ours_and_empty(self) -> bool:
        """Whether the queue tells that we are its only consumer, and that nobody has a message of it, nor we."""
        return self._source is not None and await self._source.is_alone_and_empty()

    async def _consume_once(self, connection: SievedConnection) -> bool:
        """Returns, when it comes to an end, whether that was only because nothing came."""
        channel = await plain_channel(connection)
        source = Source(channel, next(self._pipes.numbers), self.partition, self.queue)
        self._pipes.sources[source.number] = source
        try:
            connection.sieve.put(channel.number, Deliveries(partial(self._delivered, source)))
            channel.on_consumer_cancel_callbacks.add(lambda _: source.end())
            await channel.basic_qos(prefetch_count=self._pipes.prefetch)
            await channel.basic_consume(self.queue, _not_taken)
            self._source = source
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
            self._source = None
            del self._pipes.sources[source.number]
            self._pipes.basket.throw_away(source.number)
            await close_channel(channel)

    def _delivered(self, source: Source, tag: int, again: bool, published: datetime | None, body: bytes) -> None:
        self.came_s = asyncio.get_running_loop().time()
        try:
            self._take(source, tag, again, published, body)
        except Exception:
            # A fault of ours. The message is neither gathered nor rejected, and the next ack would cover it: none may
            # follow on this channel.
            log.error("message not taken", partition=source.partition, exc_info=True)
            source.spoil()

    def _take(self, source: Source, tag: int, again: bool, published: datetime | None, body: bytes) -> None:
        if source.number not in self._pipes.sources:
            return
        try:
            message = decode_message(body)
        except Undecodable as error:
            self._pipes.dead_letters.add(source.partition, len(body), error)
            reached(Step.REJECTING)
            source.reject(tag)
            return
        source.taken(tag, published)
        self._pipes.basket.put(Delivery(source.partition, (source.number, tag), message, again))


async def _not_taken(_: DeliveredMessage) -> None:
    """What the sieve leaves to the library: nothing."""
