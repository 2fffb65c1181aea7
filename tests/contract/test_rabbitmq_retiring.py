"""Queues that are left over after a smaller number of partitions go by themselves, and no message with them."""

import asyncio
from collections.abc import Callable
from functools import partial

import pytest
from tests.client import PATIENCE_S
from tests.cluster import eventually
from tests.contract.leftover import STEPS, advance, deletable, holding, make_queues, noted, put, put_aside, queues
from tests.contract.messages import confirmed, everything, message, raw_channel, seqs
from tests.contract.postgres_store import until
from tests.servers.rabbitmq import RabbitMQNode

from hourmill.adapters.rabbitmq.consumer import RabbitConsumer
from hourmill.adapters.rabbitmq.notes import made, retired
from hourmill.adapters.rabbitmq.publisher import RabbitPublisher
from hourmill.adapters.rabbitmq.topology import Topology
from hourmill.errors import Unconfirmed

RETIRING = "hourmill.adapters.rabbitmq.retiring"


@pytest.fixture
def topology(queue_prefix: str) -> Topology:
    """With the smaller number."""
    return Topology(1, 1 << 24, queue_prefix)


@pytest.fixture
def larger(topology: Topology) -> Topology:
    return topology._replace(partitions=2)


@pytest.fixture(autouse=True)
def times(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is waited for; and nothing goes by itself, unless a test says `by_itself`."""
    monkeypatch.setattr(f"{RETIRING}.QUIET_S", 0.0)
    monkeypatch.setattr(f"{RETIRING}.SETTLED_S", 0.0)
    monkeypatch.setattr("hourmill.adapters.rabbitmq.consumer.RETIRES_EVERY_S", 3600.0)
    monkeypatch.setattr("hourmill.adapters.rabbitmq.publisher.REMADE_AFTER_S", 0.1)


@pytest.fixture
def by_itself(times: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From when it is called on, who opens a consumer has it retire."""
    return partial(monkeypatch.setattr, "hourmill.adapters.rabbitmq.consumer.RETIRES_EVERY_S", 0.05)


async def test_leftover_queues_go_by_themselves_and_quietly(
    broker: RabbitMQNode, topology: Topology, by_itself: Callable[[], None]
) -> None:
    by_itself()
    await make_queues(broker, topology._replace(partitions=8))
    async with RabbitConsumer.open(broker.url, topology._replace(partitions=4)) as consumer:
        await consumer.ready()
        while (there := await consumer.partitions()) != frozenset(range(4)):
            await consumer.hold(there)
    assert await queues(broker, topology) == {topology.queue(partition) for partition in range(4)}
    keys = [key(partition, 0) for partition in range(4, 8) for key in (made, retired)]
    assert await noted(broker, topology, *keys) == {retired(partition, 0) for partition in range(4, 8)}
    said = [line for line in broker.said().splitlines() if f"{topology.prefix}." in line]
    absent = [line for line in said if "no queue" in line]
    assert len(absent) == 1  # a worker looks once, when it connects, for what an earlier version has left
    assert topology.queue(8) in absent[0]


async def test_a_queue_of_an_earlier_version_is_found_and_goes(
    broker: RabbitMQNode, topology: Topology, by_itself: Callable[[], None]
) -> None:
    by_itself()
    await make_queues(broker, topology)
    async with raw_channel(broker) as channel:  # which notes nothing and binds nothing
        await channel.queue_declare(topology.queue(1), durable=True, arguments=topology.arguments())
    async with RabbitConsumer.open(broker.url, topology) as consumer:
        await consumer.ready()
        await consumer.hold(await consumer.partitions())
        while await noted(broker, topology, made(1, 0)):  # struck when the queue is deleted
            await consumer.hold(await consumer.partitions())
    assert await queues(broker, topology) == {topology.queue(0)}


async def test_what_is_published_meanwhile_goes_on_to_the_next_generation(
    broker: RabbitMQNode, topology: Topology, larger: Topology
) -> None:
    async with RabbitPublisher.open(broker.url, larger) as publisher:
        await publisher.ready()
        async with holding(broker, topology) as (consumer, retirement):
            came: list[int] = []
            for seq in range(1, STEPS + 1):  # in use, noted
                if seq < STEPS:
                    await confirmed(publisher, [message(seq, 1)])
                    deliveries = await consumer.gather(1, 60)
                    came += seqs(deliveries)
                    await consumer.ack(deliveries)
                assert await advance(retirement, 1) == (seq == STEPS)
            await consumer._delete(consumer._running[1, 0].tap, retirement)
            with pytest.raises(Unconfirmed, match="no queue of partition 1") as refused:
                await publisher.publish([message(3, 1)])
            assert not refused.value.sent
            await confirmed(publisher, [message(3, 1)])
            assert await consumer.partitions() == {0, 1}
            came += seqs(await consumer.gather(1, 60))
        assert came == [1, 2, 3]
    assert await queues(broker, topology) == {topology.queue(0), topology.queue(1, 1)}


async def test_who_comes_to_a_retired_queue_makes_the_next_one_and_both_are_drained(
    broker: RabbitMQNode, topology: Topology, larger: Topology
) -> None:
    await make_queues(broker, larger)
    async with holding(broker, topology) as (consumer, retirement):
        await advance(retirement, 1)
        async with RabbitPublisher.open(broker.url, larger) as publisher:
            await publisher.ready()
            await publisher.publish([message(1, 1)])  # to both, as the first is bound still
            assert await consumer.partitions() == {0, 1}
            gathered = await consumer.gather(2, 60)
            assert [(one.partition, one.message.claim.seq) for one in gathered] == [(1, 1)] * 2
            await consumer.ack(gathered)
            await advance(retirement, 1)
            await publisher.publish([message(2, 1)])
            assert seqs(await consumer.gather(2, 0.2)) == [2]
        assert {tap.tap.queue for tap in consumer._running.values()} == {topology.queue(1), topology.queue(1, 1)}


async def test_a_larger_number_afterwards_uses_the_next_generation(
    broker: RabbitMQNode, topology: Topology, larger: Topology
) -> None:
    await make_queues(broker, larger)
    async with holding(broker, topology) as (consumer, retirement):
        assert await advance(retirement, STEPS)
        await consumer._delete(consumer._running[1, 0].tap, retirement)
        assert await consumer.partitions() == {0}
    async with RabbitPublisher.open(broker.url, larger) as publisher:
        await publisher.ready()
        await publisher.publish([message(1), message(2, 1)])
    async with RabbitConsumer.open(broker.url, larger) as consumer:
        await consumer.hold(frozenset({0, 1}))
        assert await everything(consumer, 2) == {1, 2}
    assert await queues(broker, topology) == {topology.queue(0), topology.queue(1, 1)}


@pytest.mark.parametrize("steps", range(STEPS + 2))
async def test_what_one_worker_has_begun_another_one_ends(
    broker: RabbitMQNode, topology: Topology, larger: Topology, steps: int, by_itself: Callable[[], None]
) -> None:
    await make_queues(broker, larger)
    async with holding(broker, topology) as (_, retirement):
        await advance(retirement, min(steps, STEPS))
    if steps > STEPS:  # deleted, and its note not struck
        async with raw_channel(broker) as channel:
            await channel.queue_delete(topology.queue(1))
    by_itself()
    async with RabbitConsumer.open(broker.url, topology) as consumer:
        await consumer.ready()
        while 1 in (there := await consumer.partitions()):
            await consumer.hold(there)
    assert await queues(broker, topology) == {topology.queue(0)}
    assert await noted(broker, topology, made(1, 0), retired(1, 0)) == {retired(1, 0)}


async def test_a_queue_that_holds_a_message_is_not_deleted(
    broker: RabbitMQNode, topology: Topology, larger: Topology
) -> None:
    await make_queues(broker, larger)
    async with holding(broker, topology) as (consumer, retirement):
        await advance(retirement, STEPS - 1)
        async with raw_channel(broker) as channel:
            await channel.basic_publish(b"damaged", routing_key=topology.queue(1))
            await until(lambda: consumer.dead_letters == 1)
            await put_aside(broker, topology)
            assert not await advance(retirement, 3)
            await channel.queue_purge(topology.dead_letters())
        await put(broker, topology, 7)
        gathered = await consumer.gather(1, 60)
        assert not await advance(retirement, 3)
        await consumer.ack(gathered)
        assert seqs(gathered) == [7]
        await deletable(retirement)


async def test_what_comes_meanwhile_puts_the_deletion_off(
    broker: RabbitMQNode, topology: Topology, larger: Topology, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead_s = 0.0
    monkeypatch.setattr(f"{RETIRING}._now_s", lambda: asyncio.get_running_loop().time() + ahead_s)
    await make_queues(broker, larger)
    async with holding(broker, topology) as (consumer, retirement):
        await advance(retirement, STEPS - 1)
        monkeypatch.setattr(f"{RETIRING}.SETTLED_S", 3600.0)
        await put(broker, topology, 7)
        gathered = await consumer.gather(1, PATIENCE_S)
        ahead_s = 3601.0  # it would be over, had nothing come
        assert not await advance(retirement, 1)
        await consumer.ack(gathered)
        await eventually(consumer._running[1, 0].tap.is_ours_and_empty)
        assert not await advance(retirement, STEPS)
        ahead_s += 3601.0
        await deletable(retirement)


async def test_a_queue_that_another_worker_consumes_is_not_deleted(
    broker: RabbitMQNode, topology: Topology, larger: Topology
) -> None:
    await make_queues(broker, larger)
    async with holding(broker, topology) as (_, retirement):
        await advance(retirement, STEPS - 1)
        async with raw_channel(broker) as channel:
            await channel.basic_consume(topology.queue(1), lambda _: asyncio.sleep(0))
            assert not await advance(retirement, 3)


async def test_a_queue_that_does_not_answer_is_not_deleted(
    broker: RabbitMQNode, topology: Topology, larger: Topology
) -> None:
    await make_queues(broker, larger)
    process = f"whereis('%2F_{topology.queue(1)}')"
    async with holding(broker, topology) as (_, retirement):
        await advance(retirement, STEPS - 1)
        await asyncio.to_thread(broker.ctl, "eval", f"sys:suspend({process}).")
        try:
            assert not await advance(retirement, 1)  # the broker says: no message, and no consumer
        finally:
            await asyncio.to_thread(broker.ctl, "eval", f"sys:resume({process}).")
        await deletable(retirement)


async def test_a_queue_that_was_in_use_within_the_hour_stays(
    broker: RabbitMQNode, topology: Topology, larger: Topology, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_queues(broker, larger)
    monkeypatch.setattr(f"{RETIRING}.QUIET_S", 3600.0)
    async with holding(broker, topology) as (_, retirement):
        assert not await advance(retirement, 5)
    assert await noted(broker, topology, made(1, 0), retired(1, 0)) == {made(1, 0)}


async def test_a_leftover_queue_that_was_deleted_by_hand_is_made_again(
    broker: RabbitMQNode, topology: Topology, larger: Topology
) -> None:
    async with RabbitPublisher.open(broker.url, larger) as publisher:
        await publisher.ready()
        async with holding(broker, topology) as (consumer, _):
            async with raw_channel(broker) as channel:
                await channel.queue_delete(topology.queue(1))
            await confirmed(publisher, [message(1, 1)])
            assert seqs(await consumer.gather(1, 60)) == [1]
