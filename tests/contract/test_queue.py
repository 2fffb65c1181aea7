"""What every Publisher promises (ports/queue.py), on RabbitMQ."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import NamedTuple
from uuid import uuid4

import pytest
from tests.servers.rabbitmq import RabbitMQNode

from hourmill.adapters.rabbitmq.consumer import RabbitConsumer
from hourmill.adapters.rabbitmq.publisher import RabbitPublisher
from hourmill.adapters.rabbitmq.topology import Topology
from hourmill.core.batch import Batch
from hourmill.core.message import Claim, Message
from hourmill.errors import Unconfirmed
from hourmill.ports.queue import Publisher

PARTITIONS = 3
PRODUCER = uuid4().bytes


class Backend(NamedTuple):
    """A publisher to be tested.

    usable     returns once a message can be published again
    published  waits until that many different messages are durable behind it, and gives those there are then
    """

    publisher: Publisher
    usable: Callable[[], Awaitable[None]]
    published: Callable[[int], Awaitable[dict[Claim, Batch]]]


@pytest.fixture
async def rabbitmq_backend(rabbitmq: RabbitMQNode, queue_prefix: str) -> AsyncIterator[Backend]:
    topology = Topology(PARTITIONS, 1 << 24, queue_prefix)
    async with (
        RabbitPublisher.open(rabbitmq.url, topology) as publisher,
        RabbitConsumer.open(rabbitmq.url, topology) as consumer,
    ):
        there: dict[Claim, Batch] = {}

        async def published(least: int) -> dict[Claim, Batch]:
            await consumer.hold(frozenset(range(PARTITIONS)))
            while len(there) < least:
                for delivery in await consumer.gather(1, 0):
                    assert delivery.partition == delivery.message.claim.partition
                    there[delivery.message.claim] = delivery.message.batch
            return there

        yield Backend(publisher, publisher.usable, published)


@pytest.fixture(params=["rabbitmq"])
def backend(request: pytest.FixtureRequest) -> Backend:
    """Each of them."""
    made: Backend = request.getfixturevalue(f"{request.param}_backend")
    return made


def message(seq: int, partition: int = 0, page: str = "a") -> Message:
    return Message(Claim(PRODUCER, partition, seq), Batch({page: {480_000: seq}}, {}))


async def test_it_is_ready_once_its_server_is_there(backend: Backend) -> None:
    await backend.publisher.ready()


async def test_what_was_published_is_there(backend: Backend) -> None:
    await backend.publisher.ready()
    messages = [message(1, partition) for partition in range(PARTITIONS)]
    await backend.publisher.publish(messages)
    assert await backend.published(PARTITIONS) == dict(messages)


async def test_keyed_entries_travel_along(backend: Backend) -> None:
    await backend.publisher.ready()
    keyed = Message(Claim(PRODUCER, 0, 1), Batch({}, {b"k" * 16: {"a": {480_000: 2}}}))
    await backend.publisher.publish([keyed])
    assert await backend.published(1) == dict([keyed])


async def test_to_publish_nothing_is_done_at_once(backend: Backend) -> None:
    await backend.publisher.publish([])


async def test_several_messages_of_one_partition_keep_their_order(backend: Backend) -> None:
    await backend.publisher.ready()
    await backend.publisher.publish([message(seq) for seq in range(1, 31)])
    assert [claim.seq for claim in await backend.published(30)] == list(range(1, 31))


async def test_a_message_larger_than_a_frame_arrives_whole(backend: Backend) -> None:
    await backend.publisher.ready()
    large = message(1, page="a" * 400_000)
    await backend.publisher.publish([large, message(2)])
    assert await backend.published(2) == dict([large, message(2)])


async def test_callers_at_once_all_have_their_messages_published(backend: Backend) -> None:
    await backend.publisher.ready()
    groups = [[message(seq, partition) for partition in range(PARTITIONS)] for seq in range(1, 21)]
    await asyncio.gather(*(backend.publisher.publish(group) for group in groups))
    assert len(await backend.published(20 * PARTITIONS)) == 20 * PARTITIONS


async def test_a_cancelled_publish_makes_no_other_one_look_confirmed(backend: Backend) -> None:
    confirmed: list[Message] = []
    for seq in range(1, 31):
        await backend.usable()
        publishing = asyncio.create_task(backend.publisher.publish([message(seq, 0), message(seq, 1)]))
        for _ in range(seq // 2):  # cancelled a step later each time
            await asyncio.sleep(0)
        publishing.cancel()
        await asyncio.wait([publishing])
        after = message(seq, 2)
        with suppress(Unconfirmed):  # if the next channel is not open yet
            await backend.publisher.publish([after])
            confirmed.append(after)
        await backend.usable()
        last = message(1000 + seq, 2)
        await backend.publisher.publish([last])
        confirmed.append(last)
    there = await backend.published(len(confirmed))
    while missing := dict(confirmed).keys() - there.keys():
        there = await backend.published(len(there) + len(missing))
