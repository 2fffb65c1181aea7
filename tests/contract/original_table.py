"""The table of the original service as it may be found, and what a database holds once it is taken over."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import asyncpg

from hourmill.adapters.postgres.connection import Connection
from hourmill.adapters.postgres.migrate import migrate_on

TEN = datetime(2025, 7, 16, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
OLDEST = "CREATE TABLE page_views (page varchar(255), view_hour timestamp, views integer, partition integer)"
SHARDED = """
    CREATE TABLE page_views (
        id serial PRIMARY KEY, shard_key integer, partition integer, views integer DEFAULT 0,
        view_hour timestamp NOT NULL, page varchar(255) NOT NULL,
        CONSTRAINT page_views_unique UNIQUE (page, view_hour, shard_key)
    )"""
THREE = """
    INSERT INTO page_views (page, view_hour, views, partition) VALUES
        ('example.com/a', '2025-07-16 10:00', 5, 3),
        ('example.com/a', '2025-07-16 11:00', 3, 3),
        ('example.com/b', '2025-06-30 23:00', 2, 7)"""
COUNTED = {
    ("example.com/a", TEN): 5,
    ("example.com/a", TEN + HOUR): 3,
    ("example.com/b", datetime(2025, 6, 30, 23, tzinfo=UTC)): 2,
}
TRUTH = "SELECT page, view_hour, SUM(views) AS views FROM page_views GROUP BY 1, 2"


@asynccontextmanager
async def connected(url: str, *statements: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
        yield connection
    finally:
        await connection.close()


async def migrate(connection: Connection) -> list[str]:
    """What the command says, but for the schema."""
    return [line for line in await migrate_on(connection) if not line.startswith(("The schema", "The functions"))]


async def truth(connection: Connection) -> dict[tuple[str, datetime], int]:
    return {(page, hour): int(views) for page, hour, views in await connection.fetch(TRUTH)}


async def relations(connection: Connection) -> dict[str, str]:
    """Names and kinds of whatever the database holds."""
    return dict(
        await connection.fetch(
            "SELECT relname, relkind::text FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        )
    )
