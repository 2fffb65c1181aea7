"""What the consumer gathers, acknowledges and gives up, and what of it comes again."""

import asyncio
import random

import pytest
from tests.client import PATIENCE_S
from tests.contract.messages import BOTH, HUNG_S, everything, length, message, seqs
from tests.servers.rabbitmq import RabbitMQNode

from hourmill.adapters.rabbitmq.consumer import RabbitConsumer
from hourmill.adapters.rabbitmq.publisher import RabbitPublisher
from hourmill.adapters.rabbitmq.topology import Topology


async def test_what_was_not_acked_goes_to_the_next_holder(broker: RabbitMQNode, topology: Topology) -> None:
    async with (
        RabbitPublisher.open(broker.url, topology) as publisher,
        RabbitConsumer.open(broker.url, topology) as one,
        RabbitConsumer.open(broker.url, topology) as other,
    ):
        await publisher.ready()
        await publisher.publish([message(seq) for seq in range(1, 7)])
        await one.hold(frozenset({0}))
        gathered = await one.gather(6, 60)
        assert seqs(gathered) == [1, 2, 3, 4, 5, 6]
        await one.ack(gathered[:2])
        await one.hold(frozenset({1}))
        await other.hold(frozenset({0}))
        assert seqs(await other.gather(4, 60)) == [3, 4, 5, 6]
        await one.ack(gathered)  # not its business any more
        await publisher.publish([message(7, 1)])
        assert seqs(await one.gather(1, 60)) == [7]


async def test_an_ack_covers_what_came_before_and_nothing_after(broker: RabbitMQNode, topology: Topology) -> None:
    async with RabbitPublisher.open(broker.url, topology) as publisher:
        await publisher.ready()
        await publisher.publish([message(seq) for seq in range(1, 6)])
    for expected in ([1, 2, 3, 4, 5], [3, 4, 5], [5]):
        async with RabbitConsumer.open(broker.url, topology) as consumer:
            await consumer.hold(BOTH)
            gathered = await consumer.gather(len(expected), 60)
            assert seqs(gathered) == expected
            await consumer.ack(gathered[1:2] or gathered)
            await consumer.ack(gathered[:2])  # once more does no harm


async def test_an_ack_after_the_connection_was_lost_does_no_harm(broker: RabbitMQNode, topology: Topology) -> None:
    async with (
        RabbitPublisher.open(broker.url, topology) as publisher,
        RabbitConsumer.open(broker.url, topology) as consumer,
    ):
        await publisher.ready()
        await publisher.publish([message(1), message(2)])
        await consumer.hold(BOTH)
        gathered = await consumer.gather(2, 60)
        await asyncio.to_thread(broker.ctl, "close_all_connections", "a test wants it")
        again = await consumer.gather(2, 60)
        assert seqs(again) == [1, 2]
        await consumer.ack(gathered)
        await consumer.hold(frozenset())
        assert await length(broker, topology.queue(0)) == 2
        await consumer.hold(BOTH)
        assert await everything(consumer, 2) == {1, 2}


async def test_a_channel_that_the_broker_closes_is_opened_again(broker: RabbitMQNode, topology: Topology) -> None:
    async with (
        RabbitPublisher.open(broker.url, topology) as publisher,
        RabbitConsumer.open(broker.url, topology) as consumer,
    ):
        await publisher.ready()
        await publisher.publish([message(1)])
        await consumer.hold(BOTH)
        gathered = await consumer.gather(1, 60)
        await consumer._sources[gathered[0].tag[0]].ack(1_000_000)  # unknown: PRECONDITION_FAILED
        assert seqs(await consumer.gather(1, 60)) == [1]


async def test_partitions_are_given_up_at_every_moment(
    broker: RabbitMQNode, topology: Topology, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hourmill.adapters.rabbitmq.tap.RENEWED_WHEN_IDLE_S", 0)
    async with RabbitConsumer.open(broker.url, topology) as consumer:
        await consumer.ready()
        for _ in range(200):
            await consumer.hold(BOTH)
            for _ in range(random.randrange(200)):
                await asyncio.sleep(0)
            async with asyncio.timeout(PATIENCE_S):
                await consumer.hold(frozenset())


async def test_no_more_is_buffered_than_the_prefetch(broker: RabbitMQNode, topology: Topology) -> None:
    async with (
        RabbitPublisher.open(broker.url, topology) as publisher,
        RabbitConsumer.open(broker.url, topology, prefetch=5) as consumer,
    ):
        await publisher.ready()
        await publisher.publish([message(seq) for seq in range(1, 21)])
        await consumer.hold(BOTH)
        first = await consumer.gather(5, 60)
        assert seqs(first) == [1, 2, 3, 4, 5]
        more = asyncio.create_task(consumer.gather(1, 60))
        assert not (await asyncio.wait([more], timeout=HUNG_S))[0]
        await consumer.ack(first[:3])
        came = seqs(await more)
        while len(came) < 3:
            came += seqs(await consumer.gather(1, 0))
        assert came == [6, 7, 8]


async def test_two_consumers_of_a_queue_share_it(broker: RabbitMQNode, topology: Topology) -> None:
    async with (
        RabbitPublisher.open(broker.url, topology) as publisher,
        RabbitConsumer.open(broker.url, topology, prefetch=10) as one,
        RabbitConsumer.open(broker.url, topology, prefetch=10) as other,
    ):
        await publisher.ready()
        await one.hold(frozenset({0}))
        await other.hold(frozenset({0}))
        await publisher.publish([message(seq) for seq in range(1, 21)])
        both = await asyncio.gather(one.gather(10, 60), other.gather(10, 60))
        assert sorted(seqs(both[0]) + seqs(both[1])) == list(range(1, 21))
