"""How far a partition is counted, as its consumer sees it."""

import asyncio
from datetime import UTC, datetime, timedelta

import aiormq
from tests.contract.messages import message, raw_channel, seqs
from tests.servers.rabbitmq import RabbitMQNode

from hourmill.adapters.rabbitmq.connection import opened
from hourmill.adapters.rabbitmq.consumer import RabbitConsumer
from hourmill.adapters.rabbitmq.notes import made, note, retired
from hourmill.adapters.rabbitmq.publisher import RabbitPublisher
from hourmill.adapters.rabbitmq.topology import Topology, declare_queue, declare_rest
from hourmill.core.message import encode_message
from hourmill.ports.progress import Level

FIRST = frozenset({0})
TICK = timedelta(seconds=1)


def now() -> datetime:
    return datetime.now(UTC)


async def seen(consumer: RabbitConsumer, moment: datetime) -> Level:
    """What is seen of the first partition; the first messages come a moment before its queue is looked into."""
    while True:
        await asyncio.sleep(0)  # while it consumes nothing yet, a look does not wait for anybody
        levels = await consumer.levels(moment)
        if 0 in levels:
            return levels[0]


async def certain(consumer: RabbitConsumer, moment: datetime) -> Level:
    """What is seen once it can be told up to when the first partition is counted."""
    while True:
        level = await seen(consumer, moment)
        if level.counted_until is not None:
            return level


async def test_an_empty_queue_is_counted_up_to_the_look_before(broker: RabbitMQNode, topology: Topology) -> None:
    async with RabbitConsumer.open(broker.url, topology) as consumer:
        await consumer.ready()
        assert await consumer.levels(now()) == {}
        await consumer.hold(FIRST)
        moment = now()
        assert await certain(consumer, moment) == Level(0, moment)
        assert await consumer.levels(moment + TICK) == {0: Level(0, moment)}
        assert await consumer.levels(moment + 2 * TICK) == {0: Level(0, moment + TICK)}


async def test_what_is_not_acked_is_waited_for(broker: RabbitMQNode, topology: Topology) -> None:
    async with (
        RabbitPublisher.open(broker.url, topology) as publisher,
        RabbitConsumer.open(broker.url, topology) as consumer,
    ):
        await publisher.ready()
        await consumer.hold(FIRST)
        began = now()
        await certain(consumer, began)
        await publisher.publish([message(1), message(2)])
        gathered = await consumer.gather(2, 60)
        level = (await consumer.levels(now() + TICK))[0]
        assert level.waiting == 2
        assert level.counted_until is not None
        assert level.counted_until <= began + TICK
        assert (await consumer.levels(now() + 2 * TICK))[0].counted_until < now()  # type: ignore[operator]
        await consumer.ack(gathered)
        later = now() + 3 * TICK
        assert (await consumer.levels(later))[0].waiting == 0
        assert (await consumer.levels(later + TICK))[0] == Level(0, later)


async def test_a_backlog_is_counted_up_to_its_oldest_message(broker: RabbitMQNode, topology: Topology) -> None:
    async with (
        RabbitPublisher.open(broker.url, topology) as publisher,
        RabbitConsumer.open(broker.url, topology, prefetch=2) as consumer,
    ):
        await publisher.ready()
        began = now()
        await publisher.publish([message(seq) for seq in range(1, 11)])
        await consumer.hold(FIRST)
        first = await consumer.gather(2, 60)
        assert [await seen(consumer, began) for _ in range(2)] == [Level(10, None)] * 2
        await consumer.ack(first)
        assert seqs(await consumer.gather(2, 60)) == [3, 4]
        level = (await consumer.levels(began + TICK))[0]
        assert level.waiting == 8
        assert level.counted_until is not None
        assert began - 2 * TICK < level.counted_until <= began + TICK


async def test_what_another_worker_still_has_is_waited_for(broker: RabbitMQNode, topology: Topology) -> None:
    async with (
        RabbitPublisher.open(broker.url, topology) as publisher,
        RabbitConsumer.open(broker.url, topology) as former,
        RabbitConsumer.open(broker.url, topology) as holder,
    ):
        await publisher.ready()
        await former.hold(FIRST)
        await publisher.publish([message(1)])
        await former.gather(1, 60)  # and then it stands still
        await holder.hold(FIRST)
        await publisher.publish([message(seq) for seq in range(2, 6)])
        for second in range(4):
            level = (await holder.levels(now() + second * TICK)).get(0)
            assert level is None or level.counted_until is None
        await former.hold(frozenset())
        assert 1 in seqs(await holder.gather(5, 1))
        level = await certain(holder, now())
        assert level.waiting > 0
        assert level.counted_until is not None
        assert level.counted_until < now()


async def test_a_message_of_an_earlier_version_has_no_moment(broker: RabbitMQNode, topology: Topology) -> None:
    async with RabbitConsumer.open(broker.url, topology) as consumer:
        await consumer.ready()
        await consumer.hold(FIRST)
        await certain(consumer, now())
        async with raw_channel(broker) as channel:
            properties = aiormq.spec.Basic.Properties(delivery_mode=2)
            body = encode_message(message(1))
            await channel.basic_publish(body, routing_key=topology.queue(0), properties=properties)
        gathered = await consumer.gather(1, 60)
        assert await consumer.levels(now()) == {0: Level(1, None)}
        await consumer.ack(gathered)
        assert (await certain(consumer, now())).waiting == 0


async def test_a_partition_is_as_far_as_the_queue_of_it_that_is_least_far(
    broker: RabbitMQNode, topology: Topology
) -> None:
    async with opened(broker.url, "test") as connection:
        await declare_rest(connection, topology)
        await note(connection, topology, retired(0, 0))  # and so the publisher makes the next one
        await declare_queue(connection, topology, topology.queue(0))
        await note(connection, topology, made(0, 0))
    async with (
        RabbitPublisher.open(broker.url, topology) as publisher,
        RabbitConsumer.open(broker.url, topology) as consumer,
    ):
        await publisher.ready()
        await consumer.ready()
        await consumer.hold(FIRST)
        began = now()
        assert await certain(consumer, began) == Level(0, began)
        await publisher.publish([message(1)])
        async with raw_channel(broker) as channel:  # of an earlier version: nothing can be told of its queue
            await channel.basic_publish(encode_message(message(2)), routing_key=topology.queue(0))
        gathered = await consumer.gather(2, 60)
        assert (await consumer.levels(now()))[0] == Level(2, None)
        await consumer.ack(gathered)
        assert (await certain(consumer, now())).waiting == 0
