"""Answering what came on one channel: acks and rejections, in order, and no ack that should not be."""

import asyncio
from datetime import datetime

from aiormq import Channel

from hourmill.adapters.rabbitmq.reckoning import Reckoning
from hourmill.ports.progress import Level


class Source:
    """A channel that one partition is consumed on."""

    def __init__(self, channel: Channel, number: int, partition: int) -> None:
        self.number = number
        self.partition = partition
        self._channel = channel
        self._reckoning = Reckoning()
        self.last = 0  # tag to be acked some day
        self.ended: asyncio.Future[None] = channel.loop.create_future()
        self._spoiled = False
        self._acked = 0
        self._seen = 0
        # Answers leave in the order in which they were given: an ack that overtook the rejection of an earlier
        # message would ack that one too.
        self._answering = asyncio.Lock()

    def idle(self) -> bool:
        """Whether nothing has come since this was asked before, and nothing is to be acked."""
        seen, self._seen = self._seen, self.last
        return seen == self.last and self._acked >= self.last

    def taken(self, tag: int, published: datetime | None) -> None:
        """A message came that is to be acked some day."""
        self.last = tag
        self._reckoning.delivered(tag, published)

    async def look(self, queue: str, now: datetime) -> Level:
        """Look into the queue."""
        # on this channel, so that its answer comes after what was delivered before the question
        seen = await self._channel.queue_declare(queue, passive=True)
        ready = seen.message_count or 0
        counted_until = self._reckoning.looked(ready, seen.consumer_count or 0, now)
        return Level(ready + self._reckoning.waiting, counted_until)

    def end(self) -> None:
        """Nothing more comes of it."""
        if not self.ended.done():
            self.ended.set_result(None)

    def spoil(self) -> None:
        """End it, and ack nothing more: all that was not acked is delivered again."""
        self._spoiled = True
        self.end()

    async def ack(self, tag: int) -> None:
        """Ack everything up to the tag."""
        if tag > self._acked and not self._spoiled:  # the broker closes the channel when something is acked twice
            self._acked = tag
            self._reckoning.acked(tag)
            async with self._answering:
                await self._channel.basic_ack(tag, multiple=True)

    async def reject(self, tag: int) -> None:
        """Have the broker dead-letter a message."""
        async with self._answering:
            await self._channel.basic_reject(tag, requeue=False, wait=False)
