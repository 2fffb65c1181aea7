"""Migrating a PostgreSQL database: once, never another program's or a newer one; who needs the schema waits for it."""

import asyncio

import asyncpg
import pytest
from structlog.testing import capture_logs
from tests.contract.postgres_store import PARTITIONS, WITHIN_S, ask, claim, opened, until

from hourmill.adapters.postgres.migrate import migrate, newest, schema_stands
from hourmill.adapters.postgres.store import PostgresStore
from hourmill.core.batch import Batch
from hourmill.errors import SchemaUnusable


async def test_several_processes_migrate_at_once(database_url: str) -> None:
    done = await asyncio.gather(*[migrate(database_url) for _ in range(4)])
    assert sorted(map(len, done)) == [1, 1, 1, newest() + 1]
    async with opened(database_url) as store:
        assert await store.apply([claim(1)], Batch({"a": {10: 1}}, {})) == []


async def test_changed_functions_are_put_in_again(url: str) -> None:
    await ask(url, "UPDATE hourmill_migrations SET digest = 'other' WHERE version = 0")
    connection = await asyncpg.connect(url)
    assert not await schema_stands(connection)
    assert await migrate(url) == ["The functions in the server are those of this version."]
    assert await schema_stands(connection)
    await connection.close()


async def test_a_newer_schema_is_left_alone(url: str) -> None:
    await ask(url, "INSERT INTO hourmill_migrations (version, digest) VALUES ($1, '')", newest() + 1)
    with pytest.raises(SchemaUnusable, match="newer"):
        await migrate(url)
    async with PostgresStore.open(url, PARTITIONS, 0) as store:
        with pytest.raises(SchemaUnusable, match="newer"):
            await store.ready()


async def test_page_views_of_another_program_are_left_alone(database_url: str) -> None:
    await ask(database_url, "CREATE TABLE page_views (id integer)")
    with pytest.raises(SchemaUnusable):
        await migrate(database_url)
    assert await ask(database_url, "SELECT relname FROM pg_class WHERE relname LIKE 'hourmill%'") == []


async def test_a_store_waits_for_its_schema(database_url: str) -> None:
    async with PostgresStore.open(database_url, PARTITIONS, 0) as store:
        with capture_logs() as logs:
            waiting = asyncio.create_task(store.ready())
            await until(lambda: any("hourmill migrate" in line["event"] for line in logs))
        await migrate(database_url)
        await asyncio.wait_for(waiting, WITHIN_S)
        assert await store.apply([claim(1)], Batch({"a": {10: 1}}, {})) == []
