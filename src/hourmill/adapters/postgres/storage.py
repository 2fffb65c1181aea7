"""How large the tables of a database are."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from hourmill.adapters.postgres.connection import Connection, close, connect, reason
from hourmill.adapters.postgres.migrate import schema_stands
from hourmill.adapters.postgres.statements import statements
from hourmill.adapters.postgres.translate import DRIVER_ERRORS
from hourmill.errors import SchemaUnusable, Unreadable
from hourmill.ports.housekeeping import GRAIN_OF
from hourmill.ports.storage import COLUMN_OF, TableSize

TABLES = (*GRAIN_OF, "access_keys", "claims", "idempotency_keys", "import_stretches", "leases", "page_views_original",
          "parked_cells", "partition_progress", "workers")  # fmt: skip


class PostgresStorage:
    """A Storage on a connection of its own."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sql = statements("storage.sql")

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str) -> AsyncIterator["PostgresStorage"]:
        """Of a server that is there; nobody waits for it.

        raises  Unreachable, SchemaUnusable
        """
        connection = await connect(url, answer_within_s=None)
        try:
            if not await schema_stands(connection):
                raise SchemaUnusable("The schema is missing or older: run `hourmill migrate`.")
            await connection.execute(statements("storage.sql")["have_patience"])
            yield cls(connection)
        finally:
            await close(connection)

    async def sizes(self) -> list[TableSize]:
        found = []
        for row in await self._fetch("measure", list(TABLES)):
            rows = row["rows"]
            if rows is None:  # never analysed
                (counted,) = await self._fetch("count", table=row["name"])
                rows = counted["rows"]
            found.append(TableSize(row["name"], GRAIN_OF.get(row["name"]), rows, row["bytes"]))
        return found

    async def rows(self, table: str, first: int, before: int | None = None) -> int:
        (row,) = await self._fetch(f"count_by_{COLUMN_OF[table]}", first, before, table=table)
        return int(row["rows"])

    async def first_day(self, table: str, first: int, before: int) -> int:
        (row,) = await self._fetch(f"first_by_{COLUMN_OF[table]}", first, before, table=table)
        return int(row["day"])

    async def _fetch(self, statement: str, *arguments: int | list[str] | None, table: str = "") -> list[Any]:
        try:
            rows: list[Any] = await self._connection.fetch(self._sql[statement].format(table=table), *arguments)
        except DRIVER_ERRORS as error:
            raise Unreadable(f"The tables could not be measured ({reason(error)}).") from error
        return rows
