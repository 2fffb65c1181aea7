"""Answering what came on one channel: acks and rejections, in order, and no ack that should not be."""

import asyncio
from collections import deque
from contextlib import suppress
from datetime import datetime

from aiormq import Channel

from hourmill.adapters.rabbitmq.connection import reachable
from hourmill.adapters.rabbitmq.reckoning import Reckoning
from hourmill.errors import Unreachable
from hourmill.ports.progress import Level


class Source:
    """A channel that one queue is consumed on."""

    def __init__(self, channel: Channel, number: int, partition: int, queue: str) -> None:
        self.number = number
        self.partition = partition
        self._queue = queue
        self._channel = channel
        self._reckoning = Reckoning()
        self.last = 0  # tag to be acked some day
        self.ended: asyncio.Future[None] = channel.loop.create_future()
        self._spoiled = False
        self._acked = 0
        self._seen = 0
        # Rejections leave first: an ack that overtook that of an earlier message would ack that one, too.
        self._rejected = deque[int]()
        self._answering = asyncio.Lock()

    def idle(self) -> bool:
        """Whether nothing has come since this was asked before, and nothing is to be acked."""
        seen, self._seen = self._seen, self.last
        return seen == self.last and self._acked >= self.last

    def taken(self, tag: int, published: datetime | None) -> None:
        """A message came that is to be acked some day."""
        self.last = tag
        self._reckoning.delivered(tag, published)

    async def look(self, now: datetime) -> Level:
        """Look into the queue."""
        ready, consumers = await self._counts()
        counted_until = self._reckoning.looked(ready, consumers, now)
        return Level(ready + self._reckoning.waiting, counted_until)

    async def is_alone_and_empty(self) -> bool:
        """Whether this is the queue's only channel, none of its messages is ready, and none is here and not acked."""
        ready, consumers = await self._counts()  # 0 and 0 if the broker could not look
        return consumers == 1 and ready == 0 and self._reckoning.waiting == 0

    async def _counts(self) -> tuple[int, int]:
        # on this channel, so that its answer comes after what was delivered before the question
        seen = await self._channel.queue_declare(self._queue, passive=True)
        return seen.message_count or 0, seen.consumer_count or 0

    def end(self) -> None:
        """Nothing more comes of it."""
        if not self.ended.done():
            self.ended.set_result(None)

    def spoil(self) -> None:
        """End it, and ack nothing more: all that was not acked is delivered again."""
        self._spoiled = True
        self.end()

    def reject(self, tag: int) -> None:
        """Have the broker dead-letter a message."""
        self._rejected.append(tag)
        self._channel.create_task(self._reject_soon())  # it ends with the channel

    async def ack(self, tag: int) -> None:
        """Ack everything up to the tag."""
        if tag > self._acked and not self._spoiled:  # the broker closes the channel when something is acked twice
            self._acked = tag
            self._reckoning.acked(tag)
            await self._reject()
            async with self._answering:
                await self._channel.basic_ack(tag, multiple=True)

    async def _reject_soon(self) -> None:
        with suppress(Unreachable), reachable():  # else they are delivered again
            await self._reject()

    async def _reject(self) -> None:
        async with self._answering:
            while self._rejected:
                await self._channel.basic_reject(self._rejected[0], requeue=False, wait=False)
                self._rejected.popleft()
