"""Looking at a broker: whether our user may do what it must, and what is in the queues. It leaves nothing behind."""

import asyncio
from uuid import uuid4

from aiormq import ChannelAccessRefused, ChannelNotFoundEntity, Connection

from hourmill.adapters.rabbitmq.connection import (
    close_channel,
    opened,
    plain_channel,
    reason_of,
    throwaway_channel,
)
from hourmill.adapters.rabbitmq.generations import Generations, find_all
from hourmill.adapters.rabbitmq.notes import Notes
from hourmill.adapters.rabbitmq.topology import Topology, declare_queue
from hourmill.errors import Unreachable
from hourmill.ports.probe import BrokerFacts

WITHIN_S = 30.0


async def probe(url: str, topology: Topology) -> BrokerFacts:
    """What is found.

    raises  Unreachable
    """
    async with opened(url, "hourmill doctor") as connection, Notes.open(url, topology) as notes:
        async with asyncio.timeout(WITHIN_S):
            return await _look(connection, topology, notes)


async def _look(connection: Connection, topology: Topology, notes: Notes) -> BrokerFacts:
    refused = await _refused(connection, topology)
    waiting: dict[int, int] = {}
    missing: list[str] = []
    unusable: list[str] = []
    found = {} if refused else await _generations(connection, topology, notes)
    for partition, generations in found.items():
        for generation in sorted({generations.current, *generations.made}):
            queue = topology.queue(partition, generation)
            ready = await _ready(connection, queue)
            if ready is not None:
                waiting[partition] = waiting.get(partition, 0) + ready
            if generation != generations.current:  # it is never declared again
                continue
            if ready is None and partition < topology.partitions:
                missing.append(queue)
            elif ready is not None:
                unusable += await _unusable(connection, topology, queue)
    dead = None if refused else await _ready(connection, topology.dead_letters())
    version = str((connection.server_properties or {}).get("version", "of an unknown version"))
    return BrokerFacts(version, refused, unusable, missing, waiting, dead)


async def _unusable(connection: Connection, topology: Topology, queue: str) -> list[str]:
    try:
        await declare_queue(connection, topology, queue)
    except Unreachable as error:
        return [str(error)]
    return []


async def _generations(connection: Connection, topology: Topology, notes: Notes) -> dict[int, Generations]:
    try:
        async with throwaway_channel(connection) as channel:
            await channel.exchange_declare(topology.notes(), passive=True)
    except ChannelNotFoundEntity:  # nobody has noted anything yet
        return dict.fromkeys(range(topology.partitions), Generations(0, ()))
    return await find_all(notes.noted_anyhow, topology.partitions)


async def _ready(connection: Connection, queue: str) -> int | None:
    try:
        async with throwaway_channel(connection) as channel:
            return (await channel.queue_declare(queue, passive=True)).message_count or 0
    except ChannelNotFoundEntity:
        return None


async def _refused(connection: Connection, topology: Topology) -> str | None:
    """What the server says if our user may not make, bind, fill and empty a queue and an exchange like ours."""
    name = f"{topology.prefix}.doctor.{uuid4().hex}"
    channel = await plain_channel(connection, publisher_confirms=True)
    try:
        await channel.queue_declare(name, exclusive=True, auto_delete=True)
        await channel.exchange_declare(name, exchange_type="direct", auto_delete=True)
        await channel.queue_bind(name, name, "doctor")
        await channel.basic_publish(b"hourmill doctor", exchange=name, routing_key="doctor")
        await channel.basic_get(name, no_ack=True)
        await channel.queue_unbind(name, name, "doctor")  # with its last binding the exchange goes
        await channel.queue_delete(name)
    except ChannelAccessRefused as error:
        return reason_of(error)
    finally:
        await close_channel(channel)
    return None
