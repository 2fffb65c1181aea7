"""What the RabbitMQ adapters do when the broker is away, full, blocked, or other than expected."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from uuid import uuid4

import aiormq
import pytest
from structlog.testing import capture_logs
from tests.client import HOST
from tests.servers.rabbitmq import RabbitMQNode
from tests.service import free_port

from hourmill import failpoints
from hourmill.adapters.rabbitmq.consumer import RabbitConsumer
from hourmill.adapters.rabbitmq.publisher import RabbitPublisher
from hourmill.adapters.rabbitmq.topology import Topology
from hourmill.core.batch import Batch
from hourmill.core.message import Claim, Message
from hourmill.errors import Unconfirmed, Unreachable
from hourmill.failpoints import Step
from hourmill.ports.queue import Delivery

PRODUCER = uuid4().bytes
HUNG_S = 1.0  # a publish that the broker confirms takes milliseconds
BOTH = frozenset({0, 1})
TINY_BYTES = 2000


@pytest.fixture
def broker(rabbitmq: RabbitMQNode) -> Iterator[RabbitMQNode]:
    """The broker, which runs, before and after."""
    if not rabbitmq.runs:
        rabbitmq.start()
    yield rabbitmq
    if not rabbitmq.runs:
        rabbitmq.start()


@pytest.fixture
def topology(queue_prefix: str) -> Topology:
    return Topology(2, 1 << 24, queue_prefix)


def message(seq: int, partition: int = 0, page: str = "a") -> Message:
    return Message(Claim(PRODUCER, partition, seq), Batch({page: {480_000: seq}}, {}))


def seqs(deliveries: Sequence[Delivery]) -> list[int]:
    return [delivery.message.claim.seq for delivery in deliveries]


@asynccontextmanager
async def raw_channel(broker: RabbitMQNode) -> AsyncIterator[aiormq.abc.AbstractChannel]:
    """Not through our adapters."""
    async with aiormq.connect(broker.url) as connection:
        yield await connection.channel()


async def length(broker: RabbitMQNode, queue: str) -> int | None:
    """Messages that are ready in a queue."""
    async with raw_channel(broker) as channel:
        return (await channel.queue_declare(queue, passive=True)).message_count


async def everything(consumer: RabbitConsumer, messages: int) -> set[int]:
    """The seqs of so many different messages, acked."""
    there: set[int] = set()
    while len(there) < messages:
        deliveries = await consumer.gather(1, 0)
        there.update(seqs(deliveries))
        await consumer.ack(deliveries)
    return there


async def confirmed(publisher: RabbitPublisher, messages: Sequence[Message]) -> None:
    """Publish until it is confirmed, as a producer does."""
    while True:
        await publisher.usable()
        try:
            return await publisher.publish(messages)
        except Unconfirmed as error:
            messages = [messages[place] for place in error.places]


Break = Callable[[RabbitMQNode], None]


@pytest.mark.parametrize("away", [RabbitMQNode.stop, RabbitMQNode.kill])
async def test_confirmed_messages_survive_the_broker(broker: RabbitMQNode, topology: Topology, away: Break) -> None:
    async with RabbitPublisher.open(broker.url, topology) as publisher:
        await publisher.ready()
        await publisher.publish([message(1), message(2)])
        await asyncio.to_thread(away, broker)
        with pytest.raises(Unconfirmed):
            await publisher.publish([message(3)])
        await asyncio.to_thread(broker.start)
        await confirmed(publisher, [message(3)])
        async with RabbitConsumer.open(broker.url, topology) as consumer:
            await consumer.hold(BOTH)
            assert await everything(consumer, 3) == {1, 2, 3}


async def test_a_broker_that_comes_later_is_waited_for(broker: RabbitMQNode, topology: Topology) -> None:
    await asyncio.to_thread(broker.stop)
    async with (
        RabbitPublisher.open(broker.url, topology) as publisher,
        RabbitConsumer.open(broker.url, topology) as consumer,
    ):
        with pytest.raises(Unconfirmed) as refused:
            await publisher.publish([message(1), message(2, 1)])
        assert (list(refused.value.places), refused.value.sent) == ([0, 1], False)
        with pytest.raises(Unreachable):
            await consumer.partitions()
        await consumer.hold(BOTH)
        await asyncio.to_thread(broker.start)
        await publisher.ready()
        await publisher.publish([message(1), message(2, 1)])
        assert await everything(consumer, 2) == {1, 2}


async def test_waiting_is_said_without_the_password(topology: Topology) -> None:
    port = free_port()
    with capture_logs() as lines:
        async with RabbitPublisher.open(f"amqp://me:secret@{HOST}:{port}/there", topology) as publisher:
            ready = asyncio.create_task(publisher.ready())
            await asyncio.wait([ready], timeout=HUNG_S)
            ready.cancel()
    assert [(line["event"], line["host"], line["port"], line["vhost"]) for line in lines] == [
        ("waiting for RabbitMQ", HOST, port, "there")
    ]
    assert "secret" not in str(lines)
    assert "refused" in lines[0]["reason"] or "Connect call failed" in lines[0]["reason"]


async def test_a_password_that_is_wrong_is_said(broker: RabbitMQNode, topology: Topology) -> None:
    with capture_logs() as lines:
        async with RabbitPublisher.open(broker.url.replace("guest:guest", "guest:secret"), topology) as publisher:
            ready = asyncio.create_task(publisher.ready())
            await asyncio.wait([ready], timeout=HUNG_S)
            ready.cancel()
    assert "ACCESS_REFUSED" in lines[0]["reason"]
    assert "secret" not in str(lines)


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


@pytest.fixture
def alarm(broker: RabbitMQNode) -> Iterator[Callable[[bool], None]]:
    """Sets and clears the memory alarm."""

    def rung(on: bool) -> None:
        broker.ctl("set_vm_memory_high_watermark", "0.00001" if on else "0.6")

    yield rung
    if not broker.runs:
        broker.start()
    rung(False)


async def test_a_blocked_broker_confirms_nothing_and_goes_on_later(
    broker: RabbitMQNode, topology: Topology, alarm: Callable[[bool], None]
) -> None:
    async with RabbitPublisher.open(broker.url, topology) as publisher:
        await publisher.ready()
        await asyncio.to_thread(alarm, True)
        publishing = asyncio.create_task(publisher.publish([message(1), message(2)]))
        assert not (await asyncio.wait([publishing], timeout=HUNG_S))[0]
        publishing.cancel()
        assert (await asyncio.wait([publishing]))[0].pop().cancelled()
        with pytest.raises(Unconfirmed) as refused:
            await publisher.publish([message(3)])
        assert not refused.value.sent
        await asyncio.to_thread(alarm, False)
        await confirmed(publisher, [message(4)])
        async with RabbitConsumer.open(broker.url, topology) as consumer:
            await consumer.hold(BOTH)
            there: set[int] = set()
            while 4 not in there:  # behind it, or before it, 1 and 2 may come: nobody was told that they are not there
                there |= await everything(consumer, 1)
            assert 3 not in there


async def test_a_blocked_publish_that_is_left_alone_is_confirmed_in_the_end(
    broker: RabbitMQNode, topology: Topology, alarm: Callable[[bool], None]
) -> None:
    async with RabbitPublisher.open(broker.url, topology) as publisher:
        await publisher.ready()
        await asyncio.to_thread(alarm, True)
        publishing = asyncio.create_task(publisher.publish([message(1)]))
        assert not (await asyncio.wait([publishing], timeout=HUNG_S))[0]
        await asyncio.to_thread(alarm, False)
        await publishing
        assert await length(broker, topology.queue(0)) == 1


async def test_a_broker_killed_between_publish_and_confirm_has_not_confirmed(
    broker: RabbitMQNode, topology: Topology, alarm: Callable[[bool], None]
) -> None:
    async with RabbitPublisher.open(broker.url, topology) as publisher:
        await publisher.ready()
        await publisher.publish([message(1)])
        await asyncio.to_thread(alarm, True)
        publishing = asyncio.create_task(publisher.publish([message(2), message(3, 1)]))
        assert not (await asyncio.wait([publishing], timeout=HUNG_S))[0]
        await asyncio.to_thread(broker.kill)
        with pytest.raises(Unconfirmed) as lost:
            await publishing
        assert (list(lost.value.places), lost.value.sent) == ([0, 1], True)
        await asyncio.to_thread(broker.start)
        await confirmed(publisher, [message(2), message(3, 1)])
        async with RabbitConsumer.open(broker.url, topology) as consumer:
            await consumer.hold(BOTH)
            assert await everything(consumer, 3) == {1, 2, 3}


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
    monkeypatch.setattr("hourmill.adapters.rabbitmq.consumer.RENEWED_WHEN_IDLE_S", 0.2)
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


async def test_partitions_are_given_up_at_every_moment(
    broker: RabbitMQNode, topology: Topology, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hourmill.adapters.rabbitmq.consumer.RENEWED_WHEN_IDLE_S", 0)
    async with RabbitConsumer.open(broker.url, topology) as consumer:
        await consumer.ready()
        for _ in range(200):
            await consumer.hold(BOTH)
            for _ in range(random.randrange(200)):
                await asyncio.sleep(0)
            async with asyncio.timeout(60):
                await consumer.hold(frozenset())


async def test_no_more_is_buffered_than_the_prefetch(broker: RabbitMQNode, topology: Topology) -> None:
    async with (
        RabbitPublisher.open(broker.url, topology) as publisher,
        RabbitConsumer.open(broker.url, topology, prefetch=5) as consumer,
    ):
        await publisher.ready()
        await publisher.publish([message(seq) for seq in range(1, 21)])
        await consumer.hold(BOTH)
        first = await consumer.gather(20, HUNG_S)
        assert seqs(first) == [1, 2, 3, 4, 5]
        await consumer.ack(first[:3])
        assert seqs(await consumer.gather(20, HUNG_S)) == [6, 7, 8]


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
            ready = asyncio.create_task(publisher.ready())
            assert not (await asyncio.wait([ready], timeout=HUNG_S))[0]
            ready.cancel()
            with pytest.raises(Unconfirmed, match="x-overflow") as refused:
                await publisher.publish([message(1)])
            assert not refused.value.sent
    assert "x-overflow" in next(line["reason"] for line in lines if line["event"] == "waiting for RabbitMQ")


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
