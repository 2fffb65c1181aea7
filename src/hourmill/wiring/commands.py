"""What the commands open that do not serve: reports, imports, the schema."""

import time
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, closing
from pathlib import Path

from hourmill.adapters.direct.progress import DirectProgress
from hourmill.adapters.postgres.connection import close, connect
from hourmill.adapters.postgres.export import PostgresExport
from hourmill.adapters.postgres.housekeeping import PostgresHousehold
from hourmill.adapters.postgres.keys import PostgresKeys
from hourmill.adapters.postgres.ledger import PostgresLedger
from hourmill.adapters.postgres.migrate import migrate, schema_stands
from hourmill.adapters.postgres.progress import PostgresProgress
from hourmill.adapters.postgres.storage import PostgresStorage
from hourmill.adapters.postgres.store import PostgresStore
from hourmill.adapters.sqlite.connection import open_for_reading, open_for_writing
from hourmill.adapters.sqlite.export import SqliteExport
from hourmill.adapters.sqlite.household import SqliteHousehold
from hourmill.adapters.sqlite.keys import SqliteKeys
from hourmill.adapters.sqlite.ledger import SqliteLedger
from hourmill.adapters.sqlite.reader import SqliteReader
from hourmill.adapters.sqlite.rehearsal import RehearsedLedger
from hourmill.adapters.sqlite.spool import SqliteSpool
from hourmill.adapters.sqlite.stats import SqliteStats
from hourmill.adapters.sqlite.storage import SqliteStorage, back_up
from hourmill.errors import SchemaUnusable, SettingsRefused
from hourmill.ports.export import CounterExport
from hourmill.ports.housekeeping import Household
from hourmill.ports.keys import KeyStore
from hourmill.ports.spool import RowSpool
from hourmill.ports.store import ImportLedger
from hourmill.services.janitor import Janitor
from hourmill.services.proof import Prover
from hourmill.services.report import Reporter
from hourmill.services.stats.analyst import Analyst
from hourmill.services.storage import Forecast, forecast
from hourmill.settings import Settings
from hourmill.wiring.parts import postgres, retention, utc_now


async def migrate_store(settings: Settings) -> list[str]:
    """Bring the store's schema up to date; what was done.

    raises  DataFileUnusable, SchemaUnusable, Unreachable
    """
    if settings.data_file is None:
        return await migrate(settings.postgres_url)
    open_for_writing(settings.data_file, check=False, make=True).close()
    return [f"{settings.data_file} has the schema of this version."]


@asynccontextmanager
async def open_reporter(settings: Settings) -> AsyncIterator[Reporter]:
    """Reports from the store, beside a running server if there is one.

    raises  DataFileUnusable, SchemaUnusable, Unreachable
    """
    if settings.data_file is None:
        async with _standing_postgres(settings) as store:
            yield Reporter(store, utc_now)
    else:
        with closing(SqliteReader(settings.data_file)) as reader:
            yield Reporter(reader, utc_now)


@asynccontextmanager
async def open_analyst(settings: Settings) -> AsyncIterator[Analyst]:
    """Statistics from the store, beside a running server if there is one.

    raises  DataFileUnusable, SchemaUnusable, Unreachable
    """
    if settings.data_file is None:
        async with _standing_postgres(settings) as store:
            told = settings.rabbitmq_url is not None  # by workers
            progress = PostgresProgress(store.database) if told else DirectProgress(utc_now)
            yield Analyst(store.stats, progress, utc_now)
    else:
        with closing(SqliteStats(settings.data_file)) as stats:
            yield Analyst(stats, DirectProgress(utc_now), utc_now)


@asynccontextmanager
async def open_export(settings: Settings) -> AsyncIterator[CounterExport]:
    """All counters of the store as they are now, beside a running server if there is one.

    raises  DataFileUnusable, SchemaUnusable, Unreachable, Unreadable
    """
    if settings.data_file is None:
        async with PostgresExport.open(settings.postgres_url) as counters:
            yield counters
    else:
        with SqliteExport.open(settings.data_file) as counters:
            yield counters


