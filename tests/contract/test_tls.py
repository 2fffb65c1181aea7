"""TLS to PostgreSQL and RabbitMQ: what the URLs ask for is done, and a server that is not the one meant is refused."""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from tests.client import HOST
from tests.cluster import Cluster, eventually
from tests.servers.keys import Keys, keys_for
from tests.servers.postgres import PostgresServer, postgres_server
from tests.servers.rabbitmq import RabbitMQNode, rabbitmq_node
from tests.service import free_port
from tests.traffic import Traffic

from hourmill.adapters.postgres.connection import close, connect
from hourmill.adapters.rabbitmq.publisher import RabbitPublisher
from hourmill.adapters.rabbitmq.topology import Topology
from hourmill.core.batch import Batch
from hourmill.core.message import Claim, Message
from hourmill.errors import Unconfirmed, Unreachable

NAME = "localhost"  # what the certificates say; the loopback's address is another name, which they do not say
PAGE = "example.com/over-tls"
CLIENTS = 8


class Servers(NamedTuple):
    """Both servers, with the same keys.

    stranger  keys of a server of the same name that another authority vouches for
    """

    postgres: PostgresServer
    rabbitmq: RabbitMQNode
    amqps_port: int
    keys: Keys
    stranger: Keys

    def postgres_url(self, database_url: str, query: str, host: str = NAME) -> str:
        """The URL of a database with options."""
        parts = urlsplit(database_url)
        return parts._replace(netloc=f"hourmill@{host}:{parts.port}", query=self._filled(query)).geturl()

    def amqps_url(self, query: str, host: str = NAME) -> str:
        """The URL of the broker with options."""
        return f"amqps://guest:guest@{host}:{self.amqps_port}/?{self._filled(query)}"

    def _filled(self, query: str) -> str:
        return query.format(authority=self.keys.authority, stranger=self.stranger.authority)


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with tempfile.TemporaryDirectory(prefix="hourmill-tls-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as another user
        keys, stranger = keys_for(folder / "keys", NAME), keys_for(folder / "stranger", NAME)
        for server in ("postgres", "rabbitmq"):
            (folder / server).mkdir()
        port = free_port()
        with (
            postgres_server(folder / "postgres", keys) as postgres,
            rabbitmq_node(folder / "rabbitmq", (port, keys)) as rabbitmq,
        ):
            yield Servers(postgres, rabbitmq, port, keys, stranger)


@pytest.mark.parametrize(
    ("query", "host"),
    [
        ("sslmode=require", HOST),
        ("sslmode=verify-ca&sslrootcert={authority}", HOST),
        ("sslmode=verify-full&sslrootcert={authority}", NAME),
    ],
)
async def test_postgresql_is_asked_over_tls(servers: Servers, query: str, host: str) -> None:
    connection = await connect(servers.postgres_url(servers.postgres.url("postgres"), query, host))
    assert await connection.fetchval("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    await close(connection)


@pytest.mark.parametrize(
    ("query", "host"),
    [
        ("sslmode=verify-ca&sslrootcert={stranger}", NAME),
        ("sslmode=verify-full&sslrootcert={stranger}", NAME),
        ("sslmode=verify-full&sslrootcert={authority}", HOST),
    ],
)
async def test_a_postgresql_that_is_not_the_one_meant_is_refused(servers: Servers, query: str, host: str) -> None:
    with pytest.raises(Unreachable, match="certificate verify failed"):
        await connect(servers.postgres_url(servers.postgres.url("postgres"), query, host))


async def test_a_postgresql_without_tls_is_refused_where_tls_is_asked_for(postgres: PostgresServer) -> None:
    with pytest.raises(Unreachable, match="SSL"):
        await connect(postgres.url("postgres") + "?sslmode=require")


@pytest.mark.parametrize(("query", "host"), [("cafile={authority}", NAME), ("no_verify_ssl=1", HOST)])
async def test_views_are_published_over_tls(servers: Servers, query: str, host: str, queue_prefix: str) -> None:
    topology = Topology(1, 1 << 24, queue_prefix)
    async with RabbitPublisher.open(servers.amqps_url(query, host), topology) as publisher:
        await publisher.ready()
        await publisher.publish([message()])


@pytest.mark.parametrize(("query", "host"), [("cafile={stranger}", NAME), ("", NAME), ("cafile={authority}", HOST)])
async def test_a_broker_that_is_not_the_one_meant_is_refused(
    servers: Servers, query: str, host: str, queue_prefix: str
) -> None:
    topology = Topology(1, 1 << 24, queue_prefix)

    async def refused() -> bool:
        with pytest.raises(Unconfirmed) as failed:
            await publisher.publish([message()])
        return "certificate verify failed" in str(failed.value)

    async with RabbitPublisher.open(servers.amqps_url(query, host), topology) as publisher:
        await eventually(refused)


async def test_views_are_counted_over_tls(servers: Servers, tmp_path: Path, queue_prefix: str) -> None:
    database_url = await asyncio.to_thread(servers.postgres.create_database)
    cluster = Cluster(tmp_path, servers.postgres, servers.rabbitmq, database_url, queue_prefix)
    cluster.settings["DATABASE_URL"] = servers.postgres_url(database_url, "sslmode=verify-full&sslrootcert={authority}")
    cluster.settings["RABBITMQ_URL"] = servers.amqps_url("cafile={authority}")
    await asyncio.to_thread(cluster.migrate)
    try:
        api = await cluster.ready_api()
        cluster.worker()
        traffic = Traffic(api.port)
        async with traffic.running(CLIENTS):
            await traffic.more_answers(200)
        await cluster.exact(traffic)
    finally:
        cluster.kill_all()


def message() -> Message:
    return Message(Claim(bytes(16), 0, 1), Batch({PAGE: {480_000: 1}}, {}))
