"""A broker in alarm blocks who publishes: it confirms nothing meanwhile, and goes on later."""

import asyncio
from collections.abc import Callable, Iterator

import pytest
from tests.contract.messages import BOTH, HUNG_S, confirmed, everything, length, message
from tests.servers.rabbitmq import RabbitMQNode

from hourmill.adapters.rabbitmq.consumer import RabbitConsumer
from hourmill.adapters.rabbitmq.publisher import RabbitPublisher
from hourmill.adapters.rabbitmq.topology import Topology
from hourmill.errors import Unconfirmed


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


async def test_a_confirm_that_comes_too_late_is_not_believed(
    broker: RabbitMQNode, topology: Topology, alarm: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hourmill.adapters.rabbitmq.lane.BELIEVED_WITHIN_S", HUNG_S)
    async with RabbitPublisher.open(broker.url, topology) as publisher:
        await publisher.ready()
        await asyncio.to_thread(alarm, True)
        publishing = asyncio.create_task(publisher.publish([message(1), message(2, 1)]))
        assert not (await asyncio.wait([publishing], timeout=HUNG_S))[0]
        await asyncio.to_thread(alarm, False)
        with pytest.raises(Unconfirmed, match="too late") as late:
            await publishing
        assert (list(late.value.places), late.value.sent) == ([0, 1], True)
        await confirmed(publisher, [message(1), message(2, 1)])
        assert await length(broker, topology.queue(0)) == 2  # and so it comes twice


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
