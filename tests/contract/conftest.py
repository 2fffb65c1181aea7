"""Fixtures of what adapters promise."""

from collections.abc import Iterator

import pytest
from tests.servers.rabbitmq import RabbitMQNode

from hourmill.adapters.rabbitmq.topology import Topology


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
