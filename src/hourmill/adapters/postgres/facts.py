"""What a database says of itself."""

from hourmill.adapters.postgres.connection import Database, reason
from hourmill.adapters.postgres.statements import statements
from hourmill.adapters.postgres.storage import TABLES
from hourmill.adapters.postgres.translate import DRIVER_ERRORS
from hourmill.errors import Unreachable, Unreadable
from hourmill.ports.watch import LastCleaning, StoreFacts


class PostgresWatch:
    """A StoreWatch."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = statements("facts.sql")

    async def facts(self) -> StoreFacts:
        try:
            async with self._database.connection() as connection:
                row = await connection.fetchrow(self._sql["read_facts"])
                sizes = await connection.fetch(self._sql["measure_tables"], list(TABLES))
        except (Unreachable, *DRIVER_ERRORS) as error:
            raise Unreadable(f"PostgreSQL cannot be watched ({reason(error)}).") from error
        parked, dirty, began_at, took_ms, rows, size = row
        cleaned = None if began_at is None else LastCleaning(began_at, took_ms / 1000, rows, size)
        return StoreFacts(dict(sizes), parked, dirty, cleaned)
