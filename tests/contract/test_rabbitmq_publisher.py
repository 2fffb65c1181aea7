"""What the publisher says is confirmed, in its order: nothing that came back, was refused or was given up."""

import asyncio
from contextlib import suppress

import pytest
from tests.contract.messages import BOTH, confirmed, everything, length, message, raw_channel, seqs
from tests.servers.rabbitmq import RabbitMQNode

from hourmill.adapters.rabbitmq.consumer import RabbitConsumer
from hourmill.adapters.rabbitmq.publisher import RabbitPublisher
from hourmill.adapters.rabbitmq.topology import Topology
from hourmill.errors import Unconfirmed

TINY_BYTES = 2000


async def test_a_message_without_a_queue_is_not_confirmed(broker: RabbitMQNode, topology: Topology) -> None:
    async with RabbitPublisher.open(broker.url, topology) as publisher:
        await publisher.ready()
        async with raw_channel(broker) as channel:
            await channel.queue_delete(topology.queue(1))
        with pytest.raises(Unconfirmed) as refused:
            await publisher.publish([message(1, 0), message(2, 1), message(3, 0)])
        assert (list(refused.value.places), refused.value.sent) == ([1], True)
        await confirmed(publisher, [message(2, 1)])  # its queue was made again
        assert await length(broker, topology.queue(0)) == 2
        assert await length(broker, topology.queue(1)) == 1


async def test_messages_that_all_came_back_were_not_sent(broker: RabbitMQNode, topology: Topology) -> None:
    async with RabbitPublisher.open(broker.url, topology) as publisher:
        await publisher.ready()
        async with raw_channel(broker) as channel:
            await channel.queue_delete(topology.queue(1))
        with pytest.raises(Unconfirmed) as refused:
            await publisher.publish([message(1, 1), message(2, 1)])
        assert (list(refused.value.places), refused.value.sent) == ([0, 1], False)


async def test_a_full_queue_refuses_and_takes_again_when_drained(broker: RabbitMQNode, queue_prefix: str) -> None:
    topology = Topology(1, TINY_BYTES, queue_prefix)
    taken: list[int] = []
    async with (
        RabbitPublisher.open(broker.url, topology) as publisher,
        RabbitConsumer.open(broker.url, topology) as consumer,
    ):
        await publisher.ready()

        async def fill() -> None:
            for seq in range(1, 100):
                await publisher.publish([message(seq, page="a" * 500)])
                taken.append(seq)

        with pytest.raises(Unconfirmed) as refused:
            await fill()
        assert (list(refused.value.places), refused.value.sent) == ([0], True)
        assert "refused" in str(refused.value)
        await consumer.hold(frozenset({0}))
        assert await everything(consumer, len(taken)) == set(taken)
        await confirmed(publisher, [message(100)])
        assert await everything(consumer, 1) == {100}


async def test_several_messages_of_one_partition_keep_their_order(broker: RabbitMQNode, topology: Topology) -> None:
    async with (
        RabbitPublisher.open(broker.url, topology) as publisher,
        RabbitConsumer.open(broker.url, topology) as consumer,
    ):
        await publisher.ready()
        await publisher.publish([message(seq) for seq in range(1, 31)])
        await consumer.hold(BOTH)
        gathered: list[int] = []
        while len(gathered) < 30:
            gathered += seqs(await consumer.gather(1, 0))
        assert gathered == list(range(1, 31))


async def test_a_cancelled_publish_makes_no_other_one_look_confirmed(broker: RabbitMQNode, topology: Topology) -> None:
    sure: set[int] = set()
    async with (
        RabbitPublisher.open(broker.url, topology) as publisher,
        RabbitConsumer.open(broker.url, topology) as consumer,
    ):
        for round_number in range(1, 31):
            await publisher.usable()
            publishing = asyncio.create_task(publisher.publish([message(round_number, 0), message(round_number, 1)]))
            for _ in range(round_number // 2):  # cancelled a step later each time
                await asyncio.sleep(0)
            publishing.cancel()
            await asyncio.wait([publishing])
            with suppress(Unconfirmed):  # if the next channel is not open yet
                await publisher.publish([message(1000 + round_number)])
                sure.add(1000 + round_number)
            await publisher.usable()
            await publisher.publish([message(2000 + round_number)])
            sure.add(2000 + round_number)
        await consumer.hold(BOTH)
        there: set[int] = set()
        async with asyncio.timeout(60):
            while not sure <= there:
                there |= await everything(consumer, 1)
