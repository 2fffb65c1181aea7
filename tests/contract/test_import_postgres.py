"""Imports into PostgreSQL: one at a time, into a schema that is there, over a connection that can be lost."""

from collections import Counter

import pytest
from tests.contract.books import LINES, ONCE, PAGES, PARTITIONS, books_of_postgres, counted, log_of, take, views

from hourmill.adapters.postgres.connection import connect
from hourmill.adapters.postgres.ledger import PostgresLedger
from hourmill.core.hour import hour_of
from hourmill.errors import DataFileInUse, NotAccepted, OutcomeUnknown, SchemaUnusable
from hourmill.ports.store import Stretch


async def test_a_second_import_into_a_database_is_refused_until_the_first_has_ended(database_url: str) -> None:
    async with books_of_postgres(database_url):
        with pytest.raises(DataFileInUse, match=r"is being imported into from .* \(process \d+ of the server\)"):
            await PostgresLedger.open(database_url, PARTITIONS).__aenter__()
    async with PostgresLedger.open(database_url, PARTITIONS):
        pass


async def test_a_database_without_schema_is_refused_by_a_dry_run_as_by_an_import(database_url: str) -> None:
    for open_ledger in (PostgresLedger.open_for_asking, PostgresLedger.open):
        with pytest.raises(SchemaUnusable, match="`hourmill migrate` makes it"):
            await open_ledger(database_url, PARTITIONS).__aenter__()


async def test_a_dry_run_beside_an_import_knows_what_that_has_counted_and_cannot_count(database_url: str) -> None:
    async with (
        books_of_postgres(database_url) as books,
        PostgresLedger.open_for_asking(database_url, PARTITIONS) as ledger,
    ):
        await take(books.ledger, log_of(LINES[:5]))
        assert (await take(ledger, log_of(LINES), dry_run=True)).already_imported == 5
        with pytest.raises(NotAccepted, match="read-only"):
            await take(ledger, log_of(LINES))
        assert await views(books, PAGES) == Counter(PAGES[:5])


async def test_an_import_whose_connection_is_lost_ends_and_the_next_one_goes_on(database_url: str) -> None:
    async with books_of_postgres(database_url) as books:
        await take(books.ledger, log_of(LINES[:4]))
        assert isinstance(books.ledger, PostgresLedger)
        await cut_off(database_url, books.ledger)
        with pytest.raises((NotAccepted, OutcomeUnknown)):
            await take(books.ledger, log_of(LINES))
        async with PostgresLedger.open(database_url, PARTITIONS) as next_one:
            assert (await take(next_one, log_of(LINES))).already_imported == 4
        assert await views(books, PAGES) == ONCE


async def test_a_full_counter_stays_full(database_url: str) -> None:
    hour = hour_of("2015-05-17T00:00:00Z")
    async with books_of_postgres(database_url) as books:
        for number in range(2):
            await books.ledger.count_stretch({"/p0": {hour: 2**63 - 2}}, Stretch(bytes([number]), b"1234"))
        assert await counted(books, "/p0") == {hour: 2**63 - 1}


async def cut_off(url: str, ledger: PostgresLedger) -> None:
    """End the ledger's connection from the server's side."""
    connection = await connect(url)
    await connection.execute("SELECT pg_terminate_backend($1, 10000)", ledger._connection.get_server_pid())
    await connection.close()
