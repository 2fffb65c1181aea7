"""Taking over the table of the original service: every count, in its UTC hour, and the table itself kept."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from hourmill.adapters.postgres import adopt
from hourmill.adapters.postgres.connection import Connection
from hourmill.adapters.postgres.migrate import migrate_on
from hourmill.adapters.postgres.statements import SQL
from hourmill.core.hour import FIRST_HOUR, LAST_HOUR, moment_of
from hourmill.core.page import MAX_PAGE_BYTES
from hourmill.errors import SchemaUnusable

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


@pytest.mark.parametrize("original", [OLDEST, SHARDED])
async def test_the_counts_of_the_original_are_brought_in_and_its_table_is_kept(
    database_url: str, original: str
) -> None:
    async with connected(database_url, original, THREE) as connection:
        rows = await connection.fetch("SELECT * FROM page_views")
        told = await migrate(connection)
        assert await truth(connection) == COUNTED
        assert await connection.fetch("SELECT * FROM page_views_original") == rows
    assert told[0] == (
        "The table of the original service is now page_views_original. Brought in from it: 3 rows, 2 pages, 10 views, "
        "from 2025-06-30 23:00 to 2025-07-16 11:00 (UTC, the first and the last hour)."
    )
    assert told[1:] == ["It is kept. When you need it no longer: DROP TABLE page_views_original;"]


async def test_without_a_table_of_the_original_nothing_is_done(database_url: str) -> None:
    async with connected(database_url) as connection:
        async with connection.transaction():
            assert not await adopt.set_aside(connection)
        assert await migrate(connection) == []
        assert await truth(connection) == {}


async def test_partition_and_shard_key_stay_and_are_0_where_there_was_none(database_url: str) -> None:
    row = """INSERT INTO page_views (page, view_hour, views, partition, shard_key)
        VALUES ('a', '2025-07-16 10:00', 1, $1, $2)"""
    async with connected(database_url, SHARDED) as connection:
        await connection.executemany(row, [(3, 7), (3, 8), (None, None)])
        await migrate(connection)
        ours = await connection.fetch("SELECT partition, shard_key, views FROM page_views ORDER BY 2")
        assert [tuple(row) for row in ours] == [(0, 0, 1), (3, 7, 1), (3, 8, 1)]


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/New_York", "Pacific/Kiritimati"])
async def test_hours_are_utc_whatever_the_time_zone_of_the_database(database_url: str, zone: str) -> None:
    async with connected(database_url, OLDEST, THREE, "SELECT 1") as connection:
        await connection.execute(
            f"ALTER DATABASE {await connection.fetchval('SELECT current_database()')} SET timezone = '{zone}'"
        )
    async with connected(database_url) as connection:
        assert await connection.fetchval("SHOW timezone") == zone
        told = await migrate(connection)
        assert await truth(connection) == COUNTED
    assert "from 2025-06-30 23:00 to 2025-07-16 11:00 (UTC" in told[0]


async def test_duplicates_and_minutes_are_added_up_in_their_hour(database_url: str) -> None:
    more = """INSERT INTO page_views (page, view_hour, views, partition) VALUES
        ('example.com/a', '2025-07-16 10:00', 10, 3), ('example.com/a', '2025-07-16 10:59:59.999', 100, 4)"""
    async with connected(database_url, OLDEST, THREE, more) as connection:
        told = await migrate(connection)
        assert await truth(connection) == COUNTED | {("example.com/a", TEN): 115}
    assert told[1] == "Rows of the same page, hour and shard key were added up: 3 are left of them."


async def test_sums_beyond_32_bits_and_below_0_are_brought_in(database_url: str) -> None:
    rows = """INSERT INTO page_views VALUES
        ('a', '2025-07-16 10:00', 2147483647, 0), ('a', '2025-07-16 10:00', 2147483647, 0),
        ('b', '2025-07-16 10:00', -5, 0), ('c', '2025-07-16 10:00', 5032711, 0)"""
    async with connected(database_url, OLDEST, rows) as connection:
        told = await migrate(connection)
        assert await truth(connection) == {("a", TEN): 2**32 - 2, ("b", TEN): -5, ("c", TEN): 5_032_711}
    assert "4 rows, 3 pages, 4,300,000,000 views" in told[0]
    assert told[2] == "1 pages and hours have less than 0 views; they were brought in as they are."


async def test_rows_that_are_no_counts_are_told_of_and_kept_in_the_original_table(database_url: str) -> None:
    faulty = """
        ALTER TABLE page_views ALTER page TYPE text;
        INSERT INTO page_views VALUES
            (NULL, '2025-07-16 10:00', 1, 0), ('a', NULL, 1, 0), ('a', '2025-07-16 10:00', NULL, 0),
            ('a', '1969-12-31 23:59', 1, 0), ('a', 'infinity', 1, 0), ('a', '2201-01-01', 1, 0),
            (repeat('ü', 1025), '2025-07-16 10:00', 1, 0)"""
    async with connected(database_url, OLDEST, THREE, faulty) as connection:
        told = await migrate(connection)
        assert await truth(connection) == COUNTED
        found = [await connection.fetch(sentence.partition("To see them: ")[2]) for sentence in told[1:-1]]
    assert [len(rows) for rows in found] == [3, 3, 1]
    assert [sentence.partition(" To see them")[0] for sentence in told[1:-1]] == [
        "3 rows without a page, an hour or views were not brought in.",
        "3 rows of hours outside the years 1970 to 2200 were not brought in.",
        "1 rows whose page is longer than 2048 bytes were not brought in.",
    ]


async def test_the_first_and_last_hour_and_the_longest_page_are_brought_in(database_url: str) -> None:
    first, last = moment_of(FIRST_HOUR), moment_of(LAST_HOUR)
    page = "x" * MAX_PAGE_BYTES
    async with connected(database_url, OLDEST, "ALTER TABLE page_views ALTER page TYPE text") as connection:
        row = "INSERT INTO page_views VALUES ($1, $2, 1, 0)"
        await connection.executemany(row, [(page, moment.replace(tzinfo=None)) for moment in (first, last)])
        await migrate(connection)
        assert await truth(connection) == {(page, first): 1, (page, last): 1}


async def test_an_empty_table_is_set_aside(database_url: str) -> None:
    async with connected(database_url, SHARDED) as connection:
        told = await migrate(connection)
        assert await truth(connection) == {}
    assert told[0] == "The table of the original service, now page_views_original, held nothing to bring in."


@pytest.mark.parametrize("name", ["page_views_pkey", "page_views_2025_07", "page_views_" + "y" * 52, "uq_views"])
async def test_names_of_the_original_do_not_stand_in_the_way_of_ours(database_url: str, name: str) -> None:
    original = f"{OLDEST[:-1]}, CONSTRAINT {name} UNIQUE (page, view_hour))"
    index = "CREATE INDEX page_views_page_view_hour_shard_key_idx ON page_views (page)"
    async with connected(database_url, original, index, THREE) as connection:
        await migrate(connection)
        assert await truth(connection) == COUNTED
        held = await relations(connection)
        assert held["page_views_pkey"] == "I"
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute(THREE.replace("page_views", "page_views_original"))


async def test_migrating_again_changes_nothing_and_says_so(database_url: str) -> None:
    async with connected(database_url, SHARDED, THREE) as connection:
        await migrate(connection)
        async with connection.transaction():
            assert not await adopt.set_aside(connection)
            told = await adopt.bring_in(connection)
        assert await truth(connection) == COUNTED
        await connection.execute("DROP TABLE page_views_original")
        assert await adopt.bring_in(connection) == []
    assert told == [f"The table of the original service was brought in before. {adopt.DROP}"]


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


async def test_what_was_being_written_when_the_migration_began_is_brought_in(database_url: str) -> None:
    async with connected(database_url, OLDEST, THREE) as writer, connected(database_url) as connection:
        writing = writer.transaction()
        await writing.start()
        await writer.execute(THREE)
        migration = asyncio.create_task(migrate(connection))
        while not await writer.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            pass
        await writing.commit()
        await migration
        assert await truth(connection) == {cell: 2 * views for cell, views in COUNTED.items()}


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


async def test_views_that_read_the_original_table_are_named(database_url: str) -> None:
    async with connected(database_url, OLDEST, "CREATE VIEW daily AS SELECT * FROM page_views", THREE) as connection:
        told = await migrate(connection)
    assert told[1] == "Views that still read page_views_original, until you define them anew: daily."


async def migrate_losing_one(connection: Connection) -> None:
    async with connection.transaction():
        await adopt.set_aside(connection)
        for script in ("0001_counters.sql", "functions.sql"):
            await connection.execute((SQL / script).read_text())
        await connection.execute(LOSE_ONE)
        await adopt.bring_in(connection)


LOSE_ONE = """
    CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN IF NEW.views = 5 THEN RETURN NULL; END IF; RETURN NEW; END $$;
    CREATE TRIGGER lose BEFORE INSERT ON page_views FOR EACH ROW EXECUTE FUNCTION lose();
"""
