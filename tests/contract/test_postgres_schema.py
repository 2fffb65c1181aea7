"""Migrating a PostgreSQL database: once, never another program's or a newer one; who needs the schema waits for it."""

import asyncio

import asyncpg
import pytest
from structlog.testing import capture_logs
from tests.client import PATIENCE_S
from tests.contract.postgres_store import PARTITIONS, ask, claim, opened, until

from hourmill.adapters.postgres.migrate import migrate, newest, schema_stands
from hourmill.adapters.postgres.store import PostgresStore
from hourmill.core.batch import Batch
from hourmill.errors import SchemaUnusable
from hourmill.ports.stats import MOST_VIEWS


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
        await asyncio.wait_for(waiting, PATIENCE_S)
        assert await store.apply([claim(1)], Batch({"a": {10: 1}}, {})) == []


async def test_a_database_of_schema_4_has_its_months_summed_up(url: str) -> None:
    await ask(url, "DROP TABLE page_views_monthly")
    await ask(url, "DROP INDEX page_views_daily_by_day")
    await ask(url, "DELETE FROM hourmill_migrations WHERE version > 4")
    await ask(url, DAYS)
    assert len(await migrate(url)) == newest() - 4
    assert await ask(url, "SELECT page, view_month::text, views FROM page_views_monthly ORDER BY 1, 2") == [
        ("a", "2026-01-01", MOST_VIEWS),
        ("b", "2026-01-01", 3),
        ("b", "2026-02-01", 4),
    ]


DAYS = """
    INSERT INTO page_views_daily (page, view_day, views) VALUES
        ('a', '2026-01-01', 9223372036854775807), ('a', '2026-01-31', 1), ('b', '2026-01-31', 3), ('b', '2026-02-01', 4)
"""
