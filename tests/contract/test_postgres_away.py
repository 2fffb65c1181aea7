"""A PostgreSQL that stops, dies or comes later: nothing is lost or counted twice, and who waits says so."""

import asyncio
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs
from tests.client import PATIENCE_S
from tests.contract.postgres_store import PARTITIONS, applied_at_last, claim, opened, until
from tests.servers.postgres import PostgresServer

from hourmill.adapters.postgres.connection import address
from hourmill.adapters.postgres.store import PostgresStore
from hourmill.core.batch import Batch
from hourmill.errors import NotAccepted, Unreadable


async def test_a_server_that_is_away_refuses_at_once_and_is_found_when_it_comes(
    postgres: PostgresServer, url: str
) -> None:
    postgres.stop()
    try:
        with capture_logs() as logs:
            async with PostgresStore.open(url, PARTITIONS, 0) as store:
                await until(lambda: bool(logs))
                with pytest.raises(NotAccepted):
                    await store.apply([claim(1)], Batch({"a": {10: 1}}, {}))
                with pytest.raises(NotAccepted):
                    await store.accepts({"a": {10: 1}})
                with pytest.raises(Unreadable):
                    await store.hours("a", 10, 10)
                postgres.start()
                await asyncio.wait_for(store.ready(), PATIENCE_S)
                assert await store.apply([claim(1)], Batch({"a": {10: 1}}, {})) == []
    finally:
        if not postgres.runs:
            postgres.start()
    events = [line["event"] for line in logs]
    assert events == ["waiting for PostgreSQL", "connected to PostgreSQL", *events[2:]]
    assert {key: str(logs[0][key]) for key in address(url)} == {key: str(value) for key, value in address(url).items()}


@pytest.mark.parametrize("end", [PostgresServer.stop, PostgresServer.kill], ids=["stopped", "killed"])
async def test_nothing_is_lost_or_counted_twice_when_the_server_ends_in_between(
    postgres: PostgresServer, url: str, end: Callable[[PostgresServer], None]
) -> None:
    async with opened(url) as store:

        async def count(producer: int) -> None:
            for seq in range(1, 101):
                await applied_at_last(store, [claim(seq, producer)], Batch({"a": {10: 1}, f"{producer}": {10: 1}}, {}))

        async with asyncio.TaskGroup() as group:
            for producer in range(3):
                group.create_task(count(producer))
            await until_counted(store, 30)
            await asyncio.to_thread(end, postgres)
            await asyncio.to_thread(postgres.start)
        assert await store.hours("a", 10, 10) == {10: 300}
        assert await store.hours("2", 10, 10) == {10: 100}


def test_an_address_never_holds_the_password() -> None:
    url = "postgresql://me:s3cret@db.example:5433/views?sslmode=require&password=s3cret"
    assert address(url) == {"host": "db.example", "port": "5433", "database": "views"}
    assert address("postgresql://db/views") == {"host": "db", "port": "5432", "database": "views"}
    assert address("postgresql://[::1]/views") == {"host": "[::1]", "port": "5432", "database": "views"}


async def until_counted(store: PostgresStore, views: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while (await store.hours("a", 10, 10)).get(10, 0) < views:
            pass