def janitor(settings: Settings) -> Janitor:
    """Who cleans the store, beside a running server if there is one.

    raises  DataFileUnusable
    """
    return Janitor(_household(settings), retention(settings), utc_now)


def prover(settings: Settings) -> Prover:
    """Who proves the counters of the store, beside a running server if there is one.

    raises  DataFileUnusable
    """
    return Prover(_household(settings))


async def forecast_storage(settings: Settings) -> list[Forecast]:
    """Every table of the store, now and in a year.

    raises  DataFileUnusable, SchemaUnusable, Unreachable, Unreadable
    """
    if settings.data_file is None:
        async with PostgresStorage.open(settings.postgres_url) as storage:
            return await forecast(storage, retention(settings), utc_now())
    with closing(open_for_reading(settings.data_file)) as connection:
        return await forecast(SqliteStorage(connection), retention(settings), utc_now())


def back_up_store(settings: Settings, copy: Path) -> int:
    """Copy the data file; the bytes of the copy.

    raises  DataFileUnusable, SettingsRefused
    """
    if settings.data_file is None:
        raise SettingsRefused(
            ["DATABASE_URL: hourmill backup is for SQLite; PostgreSQL has pg_dump (docs/on-postgresql.md)."]
        )
    return back_up(settings.data_file, copy)


@asynccontextmanager
async def open_ledger(settings: Settings, *, dry_run: bool) -> AsyncIterator[ImportLedger]:
    """Where imports are counted, beside a running server if there is one.

    dry_run  what is counted is remembered until the end, and then it was not
    raises   DataFileInUse (by another import), DataFileUnusable, SchemaUnusable, Unreachable
    """
    async with _ledger(settings, only_asked=dry_run) as ledger:
        if dry_run:
            with RehearsedLedger.of(ledger) as rehearsed:
                yield rehearsed
        else:
            yield ledger


def open_spool() -> AbstractContextManager[RowSpool]:
    """Where the rows of a file are held until all of them are read."""
    return SqliteSpool.open()


@asynccontextmanager
async def open_keys(settings: Settings) -> AsyncIterator[KeyStore]:
    """Where access keys are kept, beside a running server if there is one; a data file is made if there is none.

    raises  DataFileUnusable, SchemaUnusable, Unreachable
    """
    if settings.data_file is None:
        async with PostgresKeys.open(settings.postgres_url) as keys:
            yield keys
    else:
        open_for_writing(settings.data_file, check=False, make=True).close()
        yield SqliteKeys(settings.data_file)


@asynccontextmanager
async def _ledger(settings: Settings, *, only_asked: bool) -> AsyncIterator[ImportLedger]:
    if settings.data_file is None:
        open_postgres = PostgresLedger.open_for_asking if only_asked else PostgresLedger.open
        async with open_postgres(settings.postgres_url, settings.num_partitions) as ledger:
            yield ledger
    else:
        open_sqlite = SqliteLedger.open_for_asking if only_asked else SqliteLedger.open
        with open_sqlite(settings.data_file, settings.num_partitions) as ledger:
            yield ledger


@asynccontextmanager
async def _standing_postgres(settings: Settings) -> AsyncIterator[PostgresStore]:
    """The store, at once: a command does not wait for its server."""
    async with postgres(settings) as store:
        connection = await connect(settings.postgres_url)
        stands = await schema_stands(connection)
        await close(connection)
        if not stands:
            raise SchemaUnusable("The schema is missing or older: run `hourmill migrate`.")
        await store.ready()
        yield store


def _household(settings: Settings) -> Household:
    if settings.data_file is None:
        return PostgresHousehold(settings.postgres_url, utc_now)
    open_for_reading(settings.data_file).close()  # else one would be made
    return SqliteHousehold(settings.data_file, time.time)
