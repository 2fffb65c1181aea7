"""Looking at a broker: whether our user may do what it must, and what is in the queues. It leaves nothing behind."""

import asyncio
from contextlib import suppress
from uuid import uuid4

from aiormq import (
    Channel,
    ChannelAccessRefused,
    ChannelNotFoundEntity,
    ChannelPreconditionFailed,
    Connection,
    spec,
)
from pamqp.common import FieldTable

from hourmill.adapters.rabbitmq.connection import (
    close_channel,
    opened,
    plain_channel,
    reachable,
    reason_of,
    throwaway_channel,
)
from hourmill.adapters.rabbitmq.generations import Generations, find_all
from hourmill.adapters.rabbitmq.lane import TOO_LARGE
from hourmill.adapters.rabbitmq.notes import Notes
from hourmill.adapters.rabbitmq.topology import Topology, differences
from hourmill.core.message import MOST_KEYED_BYTES
from hourmill.errors import Unreachable
from hourmill.ports.probe import BrokerFacts

WITHIN_S = 30.0
MANY_DELIVERIES = 25  # RabbitMQ 4 gives a message up after 20
EXPIRES_MS = 60_000
GLANCES, GLANCE_S = 5, 0.05
CONFIRMED_WITHIN_S = 5.0  # takes milliseconds; a broker in alarm reads no more, and says nothing


class _Silent(Exception):
    """The server does not confirm."""


async def probe(url: str, topology: Topology, *, thorough: bool = False) -> BrokerFacts:
    """What is found.

    thorough  also what takes a queue of its own and some megabytes to find out: the last two facts
    raises  Unreachable
    """
    async with opened(url, "hourmill doctor") as connection, Notes.open(url, topology) as notes:
        async with asyncio.timeout(WITHIN_S):
            facts = await _look(connection, topology, notes)
            return await _tried(connection, topology, facts) if thorough else facts


async def _tried(connection: Connection, topology: Topology, facts: BrokerFacts) -> BrokerFacts:
    """The facts, with what can only be found out by trying."""
    if facts.refused or facts.silent:
        return facts
    try:
        limit = await _delivery_limit(connection, topology)
        return facts._replace(delivery_limit=limit, message_bytes=await _message_bytes(connection))
    except ChannelAccessRefused as error:
        return facts._replace(refused=reason_of(error))


async def _look(connection: Connection, topology: Topology, notes: Notes) -> BrokerFacts:
    version = str((connection.server_properties or {}).get("version", "of an unknown version"))
    try:
        refused = await _refused(connection, topology)
    except _Silent:
        return BrokerFacts(version, None, [], [], {}, None, silent=True)
    waiting: dict[int, int] = {}
    missing: list[str] = []
    unusable: list[str] = []
    differing: list[str] = []
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
                await _compare(connection, queue, topology.arguments(), unusable, differing)
    dead = None if refused else await _ready(connection, topology.dead_letters())
    if dead is not None:
        await _compare(connection, topology.dead_letters(), topology.dead_letter_arguments(), unusable, differing)
    if refused is None:
        unusable += await _unusable_exchange(connection, topology.views())
    return BrokerFacts(version, refused, unusable, missing, waiting, dead, differing=differing)


async def _unusable_exchange(connection: Connection, exchange: str) -> list[str]:
    try:
        async with throwaway_channel(connection) as channel:
            await channel.exchange_declare(exchange, passive=True)
            await channel.exchange_declare(exchange, exchange_type="direct", durable=True)
    except ChannelNotFoundEntity:
        return []
    except ChannelPreconditionFailed as error:
        return [f"Exchange {exchange} exists but cannot be used ({reason_of(error)})."]
    return []


async def _compare(
    connection: Connection, queue: str, wanted: FieldTable, unusable: list[str], differing: list[str]
) -> None:
    """Say of a queue that is there in what it is not as we declare it."""
    try:
        found = await differences(connection, queue, wanted)
        differing += [f"{one.queue} has {one.argument} {one.found}, not {one.wanted}" for one in found]
    except Unreachable as error:
        unusable.append(str(error))


async def _delivery_limit(connection: Connection, topology: Topology) -> int | None:
    """How often a queue of a name and of arguments like ours delivers a message before it drops it; None: always.

    Policies cannot be asked for over AMQP; so one message is given back again and again.
    """
    queue = f"{topology.views()}.doctor.{uuid4().hex}"
    arguments = topology.arguments() | {
        "x-expires": EXPIRES_MS,  # nobody else would delete it if we were killed
        "x-dead-letter-strategy": "at-most-once",
        "x-dead-letter-routing-key": f"{queue}.nowhere",
    }
    channel = await plain_channel(connection, publisher_confirms=True)
    try:
        await channel.queue_declare(queue, durable=True, arguments=arguments)
        await channel.basic_publish(b"hourmill doctor", routing_key=queue)
        for deliveries in range(MANY_DELIVERIES):
            message = await _delivered(channel, queue)
            if message is None:
                return deliveries
            await channel.basic_nack(message, requeue=True)
    finally:
        with suppress(Unreachable), reachable():
            await channel.queue_delete(queue)
        await close_channel(channel)
    return None


async def _delivered(channel: Channel, queue: str) -> int | None:
    """The tag of the message in a queue; it comes back to it a moment after it was given back."""
    for _ in range(GLANCES):
        message = await channel.basic_get(queue)
        if isinstance(message.delivery, spec.Basic.GetOk):
            return message.delivery.delivery_tag
        await asyncio.sleep(GLANCE_S)
    return None


async def _message_bytes(connection: Connection) -> int | None:
    """How large a message may be, if the largest that we publish is refused for its size; it is routed nowhere."""
    channel = await plain_channel(connection, publisher_confirms=True)
    try:
        await channel.basic_publish(bytes(MOST_KEYED_BYTES), routing_key=f"hourmill.doctor.{uuid4().hex}")
    except ChannelPreconditionFailed as error:
        refused = TOO_LARGE.search(str(error))
        return None if refused is None else int(refused[2])
    finally:
        await close_channel(channel)
    return None


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
        try:
            async with asyncio.timeout(CONFIRMED_WITHIN_S):
                await channel.basic_publish(b"hourmill doctor", exchange=name, routing_key="doctor")
        except TimeoutError:
            raise _Silent from None
        await channel.basic_get(name, no_ack=True)
        await channel.queue_unbind(name, name, "doctor")  # with its last binding the exchange goes
        await channel.queue_delete(name)
    except ChannelAccessRefused as error:
        return reason_of(error)
    finally:
        await close_channel(channel)
    return None
