"""Giving up a queue that nobody needs any more, so that no view can be lost. docs/decisions/0033 proves it."""

import asyncio
from enum import Enum

import structlog
from aiormq import Connection
from pamqp.commands import Basic

from hourmill.adapters.rabbitmq.connection import throwaway_channel
from hourmill.adapters.rabbitmq.generations import unbind
from hourmill.adapters.rabbitmq.notes import made, note, retired, strike
from hourmill.adapters.rabbitmq.tap import Tap
from hourmill.adapters.rabbitmq.topology import Topology

log = structlog.get_logger()

QUIET_S = 3600.0  # an API with a larger number that is in use keeps its queues
# For all that was begun to have ended: 30 s of declaring, 30 s until a silent connection dies, 60 s for which a confirm
# is believed, 60 s until a cluster's node is taken for gone, 180 s between two attempts to dead-letter.
SETTLED_S = 300.0


class Stage(Enum):
    """How far it is."""

    IN_USE = "in use"
    NOTED = "noted as retired"
    UNBOUND = "unbound"


class Retirement:
    """Of one queue that we consume. It is begun anew with each connection: every step can be repeated.

    tap         what consumes it
    connection  that it is consumed on
    """

    def __init__(self, tap: Tap, connection: Connection, topology: Topology) -> None:
        self._tap = tap
        self._connection = connection
        self._topology = topology
        self._stage = Stage.IN_USE
        self._since_s = self._busy_s = _now_s()

    async def advance(self, *, is_retired: bool) -> bool:
        """Do what is to be done now; whether it may be deleted: then its tap is to be closed, and delete() called.

        is_retired  it is noted, by this worker or by another one
        """
        is_quiet = False
        try:
            is_quiet = await self._tap.is_ours_and_empty()
        finally:
            if not is_quiet:
                self._busy_s = _now_s()
        return is_quiet and await self._advance(self._tap, is_retired)

    async def _advance(self, tap: Tap, is_retired: bool) -> bool:
        quiet_since_s = max(self._busy_s, tap.came_s)
        match self._stage:
            case Stage.IN_USE:
                if is_retired or _now_s() - tap.came_s >= QUIET_S:
                    await note(self._connection, self._topology, retired(tap.partition, tap.generation))
                    self._reached(Stage.NOTED)
            case Stage.NOTED:
                if _now_s() - self._since_s >= SETTLED_S and await self._nothing_put_aside():
                    await unbind(self._connection, self._topology, tap.queue, tap.partition)
                    self._reached(Stage.UNBOUND)
            case Stage.UNBOUND:
                if _now_s() - max(quiet_since_s, self._since_s) >= SETTLED_S and await self._nothing_put_aside():
                    return await tap.is_ours_and_empty() and tap.came_s <= quiet_since_s
        return False

    async def delete(self) -> None:
        """Delete it, as nothing is in it nor can come."""
        await delete(self._connection, self._tap.queue)
        await strike(self._connection, self._topology, made(self._tap.partition, self._tap.generation))
        log.info("leftover queue deleted", partition=self._tap.partition, queue=self._tap.queue)

    def _reached(self, stage: Stage) -> None:
        self._stage = stage
        self._since_s = _now_s()
        log.debug("leftover queue", partition=self._tap.partition, queue=self._tap.queue, stage=stage.value)

    async def _nothing_put_aside(self) -> bool:
        """Whether the queue of dead letters answers, and is empty: so it has taken all that our queue had for it.

        What was rejected and not yet taken there is in our queue still, where nobody can see it.
        """
        async with throwaway_channel(self._connection) as channel:
            if (await channel.queue_declare(self._topology.dead_letters(), passive=True)).message_count:
                return False
            got = await channel.basic_get(self._topology.dead_letters())  # a 0 above is also said if it is away
            if isinstance(got.delivery, Basic.GetEmpty):
                return True
            await channel.basic_nack(got.delivery_tag or 0)
            return False


async def delete(connection: Connection, queue: str) -> None:
    """Delete a queue."""
    async with throwaway_channel(connection) as channel:
        await channel.queue_delete(queue)


def _now_s() -> float:
    return asyncio.get_running_loop().time()
