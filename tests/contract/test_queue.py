"""What every Publisher promises (ports/queue.py), on RabbitMQ and on the store itself."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import NamedTuple

import asyncpg
import pytest
from tests.contract.messages import PRODUCER, message
from tests.servers.process import awaited
from tests.servers.rabbitmq import RabbitMQNode

from hourmill.adapters.direct.publisher import DirectPublisher
from hourmill.adapters.postgres.migrate import migrate
from hourmill.adapters.postgres.store import PostgresStore
from hourmill.adapters.rabbitmq.consumer import RabbitConsumer
from hourmill.adapters.rabbitmq.publisher import RabbitPublisher
from hourmill.adapters.rabbitmq.topology import Topology
from hourmill.core import tally
from hourmill.core.batch import Batch, Cells
from hourmill.core.message import Claim, Message
from hourmill.ports.queue import Publisher

PARTITIONS = 3


class Backend(NamedTuple):
    """A publisher to be tested.

    usable  returns once a message can be published again
    hold    waits until so many different messages are durable behind it, then gives their claims and the sum of them
    """

    publisher: Publisher
    usable: Callable[[], Awaitable[None]]
    hold: Callable[[int], Awaitable[tuple[set[Claim], Cells]]]


@pytest.fixture
async def rabbitmq_backend(rabbitmq: RabbitMQNode, queue_prefix: str) -> AsyncIterator[Backend]:
    topology = Topology(PARTITIONS, 1 << 24, queue_prefix)
    async with (
        RabbitPublisher.open(rabbitmq.url, topology) as publisher,
        RabbitConsumer.open(rabbitmq.url, topology) as consumer,
    ):
        there: dict[Claim, Batch] = {}

        async def hold(least: int) -> tuple[set[Claim], Cells]:
            await consumer.hold(frozenset(range(PARTITIONS)))
            while len(there) < least:
                for delivery in await consumer.gather(1, 0):
                    assert delivery.partition == delivery.message.claim.partition
                    there[delivery.message.claim] = delivery.message.batch
            return set(there), sum_of(there.values())

        yield Backend(publisher, publisher.usable, hold)


@pytest.fixture
async def direct_backend(database_url: str) -> AsyncIterator[Backend]:
    await migrate(database_url)
    async with PostgresStore.open(database_url, PARTITIONS, 0) as store:

        async def hold(least: int) -> tuple[set[Claim], Cells]:
            claims, cells = await asyncio.to_thread(counted, database_url)
            assert len(claims) >= least  # what was published is counted
            return claims, cells

        yield Backend(DirectPublisher(store), store.ready, hold)


@pytest.fixture(params=["rabbitmq", "direct"])
def backend(request: pytest.FixtureRequest) -> Backend:
    """Each of them."""
    made: Backend = request.getfixturevalue(f"{request.param}_backend")
    return made


def counted(url: str) -> tuple[set[Claim], Cells]:
    """What the database holds."""

    async def ask() -> tuple[set[Claim], Cells]:
        connection = await asyncpg.connect(url)
        claims = await connection.fetch(
            "SELECT producer, partition, generate_series(lower(r), upper(r) - 1) FROM claims, unnest(applied) AS r"
        )
        rows = await connection.fetch(
            "SELECT page, (extract(epoch FROM view_hour) / 3600)::integer AS hour, views FROM page_views"
        )
        await connection.close()
        cells: Cells = {}
        for page, hour, views in rows:
            cells.setdefault(page, {})[hour] = views
        return {Claim(producer.bytes, partition, seq) for producer, partition, seq in claims}, cells

    return awaited(ask())


def sum_of(batches: Iterable[Batch]) -> Cells:
    """All their cells, those with a key too."""
    return tally.flattened(entry for batch in batches for entry in tally.entries(batch))


def claims_and_sum(*messages: Message) -> tuple[set[Claim], Cells]:
    """What a backend must hold."""
    return {message.claim for message in messages}, sum_of(message.batch for message in messages)


async def test_it_is_ready_once_its_server_is_there(backend: Backend) -> None:
    await backend.publisher.ready()


async def test_what_was_published_is_there(backend: Backend) -> None:
    await backend.publisher.ready()
    messages = [message(1, partition) for partition in range(PARTITIONS)]
    await backend.publisher.publish(messages)
    assert await backend.hold(PARTITIONS) == claims_and_sum(*messages)


async def test_keyed_entries_travel_along(backend: Backend) -> None:
    await backend.publisher.ready()
    keyed = Message(Claim(PRODUCER, 0, 1), Batch({}, {b"k" * 16: {"a": {480_000: 2}}}))
    await backend.publisher.publish([keyed])
    assert await backend.hold(1) == claims_and_sum(keyed)


async def test_to_publish_nothing_is_done_at_once(backend: Backend) -> None:
    await backend.publisher.publish([])


async def test_a_message_larger_than_a_frame_arrives_whole(backend: Backend) -> None:
    await backend.publisher.ready()
    large = message(1, page="a" * 2_000)
    large.batch.cells.update({f"{n}": {480_000: 1} for n in range(30_000)})
    await backend.publisher.publish([large, message(2)])
    assert await backend.hold(2) == claims_and_sum(large, message(2))


async def test_callers_at_once_all_have_their_messages_published(backend: Backend) -> None:
    await backend.publisher.ready()
    groups = [[message(seq, partition) for partition in range(PARTITIONS)] for seq in range(1, 21)]
    await asyncio.gather(*(backend.publisher.publish(group) for group in groups))
    everything = [message for group in groups for message in group]
    assert await backend.hold(len(everything)) == claims_and_sum(*everything)


async def test_what_is_published_again_under_its_number_is_there_once(backend: Backend) -> None:
    await backend.publisher.ready()
    for _ in range(3):
        await backend.publisher.publish([message(1), message(1, 1)])
    await backend.publisher.publish([message(2)])
    assert await backend.hold(3) == claims_and_sum(message(1), message(1, 1), message(2))
