"""Messages of the tests, published and gathered; and queues, seen past the adapters."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import aiormq
import pytest
from tests.contract.postgres_store import until
from tests.servers.rabbitmq import RabbitMQNode
from tests.service import GLANCE_S

from hourmill.adapters.rabbitmq.consumer import RabbitConsumer
from hourmill.adapters.rabbitmq.publisher import RabbitPublisher
from hourmill.core.batch import Batch
from hourmill.core.message import Claim, Message
from hourmill.errors import Unconfirmed
from hourmill.ports.queue import Delivery

PRODUCER = uuid4().bytes
HUNG_S = 1.0  # a publish that the broker confirms takes milliseconds
BOTH = frozenset({0, 1})


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


async def reason_to_wait(publisher: RabbitPublisher, lines: Sequence[Mapping[str, Any]]) -> str:
    """Why a publisher waits for its broker, as it says among the lines of a log."""
    waits = "waiting for RabbitMQ"
    await until(lambda: any(line["event"] == waits for line in lines))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(publisher.ready(), GLANCE_S)
    return next(str(line["reason"]) for line in lines if line["event"] == waits)


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
