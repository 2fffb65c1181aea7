"""Notes that the broker keeps: which queues were made, which are given up for ever.

A note is a binding of one queue to one exchange, under the note's key. Whether it is there is asked by publishing under
the key: the broker sends back what has no binding. Nothing else tells of absence without an error in the broker's log.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiormq import Channel, Connection, PublishError

from hourmill.adapters.rabbitmq.connection import (
    connect,
    disconnect,
    opened,
    plain_channel,
    reachable,
    throwaway_channel,
)
from hourmill.adapters.rabbitmq.topology import Topology
from hourmill.errors import Unreachable

BLOCKED_AFTER_S = 2.0  # an answer takes a millisecond; a broker in alarm reads nothing more from who has published
ANSWERED_WITHIN_S = 5.0
CLOSED_WITHIN_S = 0.05  # the broker does not read the farewell of whom it has blocked
NAME = "hourmill notes"


def made(partition: int, generation: int) -> str:
    """The key of the note: this queue may be there."""
    return f"made.{partition}.{generation}"


def retired(partition: int, generation: int) -> str:
    """The key of the note: this queue is given up; it is noted for ever."""
    return f"retired.{partition}.{generation}"


async def note(connection: Connection, topology: Topology, key: str) -> None:
    """Note it; noted twice is noted once. The connection had better not be one that publishes."""
    async with throwaway_channel(connection) as channel:
        await channel.queue_bind(topology.notes(), topology.notes(), key)


async def strike(connection: Connection, topology: Topology, key: str) -> None:
    """Note it no more."""
    async with throwaway_channel(connection) as channel:
        await channel.queue_unbind(topology.notes(), topology.notes(), key)


class Notes:
    """Asks, over connections of its own; open() makes one.

    In alarm the broker reads nothing more from a connection that has published. So none that asks may be one that
    consumes, declares or deletes: its worker would stop draining, or what it was told would be done hours later.
    """

    def __init__(self, url: str, topology: Topology) -> None:
        self._url = url
        self._exchange = topology.notes()
        self._connection: Connection | None = None
        self._channel: Channel | None = None
        self._asking = asyncio.Lock()

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, topology: Topology) -> AsyncIterator["Notes"]:
        """It connects when it is first asked.

        url  as connection.Link
        """
        notes = cls(url, topology)
        try:
            yield notes
        finally:
            await notes._drop()

    async def noted(self, keys: Sequence[str]) -> frozenset[str]:
        """Which of the keys are noted.

        raises  Unreachable, also if the broker is in alarm and so does not answer
        """
        async with self._asking:
            try:
                with reachable():
                    channel = await self._connected()
                    async with asyncio.timeout(BLOCKED_AFTER_S):
                        return await _ask(channel, self._exchange, keys)
            except BaseException:  # also if who asks is cancelled: answers that are still to come are nobody's
                await self._drop()
                raise

    async def noted_in_alarm(self, keys: Sequence[str]) -> frozenset[str]:
        """As noted(), and answered in alarm too: of each new connection the broker takes one message without a body."""
        noted: frozenset[str] = frozenset()
        for key in keys:
            async with opened(self._url, NAME, CLOSED_WITHIN_S) as connection, asyncio.timeout(ANSWERED_WITHIN_S):
                channel = await plain_channel(connection, publisher_confirms=True)
                noted |= await _ask(channel, self._exchange, [key])
        return noted

    async def noted_anyhow(self, keys: Sequence[str]) -> frozenset[str]:
        """As noted(), in alarm as noted_in_alarm()."""
        try:
            return await self.noted(keys)
        except Unreachable:
            return await self.noted_in_alarm(keys)

    async def _connected(self) -> Channel:
        if self._channel is None or self._channel.is_closed:
            await self._drop()
            self._connection = await connect(self._url, NAME)
            self._channel = await plain_channel(self._connection, publisher_confirms=True)
        return self._channel

    async def _drop(self) -> None:
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            await disconnect(connection, CLOSED_WITHIN_S)


async def _ask(channel: Channel, exchange: str, keys: Sequence[str]) -> frozenset[str]:
    asked = [channel.basic_publish(b"", exchange=exchange, routing_key=key, mandatory=True) for key in keys]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    noted = set[str]()
    for key, answer in zip(keys, answers, strict=True):
        if isinstance(answer, PublishError):  # it came back
            continue
        if isinstance(answer, BaseException):
            raise answer
        noted.add(key)
    return frozenset(noted)
