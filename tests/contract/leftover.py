"""A queue that is left over, and the steps in which it is given up, taken one by one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.cluster import eventually
from tests.contract.messages import length, message, raw_channel
from tests.servers.rabbitmq import RabbitMQNode

from hourmill.adapters.rabbitmq.consumer import RabbitConsumer
from hourmill.adapters.rabbitmq.notes import Notes
from hourmill.adapters.rabbitmq.publisher import RabbitPublisher
from hourmill.adapters.rabbitmq.retiring import Retirement
from hourmill.adapters.rabbitmq.topology import Topology
from hourmill.core.message import encode_message

LEFTOVER = frozenset({1})
STEPS = 3  # noted, unbound, to be deleted


async def make_queues(broker: RabbitMQNode, topology: Topology) -> None:
    async with RabbitPublisher.open(broker.url, topology) as publisher:
        await publisher.ready()


async def queues(broker: RabbitMQNode, topology: Topology) -> set[str]:
    """Those of partitions; not by asking for one that is not there, which the broker's log would tell."""
    said = await asyncio.to_thread(broker.ctl, "list_queues", "--silent", "name")
    return {name for name in said.split() if name.startswith(f"{topology.prefix}.views.")}


async def noted(broker: RabbitMQNode, topology: Topology, *keys: str) -> frozenset[str]:
    async with Notes.open(broker.url, topology) as notes:
        return await notes.noted(keys)


@asynccontextmanager
async def holding(broker: RabbitMQNode, topology: Topology) -> AsyncIterator[tuple[RabbitConsumer, Retirement]]:
    """A consumer of the leftover partition that is not retired yet, and what retires it."""
    async with RabbitConsumer.open(broker.url, topology) as consumer:
        await consumer.ready()
        await consumer.hold(LEFTOVER)
        tap = consumer._running[1, 0].tap
        await eventually(tap.is_ours_and_empty)  # first it is not consumed yet
        assert consumer._connection is not None
        yield consumer, Retirement(tap, consumer._connection, topology)


async def advance(retirement: Retirement, steps: int) -> bool:
    """Take some steps; whether any of them said that it may be deleted."""
    return any([await retirement.advance(is_retired=False) for _ in range(steps)])


async def deletable(retirement: Retirement) -> None:
    """Wait until it may be deleted."""
    await eventually(lambda: retirement.advance(is_retired=False))


async def put(broker: RabbitMQNode, topology: Topology, seq: int) -> None:
    """A message into the leftover queue, past its exchange."""
    async with raw_channel(broker) as channel:
        await channel.basic_publish(encode_message(message(seq, 1)), routing_key=topology.queue(1))


async def put_aside(broker: RabbitMQNode, topology: Topology) -> None:
    """Wait until a dead letter has arrived."""

    async def arrived() -> bool:
        return bool(await length(broker, topology.dead_letters()))

    await eventually(arrived)
