"""Fixtures of what adapters promise."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import pytest
from tests.contract.books import Books, books_of_postgres, books_of_sqlite
from tests.contract.postgres_store import opened
from tests.contract.stores import OpenStore, postgres_store, sqlite_store
from tests.servers.postgres import PostgresServer
from tests.servers.process import awaited
from tests.servers.rabbitmq import RabbitMQNode

from hourmill.adapters.postgres.migrate import migrate
from hourmill.adapters.postgres.store import PostgresStore
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


@pytest.fixture
async def url(database_url: str) -> str:
    """A database with our schema."""
    await migrate(database_url)
    return database_url


@pytest.fixture(scope="module")
def shared_url(postgres: PostgresServer) -> str:
    """A database with our schema for all generated cases of one test."""
    url = postgres.create_database()
    awaited(migrate(url))
    return url


@pytest.fixture
async def store(url: str) -> AsyncIterator[PostgresStore]:
    async with opened(url) as store:
        yield store


@pytest.fixture(params=["sqlite", "postgres"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> OpenStore:
    """Each of them; opened again it holds what it held."""
    if request.param == "sqlite":
        return partial(sqlite_store, tmp_path / "views.db")
    database_url = request.getfixturevalue("database_url")
    awaited(migrate(database_url))
    return partial(postgres_store, database_url)


@pytest.fixture(params=["sqlite", "postgres"])
async def books(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Books]:
    """Each of them."""
    opening: AbstractAsyncContextManager[Books]
    if request.param == "sqlite":
        opening = books_of_sqlite(tmp_path)
    else:
        opening = books_of_postgres(request.getfixturevalue("database_url"))
    async with opening as books:
        yield books
