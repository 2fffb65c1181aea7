"""Messages that cannot be decoded are put aside once, and the others go on."""

import asyncio

import aiormq
from structlog.testing import capture_logs
from tests.contract.messages import BOTH, everything, length, message, raw_channel, seqs
from tests.servers.rabbitmq import RabbitMQNode

from hourmill import failpoints
from hourmill.adapters.rabbitmq.consumer import RabbitConsumer
from hourmill.adapters.rabbitmq.publisher import RabbitPublisher
from hourmill.adapters.rabbitmq.topology import Topology
from hourmill.failpoints import Step


async def test_a_message_that_cannot_be_decoded_is_put_aside_once(broker: RabbitMQNode, topology: Topology) -> None:
    async with (
        RabbitPublisher.open(broker.url, topology) as publisher,
        RabbitConsumer.open(broker.url, topology) as consumer,
    ):
        await publisher.ready()
        await publisher.publish([message(1)])
        async with raw_channel(broker) as channel:
            for body in (b"\x02from a newer Hourmill", b"", b"\x01damaged"):
                await channel.basic_publish(body, routing_key=topology.queue(0))
        await publisher.publish([message(2)])
        with capture_logs() as lines:
            await consumer.hold(BOTH)
            assert await everything(consumer, 2) == {1, 2}
        assert [line["event"] for line in lines] == ["dead letter"]
        async with raw_channel(broker) as channel:
            bodies: list[bytes] = []
            arrived = asyncio.Event()

            async def take(delivered: aiormq.abc.DeliveredMessage) -> None:
                bodies.append(delivered.body)
                if len(bodies) == 3:
                    arrived.set()

            await channel.basic_consume(topology.dead_letters(), take)
            await arrived.wait()
        assert bodies == [b"\x02from a newer Hourmill", b"", b"\x01damaged"]
        await consumer.hold(frozenset())
        assert await length(broker, topology.queue(0)) == 0


async def test_a_message_that_could_not_be_taken_is_not_acked(broker: RabbitMQNode, topology: Topology) -> None:
    async with (
        RabbitPublisher.open(broker.url, topology) as publisher,
        RabbitConsumer.open(broker.url, topology) as consumer,
    ):
        await publisher.ready()
        await publisher.publish([message(1)])
        async with raw_channel(broker) as channel:
            await channel.basic_publish(b"damaged", routing_key=topology.queue(0))
        await publisher.publish([message(2)])
        failpoints.arm(f"{Step.REJECTING}=raise")
        try:
            await consumer.hold(BOTH)
            again: set[int] = set()
            while again != {1, 2}:
                deliveries = await consumer.gather(1, 0)
                again.update(seqs([delivery for delivery in deliveries if delivery.again]))
                await consumer.ack(deliveries)
        finally:
            failpoints.arm("")
        await consumer.hold(frozenset())
        assert await length(broker, topology.queue(0)) == 0
        assert await length(broker, topology.dead_letters()) == 1
