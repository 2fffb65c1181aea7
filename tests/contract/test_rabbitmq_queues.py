"""Queues that are deleted, left over from other settings, or declared otherwise than ours."""

import asyncio

import pytest
from structlog.testing import capture_logs
from tests.contract.messages import BOTH, confirmed, everything, length, message, raw_channel, reason_to_wait, seqs
from tests.servers.rabbitmq import RabbitMQNode

from hourmill.adapters.rabbitmq.consumer import RabbitConsumer
from hourmill.adapters.rabbitmq.probe import probe
from hourmill.adapters.rabbitmq.publisher import RabbitPublisher
from hourmill.adapters.rabbitmq.topology import Topology
from hourmill.errors import Unconfirmed


async def test_a_held_queue_that_is_deleted_is_made_again(broker: RabbitMQNode, topology: Topology) -> None:
    async with (
        RabbitPublisher.open(broker.url, topology) as publisher,
        RabbitConsumer.open(broker.url, topology) as consumer,
    ):
        await publisher.ready()
        await consumer.hold(BOTH)
        await publisher.publish([message(1)])
        await consumer.ack(await consumer.gather(1, 60))
        async with raw_channel(broker) as channel:
            await channel.queue_delete(topology.queue(0))
        await confirmed(publisher, [message(2)])
        assert seqs(await consumer.gather(1, 60)) == [2]


async def test_a_queue_that_was_deleted_and_made_again_is_consumed(
    broker: RabbitMQNode, topology: Topology, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hourmill.adapters.rabbitmq.tap.RENEWED_WHEN_IDLE_S", 0.2)
    async with (
        RabbitPublisher.open(broker.url, topology) as publisher,
        RabbitConsumer.open(broker.url, topology) as consumer,
    ):
        await publisher.ready()
        await consumer.hold(BOTH)
        await publisher.publish([message(1)])
        await consumer.ack(await consumer.gather(1, 60))
        async with raw_channel(broker) as channel:
            await channel.queue_delete(topology.queue(0))
            await channel.queue_declare(topology.queue(0), durable=True, arguments=topology.arguments())
        await confirmed(publisher, [message(2)])
        assert seqs(await consumer.gather(1, 60)) == [2]


async def test_an_exchange_that_is_deleted_is_made_again(broker: RabbitMQNode, topology: Topology) -> None:
    async with RabbitPublisher.open(broker.url, topology) as publisher:
        await publisher.ready()
        async with raw_channel(broker) as channel:
            await channel.exchange_delete(topology.views())
        await confirmed(publisher, [message(1), message(2, 1)])
    assert await length(broker, topology.queue(1)) == 1


async def test_partitions_left_over_from_a_larger_number_are_found(broker: RabbitMQNode, queue_prefix: str) -> None:
    async with RabbitPublisher.open(broker.url, Topology(5, 1 << 20, queue_prefix)) as publisher:
        await publisher.ready()
        await publisher.publish([message(1, 4)])
    async with RabbitConsumer.open(broker.url, Topology(2, 1 << 20, queue_prefix)) as consumer:
        await consumer.ready()
        assert await consumer.partitions() == frozenset(range(5))
        await consumer.hold(frozenset({4}))
        assert [delivery.partition for delivery in await consumer.gather(1, 60)] == [4]


async def test_a_queue_of_another_length_is_used_and_said(broker: RabbitMQNode, queue_prefix: str) -> None:
    async with RabbitPublisher.open(broker.url, Topology(1, 1 << 20, queue_prefix)) as publisher:
        await publisher.ready()
    with capture_logs() as lines:
        async with RabbitPublisher.open(broker.url, Topology(1, 1 << 21, queue_prefix)) as publisher:
            await publisher.ready()
            await publisher.publish([message(1)])
    kept = [line for line in lines if line["event"] == "queue keeps its own argument"]
    assert [(line["argument"], line["wanted"], line["found"]) for line in kept] == [
        ("x-max-length-bytes", 1 << 21, 1 << 20)
    ] * 2
    assert "delete it" in kept[0]["remedy"]


async def test_a_queue_that_would_lose_views_is_not_used(broker: RabbitMQNode, topology: Topology) -> None:
    arguments = topology.arguments() | {"x-overflow": "drop-head", "x-max-length-bytes": 1 << 10}
    async with raw_channel(broker) as channel:
        await channel.queue_declare(topology.queue(1), durable=True, arguments=arguments)
    with capture_logs() as lines:
        async with RabbitPublisher.open(broker.url, topology) as publisher:
            assert "x-overflow" in await reason_to_wait(publisher, lines)
            with pytest.raises(Unconfirmed, match="x-overflow") as refused:
                await publisher.publish([message(1)])
            assert not refused.value.sent


async def test_the_documented_rights_are_enough(broker: RabbitMQNode, topology: Topology) -> None:
    ours = f"^{topology.prefix}"
    await asyncio.to_thread(broker.ctl, "add_user", topology.prefix, "own")
    await asyncio.to_thread(broker.ctl, "set_permissions", topology.prefix, ours, f"{ours}|^amq.default$", ours)
    url = broker.url.replace("guest:guest", f"{topology.prefix}:own")
    try:
        async with RabbitPublisher.open(url, topology) as publisher, RabbitConsumer.open(url, topology) as consumer:
            await publisher.ready()
            await publisher.publish([message(1), message(2, 1)])
            await consumer.ready()
            await consumer.hold(await consumer.partitions())
            assert await everything(consumer, 2) == {1, 2}
        facts = await probe(url, topology)
        assert (facts.refused, facts.missing, facts.unusable, dict(facts.waiting)) == (None, [], [], {0: 0, 1: 0})
    finally:
        await asyncio.to_thread(broker.ctl, "delete_user", topology.prefix)
