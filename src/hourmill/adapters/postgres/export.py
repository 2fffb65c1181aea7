"""Reading all counters, in one snapshot."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hourmill.adapters.postgres.connection import Connection, close, connect, reason
from hourmill.adapters.postgres.migrate import schema_stands
from hourmill.adapters.postgres.statements import statements
from hourmill.adapters.postgres.translate import DRIVER_ERRORS
from hourmill.core.count_row import CountRow, Time
from hourmill.errors import SchemaUnusable, Unreadable


class PostgresExport:
    """A CounterExport on a connection of its own."""

    def __init__(self, connection: Connection, kept_from: int) -> None:
        self._sql = statements("export.sql")
        self._connection = connection
        self._kept_from = kept_from

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str) -> AsyncIterator["PostgresExport"]:
        """An export of what is counted now; counting goes on meanwhile.

        raises  Unreachable, SchemaUnusable, Unreadable
        """
        connection = await connect(url, answer_within_s=None)
        try:
            if not await schema_stands(connection):
                raise SchemaUnusable("The schema is missing or older: run `hourmill migrate`.")
            sql = statements("export.sql")
            async with connection.transaction(isolation="repeatable_read", readonly=True):  # one moment for all days
                await connection.execute(sql["have_patience"])
                kept_from = await connection.fetchval(statements()["read_kept_from"])
                yield cls(connection, kept_from)
        except DRIVER_ERRORS as error:
            raise Unreadable(f"The counters could not be read ({reason(error)}). Try again later.") from error
        finally:
            await close(connection)

    async def days(self) -> list[int]:
        return [row["day"] for row in await self._connection.fetch(self._sql["list_days"])]

    async def rows(self, day: int) -> list[CountRow]:
        whole_day = day < self._kept_from
        rows = await self._connection.fetch(self._sql["read_day" if whole_day else "read_hours_of_day"], day)
        return [CountRow(page, Time(hour, whole_day), int(views)) for page, hour, views in rows]
