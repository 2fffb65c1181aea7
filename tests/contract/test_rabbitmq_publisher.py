"""What the publisher says is confirmed, in its order: nothing that came back, was refused or was given up."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import pytest
from tests.client import PATIENCE_S
from tests.contract.messages import BOTH, confirmed, everything, length, message, raw_channel, seqs
from tests.servers.rabbitmq import RabbitMQNode

from hourmill.adapters.rabbitmq.consumer import RabbitConsumer
from hourmill.adapters.rabbitmq.publisher import RabbitPublisher
from hourmill.adapters.rabbitmq.topology import Topology
from hourmill.core.batch import Batch
from hourmill.core.message import Message
from hourmill.errors import OutcomeUnknown, Unconfirmed
from hourmill.services.produce import Producer

TINY_BYTES = 2000
LONG_PAGE = "a" * 2000


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
        async with asyncio.timeout(PATIENCE_S):
            while not sure <= there:
                there |= await everything(consumer, 1)


async def test_a_message_that_the_broker_refuses_for_its_size_is_told_apart_and_nothing_beside_it_was_taken(
    broker: RabbitMQNode, topology: Topology
) -> None:
    with broker.taking_no_more_than(TINY_BYTES):
        async with RabbitPublisher.open(broker.url, topology) as publisher:
            await publisher.ready()
            with pytest.raises(Unconfirmed) as refused:
                await publisher.publish([message(1, 0), message(2, 1, LONG_PAGE), message(3, 0)])
            assert (sorted(refused.value.places), refused.value.sent) == ([0, 1, 2], False)
            assert list(refused.value.too_large) == [1]
            assert publisher.most_bytes == TINY_BYTES
            await confirmed(publisher, [message(1, 0), message(3, 0)])
    assert await length(broker, topology.queue(0)) == 2
    assert await length(broker, topology.queue(1)) == 0


class Astray:
    """A Publisher whose first attempt is lost on the way: nobody knows whether it was taken."""

    def __init__(self, publisher: RabbitPublisher) -> None:
        self._publisher = publisher
        self._lost = False

    @property
    def most_bytes(self) -> int:
        """As the other's."""
        return self._publisher.most_bytes

    async def publish(self, messages: Sequence[Message]) -> None:
        """As the other does, the second time."""
        if not self._lost:
            self._lost = True
            raise Unconfirmed(range(len(messages)), "lost on the way", sent=True)
        await self._publisher.publish(messages)

    async def ready(self) -> None:
        """As the other."""
        await self._publisher.ready()

    def away(self) -> tuple[float, str] | None:
        """As the other."""
        return self._publisher.away()


async def test_what_was_lost_on_the_way_and_is_refused_for_its_size_later_is_given_up_with_its_number(
    broker: RabbitMQNode, queue_prefix: str
) -> None:
    topology = Topology(1, 1 << 24, queue_prefix)
    with broker.taking_no_more_than(TINY_BYTES):
        async with RabbitPublisher.open(broker.url, topology) as publisher:
            await publisher.ready()
            producer = Producer(Astray(publisher), 1)
            with pytest.raises(OutcomeUnknown):
                await producer.count(Batch({LONG_PAGE: {480_000: 1}}, {}))
            await publisher.usable()
            await producer.count(Batch({"short": {480_000: 1}}, {}))
    async with RabbitConsumer.open(broker.url, topology) as consumer:
        await consumer.hold(frozenset({0}))
        assert await everything(consumer, 1) == {2}
