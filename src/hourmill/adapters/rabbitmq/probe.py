"""Looking at a broker: whether our user may do what it must, and what is in the queues. It leaves nothing behind."""

import asyncio
from contextlib import suppress
from uuid import uuid4

from aiormq import ChannelAccessRefused, ChannelNotFoundEntity, Connection
from yarl import URL

from hourmill.adapters.rabbitmq.connection import (
    CLOSED_WITHIN_S,
    CONNECTED_WITHIN_S,
    close_channel,
    plain_channel,
    quiet_library,
    reachable,
    reason_of,
    throwaway_channel,
)
from hourmill.adapters.rabbitmq.topology import Topology, declare_partition
from hourmill.errors import Unreachable
from hourmill.ports.probe import BrokerFacts

WITHIN_S = 30.0


async def probe(url: str, topology: Topology) -> BrokerFacts:
    """What is found.

    raises  Unreachable
    """
    quiet_library()
    connection = Connection(URL(url), client_properties={"connection_name": "hourmill doctor"})
    try:
        with reachable():
            async with asyncio.timeout(CONNECTED_WITHIN_S):
                await connection.connect()
            async with asyncio.timeout(WITHIN_S):
                return await _look(connection, topology)
    finally:
        with suppress(Unreachable), reachable():
            await connection.close(timeout=CLOSED_WITHIN_S)


async def _look(connection: Connection, topology: Topology) -> BrokerFacts:
    refused = await _refused(connection, topology)
    waiting: dict[int, int] = {}
    missing: list[str] = []
    unusable: list[str] = []
    partition = 0
    while refused is None:
        ready = await _ready(connection, topology.queue(partition))
        if ready is None and partition >= topology.partitions:
            break
        if ready is None:
            missing.append(topology.queue(partition))
        else:
            waiting[partition] = ready
            try:
                await declare_partition(connection, topology, partition)
            except Unreachable as error:
                unusable.append(str(error))
        partition += 1
    dead = None if refused else await _ready(connection, topology.dead_letters())
    version = str((connection.server_properties or {}).get("version", "of an unknown version"))
    return BrokerFacts(version, refused, unusable, missing, waiting, dead)


async def _ready(connection: Connection, queue: str) -> int | None:
    try:
        async with throwaway_channel(connection) as channel:
            return (await channel.queue_declare(queue, passive=True)).message_count or 0
    except ChannelNotFoundEntity:
        return None


async def _refused(connection: Connection, topology: Topology) -> str | None:
    """What the server says if our user may not make, fill and empty a queue like ours."""
    queue = f"{topology.prefix}.doctor.{uuid4().hex}"
    channel = await plain_channel(connection, publisher_confirms=True)
    try:
        await channel.queue_declare(queue, exclusive=True, auto_delete=True)
        await channel.basic_publish(b"hourmill doctor", routing_key=queue)
        await channel.basic_get(queue, no_ack=True)
        await channel.queue_delete(queue)
    except ChannelAccessRefused as error:
        return reason_of(error)
    finally:
        await close_channel(channel)
    return None
