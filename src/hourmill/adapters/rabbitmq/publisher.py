"""Publishing to RabbitMQ: one attempt at a time of several messages, each confirmed by the broker or not."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from time import monotonic

from hourmill.adapters.rabbitmq.connection import Link, plain_channel, reason_of
from hourmill.adapters.rabbitmq.generations import make
from hourmill.adapters.rabbitmq.lane import Lane
from hourmill.adapters.rabbitmq.notes import Notes
from hourmill.adapters.rabbitmq.sieve import Confirms, SievedConnection
from hourmill.adapters.rabbitmq.topology import Topology
from hourmill.core.message import MOST_BYTES, Message, encode_message
from hourmill.errors import Unconfirmed, Unreachable

REMADE_AFTER_S = 1.0  # RabbitMQ 3.10 tells no consumer of a quorum queue's deletion if it is made again at once


class RabbitPublisher:
    """A Publisher; open() makes one."""

    def __init__(self, url: str, link: Link, topology: Topology) -> None:
        self._url = url
        self._link = link
        self._topology = topology
        self._lane: Lane | None = None
        self._was_ready = asyncio.Event()
        self._usable = asyncio.Event()
        self._away_since_s = monotonic()
        self.most_bytes = MOST_BYTES

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, topology: Topology) -> AsyncIterator["RabbitPublisher"]:
        """Returns at once and connects in the background, as long as it takes.

        url  as connection.Link
        """
        link = Link(url, "hourmill publisher")
        publisher = cls(url, link, topology)
        async with link.kept(publisher._serve):
            yield publisher

    async def ready(self) -> None:
        await self._was_ready.wait()

    def away(self) -> tuple[float, str] | None:
        return None if self._lane is not None else (self._away_since_s, self._link.reason)

    async def usable(self) -> None:
        """Return once a message can be published: at once, unless the connection or its channel is just being made."""
        await self._usable.wait()

    async def publish(self, messages: Sequence[Message]) -> None:
        bodies = [(claim.partition, encode_message(message)) for message in messages for claim in (message.claim,)]
        if not bodies:
            return
        lane = self._lane
        if lane is None:
            raise Unconfirmed(range(len(bodies)), self._link.reason, sent=False)
        # The largest goes first: if it is refused for its size, none of the others has been taken.
        largest = max(range(len(bodies)), key=lambda place: len(bodies[place][1]))
        order = [largest, *range(largest), *range(largest + 1, len(bodies))]
        try:
            await lane.publish([bodies[place] for place in order])
        except BaseException as error:
            if isinstance(error, Unconfirmed):
                error.places = [order[place] for place in error.places]
                error.too_large = [order[place] for place in error.too_large]
                self.most_bytes = min(self.most_bytes, lane.most_bytes)
            # Also if the caller was cancelled: how far it had come is not known, and no later publish must find out.
            lane.lose("a publish was given up" if isinstance(error, asyncio.CancelledError) else reason_of(error))
            self._left(lane)
            raise

    async def _serve(self, connection: SievedConnection) -> None:
        await self._make()
        self.most_bytes = MOST_BYTES  # it may be another server, or have another limit now
        said = False
        while True:
            channel = await plain_channel(connection, publisher_confirms=True)
            connection.sieve.put(channel.number, Confirms(channel.confirmations))
            lane = Lane(channel, self._topology)
            if not said:
                self._link.established(connection)
                said = True
            self._lane = lane
            self._was_ready.set()
            self._usable.set()
            try:
                await lane.lost.wait()
            finally:
                self._left(lane)
                lane.lose("closing")
                await lane.close()
            if connection.is_closed:
                raise Unreachable(lane.reason)
            if lane.unroutable:
                await asyncio.sleep(REMADE_AFTER_S)
                await self._make()

    async def _make(self) -> None:
        async with Notes.open(self._url, self._topology) as notes:
            await make(self._url, self._topology, notes, range(self._topology.partitions))

    def _left(self, lane: Lane) -> None:
        if self._lane is lane:
            self._lane = None
            self._away_since_s = monotonic()
            self._usable.clear()
            self._link.reason = f"RabbitMQ: {lane.reason}; a new channel has not been opened yet"
