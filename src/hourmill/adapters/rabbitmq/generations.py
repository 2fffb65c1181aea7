"""The queues that a partition has had: which one is published to, which are there; and making those that are not.

A partition's queue is of a generation. One that is given up is never used again; who comes back to the partition makes
the next one. docs/decisions/0033.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import NamedTuple, TypeAlias

from aiormq import ChannelNotFoundEntity, Connection

from hourmill.adapters.rabbitmq.connection import opened, throwaway_channel
from hourmill.adapters.rabbitmq.notes import Notes, made, note, retired
from hourmill.adapters.rabbitmq.topology import Topology, declare_queue, declare_rest

ACTED_WITHIN_S = 30.0  # after a look; who retires a queue waits for longer than that
MADE_AT_ONCE = 20  # after one look

Ask: TypeAlias = Callable[[Sequence[str]], Awaitable[frozenset[str]]]


class Generations(NamedTuple):
    """Those of a partition.

    current  the first that is not retired
    made     those whose queues may be there
    """

    current: int
    made: tuple[int, ...]

    @property
    def is_new(self) -> bool:
        """Whether nobody has ever made a queue of the partition."""
        return self.current == 0 and not self.made


async def find(ask: Ask, partitions: Iterable[int]) -> dict[int, Generations]:
    """The generations of these partitions."""
    found: dict[int, Generations] = {}
    asked = dict.fromkeys(partitions, 0)
    there: dict[int, tuple[int, ...]] = dict.fromkeys(asked, ())
    while asked:
        noted = await ask([key(*one) for one in asked.items() for key in (made, retired)])
        for partition, generation in list(asked.items()):
            if made(partition, generation) in noted:
                there[partition] += (generation,)
            if retired(partition, generation) in noted:
                asked[partition] += 1
            else:
                found[partition] = Generations(asked.pop(partition), there[partition])
    return found


async def find_all(ask: Ask, partitions: int) -> dict[int, Generations]:
    """The generations of so many partitions, and of all past them that have a queue.

    It looks upward until the first that never had one: they are made from the lowest up.
    """
    found: dict[int, Generations] = {}
    most = partitions
    while not found or not found[max(found)].is_new:
        found |= await find(ask, range(len(found), most + 1))
        most = len(found) + partitions
    return {one: generations for one, generations in found.items() if one < partitions or generations.made}


async def make(url: str, topology: Topology, notes: Notes, partitions: Iterable[int]) -> None:
    """Make the queues of these partitions that are not there, and have what is published come to them.

    On a connection that publishes nothing, so that whatever it says is done at once or, within some 30 s, never.

    raises  Unreachable, also if there is something of that name that is not to be trusted
    """
    waiting = sorted(partitions)
    async with opened(url, "hourmill declaring") as connection:
        await declare_rest(connection, topology)
        while waiting:
            async with asyncio.timeout(ACTED_WITHIN_S):
                again = await _make(connection, topology, notes.noted_anyhow, waiting[:MADE_AT_ONCE])
            waiting = again + waiting[MADE_AT_ONCE:]


async def _make(connection: Connection, topology: Topology, ask: Ask, partitions: Sequence[int]) -> list[int]:
    """Returns those of which a queue was retired meanwhile."""
    found = await find(ask, partitions)
    for partition in partitions:
        generation = found[partition].current
        queue = topology.queue(partition, generation)
        await declare_queue(connection, topology, queue)
        await note(connection, topology, made(partition, generation))  # first: workers must know before a view is there
        await bind(connection, topology, queue, partition)
    over = await ask([retired(partition, found[partition].current) for partition in partitions])
    again = [partition for partition in partitions if retired(partition, found[partition].current) in over]
    for partition in again:
        await unbind(connection, topology, topology.queue(partition, found[partition].current), partition)
    return again


async def adopt(connection: Connection, topology: Topology, found: dict[int, Generations]) -> None:
    """Note the queues past the known ones that an earlier version has left, which notes nothing.

    One error in the broker's log, each time: that the next one is not there.
    """
    partition = max([topology.partitions - 1, *found]) + 1
    try:
        while True:
            async with throwaway_channel(connection) as channel:
                await channel.queue_declare(topology.queue(partition), passive=True)
            await note(connection, topology, made(partition, 0))
            found[partition] = Generations(0, (0,))
            partition += 1
    except ChannelNotFoundEntity:
        pass


async def bind(connection: Connection, topology: Topology, queue: str, partition: int) -> None:
    """Have the queue get what is published for a partition."""
    async with throwaway_channel(connection) as channel:
        await channel.queue_bind(queue, topology.views(), str(partition))


async def unbind(connection: Connection, topology: Topology, queue: str, partition: int) -> None:
    """Have it get that no more."""
    async with throwaway_channel(connection) as channel:
        await channel.queue_unbind(queue, topology.views(), str(partition))
