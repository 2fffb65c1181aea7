"""Taking over the table of the original service: every count, in its UTC hour, and the table itself kept."""

import asyncio

import asyncpg
import pytest
from tests.contract.original_table import COUNTED, OLDEST, SHARDED, TEN, THREE, connected, migrate, relations, truth

from hourmill.adapters.postgres import adopt
from hourmill.core.hour import FIRST_HOUR, LAST_HOUR, moment_of
from hourmill.core.page import MAX_PAGE_BYTES


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


async def test_views_that_read_the_original_table_are_named(database_url: str) -> None:
    async with connected(database_url, OLDEST, "CREATE VIEW daily AS SELECT * FROM page_views", THREE) as connection:
        told = await migrate(connection)
    assert told[1] == "Views that still read page_views_original, until you define them anew: daily."
