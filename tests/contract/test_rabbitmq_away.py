"""A broker that stops, dies, comes later or lets nobody in: what it confirmed is there, and who waits says so."""

import asyncio
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs
from tests.client import HOST
from tests.contract.messages import BOTH, confirmed, everything, message, reason_to_wait, seqs
from tests.faults.proxy import Proxy
from tests.servers.rabbitmq import RabbitMQNode
from tests.service import free_port
from yarl import URL

from hourmill.adapters.rabbitmq.consumer import RabbitConsumer
from hourmill.adapters.rabbitmq.publisher import RabbitPublisher
from hourmill.adapters.rabbitmq.topology import Topology
from hourmill.errors import Unconfirmed, Unreachable

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


async def test_a_connection_that_ends_inside_a_frame_is_made_again(broker: RabbitMQNode, topology: Topology) -> None:
    url = URL(broker.url)
    assert url.port
    async with (
        Proxy.open(url.port) as proxy,
        RabbitPublisher.open(broker.url, topology) as publisher,
        RabbitConsumer.open(str(url.with_port(proxy.port)), topology) as consumer,
    ):
        await publisher.ready()
        await consumer.hold(BOTH)
        await publisher.publish([message(1)])
        assert seqs(await consumer.gather(1, 0)) == [1]
        proxy.cut_in_mid_frame()
        await publisher.publish([message(2)])
        assert await everything(consumer, 2) == {1, 2}


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
            reason = await reason_to_wait(publisher, lines)
    assert [(line["event"], line["host"], line["port"], line["vhost"]) for line in lines] == [
        ("waiting for RabbitMQ", HOST, port, "there")
    ]
    assert "secret" not in str(lines)
    assert "refused" in reason or "Connect call failed" in reason


async def test_a_password_that_is_wrong_is_said(broker: RabbitMQNode, topology: Topology) -> None:
    with capture_logs() as lines:
        async with RabbitPublisher.open(broker.url.replace("guest:guest", "guest:secret"), topology) as publisher:
            assert "ACCESS_REFUSED" in await reason_to_wait(publisher, lines)
    assert "secret" not in str(lines)
