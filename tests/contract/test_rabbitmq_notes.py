"""Notes in the broker: what is noted, struck and asked, also after its restart and while it is in alarm."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
from tests.contract.messages import everything, message
from tests.contract.postgres_store import until
from tests.servers.rabbitmq import RabbitMQNode

from hourmill.adapters.rabbitmq.connection import opened
from hourmill.adapters.rabbitmq.consumer import RabbitConsumer
from hourmill.adapters.rabbitmq.generations import Generations, find, find_all
from hourmill.adapters.rabbitmq.notes import Notes, made, note, retired, strike
from hourmill.adapters.rabbitmq.publisher import RabbitPublisher
from hourmill.adapters.rabbitmq.topology import Topology, declare_rest

KEYS = [made(0, 0), retired(0, 0), made(1, 0)]


@asynccontextmanager
async def noted(broker: RabbitMQNode, topology: Topology, *keys: str) -> AsyncIterator[Notes]:
    """A broker with these notes."""
    async with opened(broker.url, "test") as connection:
        await declare_rest(connection, topology)
        for key in keys:
            await note(connection, topology, key)
    async with Notes.open(broker.url, topology) as notes:
        yield notes


@pytest.fixture
def alarm(broker: RabbitMQNode) -> Iterator[Callable[[bool], None]]:
    """Sets and clears the memory alarm."""

    def rung(on: bool) -> None:
        broker.ctl("set_vm_memory_high_watermark", "0.00001" if on else "0.6")

    yield rung
    rung(False)


async def test_what_is_noted_is_told_and_nothing_else(broker: RabbitMQNode, topology: Topology) -> None:
    async with noted(broker, topology, made(0, 0)) as notes:
        assert await notes.noted(KEYS) == {made(0, 0)}


async def test_what_is_struck_is_noted_no_more(broker: RabbitMQNode, topology: Topology) -> None:
    async with noted(broker, topology, *KEYS, *KEYS) as notes, opened(broker.url, "test") as connection:
        for _ in range(2):
            await strike(connection, topology, made(0, 0))
        assert await notes.noted(KEYS) == {retired(0, 0), made(1, 0)}


async def test_two_systems_on_one_broker_have_their_own_notes(broker: RabbitMQNode, topology: Topology) -> None:
    other = topology._replace(prefix=f"{topology.prefix}-other")
    async with noted(broker, topology, made(0, 0)), noted(broker, other, made(1, 0)) as notes:
        assert await notes.noted(KEYS) == {made(1, 0)}


async def test_notes_survive_the_broker(broker: RabbitMQNode, topology: Topology) -> None:
    async with noted(broker, topology, retired(0, 0)) as notes:
        assert await notes.noted(KEYS) == {retired(0, 0)}
        await asyncio.to_thread(broker.keep_names)  # written at once, and not a moment later
        await asyncio.to_thread(broker.kill)
        await asyncio.to_thread(broker.start)
        assert await notes.noted(KEYS) == {retired(0, 0)}


async def test_who_asks_at_the_same_time_is_answered(broker: RabbitMQNode, topology: Topology) -> None:
    async with noted(broker, topology, made(0, 0)) as notes:
        assert set(await asyncio.gather(*(notes.noted(KEYS) for _ in range(20)))) == {frozenset({made(0, 0)})}


async def test_a_broker_in_alarm_answers_whoever_is_new(
    broker: RabbitMQNode, topology: Topology, alarm: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hourmill.adapters.rabbitmq.notes.BLOCKED_AFTER_S", 0.5)
    async with noted(broker, topology, made(0, 0)) as notes:
        assert await notes.noted(KEYS) == {made(0, 0)}
        await asyncio.to_thread(alarm, True)
        assert await notes.noted_anyhow(KEYS) == {made(0, 0)}
        await asyncio.to_thread(alarm, False)
        assert await notes.noted_anyhow(KEYS) == {made(0, 0)}


async def test_a_worker_that_starts_in_an_alarm_drains_the_queues(
    broker: RabbitMQNode, topology: Topology, alarm: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hourmill.adapters.rabbitmq.notes.BLOCKED_AFTER_S", 0.5)
    async with RabbitPublisher.open(broker.url, topology._replace(partitions=4)) as publisher:
        await publisher.ready()
        await publisher.publish([message(partition + 1, partition) for partition in range(4)])
    await asyncio.to_thread(alarm, True)
    async with RabbitConsumer.open(broker.url, topology) as consumer:
        await consumer.ready()
        for _ in range(2):  # the second time those are meant that are known
            assert await consumer.partitions() == frozenset(range(4))
        await consumer.hold(frozenset(range(4)))
        assert await everything(consumer, 4) == {1, 2, 3, 4}
        lost = consumer._connection
        assert lost is not None
        await lost.close()  # and found again, in the alarm
        await until(lambda: consumer._connection not in {None, lost})
        assert await consumer.partitions() == frozenset(range(4))


async def test_the_current_generation_is_the_first_that_is_not_retired(
    broker: RabbitMQNode, topology: Topology
) -> None:
    keys = [made(0, 0), retired(1, 0), made(1, 1), retired(2, 0), retired(2, 1), made(2, 1), made(2, 2), retired(4, 0)]
    async with noted(broker, topology, *keys) as notes:
        first = {0: Generations(0, (0,)), 1: Generations(1, (1,)), 2: Generations(2, (1, 2))}
        assert await find(notes.noted, range(4)) == {**first, 3: Generations(0, ())}
        assert await find_all(notes.noted, 2) == first
        assert await find_all(notes.noted, 4) == {**first, 3: Generations(0, ())}
