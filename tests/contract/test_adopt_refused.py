"""A table that cannot be taken over, or not now, or not whole: the reason is said, and all is as it was."""

from datetime import timedelta

import pytest
from tests.contract.original_table import COUNTED, OLDEST, SHARDED, THREE, connected, migrate, relations, truth

from hourmill.adapters.postgres import adopt
from hourmill.adapters.postgres.connection import Connection
from hourmill.adapters.postgres.statements import SQL
from hourmill.errors import SchemaUnusable


@pytest.mark.parametrize(
    ("foreign", "fault"),
    [
        ("CREATE TABLE page_views (id int, url text)", "it has no column page; it has no column view_hour"),
        (OLDEST.replace("timestamp", "timestamptz"), "view_hour is timestamp with time zone, not timestamp without"),
        (OLDEST.replace("views integer", "views numeric"), "views is numeric, not bigint or integer or smallint"),
        (f"{OLDEST[:-1]}, country text)", "it has a column country"),
        ("CREATE VIEW page_views AS SELECT ''::text page, now()::timestamp view_hour, 1 views", "it is not a table"),
        ("CREATE TABLE page_views ()", "it has no column page"),
        (f"{OLDEST} PARTITION BY LIST (page)", "it is not a table"),
    ],
)
async def test_a_table_of_somebody_else_is_refused_and_left_alone(database_url: str, foreign: str, fault: str) -> None:
    async with connected(database_url, foreign) as connection:
        before = await relations(connection)
        with pytest.raises(SchemaUnusable) as refused:
            await migrate(connection)
        assert await relations(connection) == before
    assert fault in str(refused.value)


async def test_a_migration_that_fails_halfway_leaves_everything_as_it_was(database_url: str) -> None:
    async with connected(database_url, SHARDED, THREE) as connection:
        before, rows = await relations(connection), await connection.fetch("SELECT * FROM page_views")
        halfway = connection.transaction()
        await halfway.start()
        await migrate(connection)
        await halfway.rollback()
        assert await relations(connection) == before
        assert await connection.fetch("SELECT * FROM page_views") == rows


async def test_counts_that_do_not_arrive_undo_the_migration(database_url: str) -> None:
    async with connected(database_url, OLDEST, THREE) as connection:
        before = await relations(connection)
        with pytest.raises(SchemaUnusable, match=r"counted 10 views of 3 pages and hours, of which 5 of 2 arrived"):
            await migrate_losing_one(connection)
        assert await relations(connection) == before
        assert await truth(connection) == {(page, hour.replace(tzinfo=None)): n for (page, hour), n in COUNTED.items()}


async def test_a_table_that_stays_in_use_is_told_of(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adopt, "LOCK_WAIT", timedelta(milliseconds=10))
    async with connected(database_url, OLDEST, THREE) as reader, connected(database_url) as connection:
        async with reader.transaction():
            await reader.fetch("SELECT * FROM page_views")
            with pytest.raises(SchemaUnusable, match="is in use by a transaction that does not end"):
                await migrate(connection)
        assert len(await reader.fetch("SELECT * FROM page_views")) == 3


async def test_a_table_of_another_user_is_told_of(database_url: str) -> None:
    async with connected(database_url, OLDEST, THREE, "CREATE ROLE somebody", "SET ROLE somebody") as connection:
        try:
            with pytest.raises(SchemaUnusable, match=r"belongs to .*: migrate as that user"):
                await migrate(connection)
        finally:
            await connection.execute("RESET ROLE; DROP ROLE somebody")


async def test_a_name_that_is_taken_is_told_of(database_url: str) -> None:
    async with connected(database_url, OLDEST, THREE, "CREATE TABLE page_views_original (a int)") as connection:
        with pytest.raises(SchemaUnusable, match='"page_views_original" already exists'):
            await migrate(connection)


async def migrate_losing_one(connection: Connection) -> None:
    async with connection.transaction():
        await adopt.set_aside(connection)
        for script in ("0001_counters.sql", "0002_grains.sql", "functions.sql"):
            await connection.execute((SQL / script).read_text())
        await connection.execute("SELECT make_parts()")
        await connection.execute(LOSE_ONE)
        await adopt.bring_in(connection)


LOSE_ONE = """
    CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN IF NEW.views = 5 THEN RETURN NULL; END IF; RETURN NEW; END $$;
    CREATE TRIGGER lose BEFORE INSERT ON page_views FOR EACH ROW EXECUTE FUNCTION lose();
"""
