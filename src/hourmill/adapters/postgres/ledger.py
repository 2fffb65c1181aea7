"""What imports write into PostgreSQL: counters and the lines they came from, beside whatever else counts there."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from hourmill.adapters.postgres.connection import Connection, connect, reason
from hourmill.adapters.postgres.migrate import schema_stands
from hourmill.adapters.postgres.rows import cell_rows
from hourmill.adapters.postgres.statements import statements
from hourmill.adapters.postgres.translate import DRIVER_ERRORS, translate
from hourmill.core.batch import Cells
from hourmill.errors import DataFileInUse, NotAccepted, Poison, SchemaUnusable
from hourmill.ports.store import Stretch

SHARD_KEY = 0  # one import at a time; a worker with the same shard key waits for it for milliseconds


class PostgresLedger:
    """An ImportLedger on one connection. When that is lost the import ends: with it went the lock on imports."""

    def __init__(self, connection: Connection, partitions: int, shard_key: int) -> None:
        self._sql = statements() | statements("ledger.sql")
        self._connection = connection
        self._partitions = partitions
        self._shard_key = shard_key

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, partitions: int, shard_key: int = SHARD_KEY) -> AsyncIterator["PostgresLedger"]:
        """For one import at a time: what one has asked for, no other may count meanwhile.

        raises  DataFileInUse, SchemaUnusable, Unreachable
        """
        async with _connected(url) as connection:
            await _hold_imports(connection)
            yield cls(connection, partitions, shard_key)

    @classmethod
    @asynccontextmanager
    async def open_for_asking(
        cls, url: str, partitions: int, shard_key: int = SHARD_KEY
    ) -> AsyncIterator["PostgresLedger"]:
        """A ledger that cannot count.

        raises  SchemaUnusable, Unreachable
        """
        async with _connected(url) as connection:
            await connection.execute(statements("ledger.sql")["only_read"])
            yield cls(connection, partitions, shard_key)

    async def hours_kept_from(self) -> int:
        rows = await self._read("read_kept_from")
        return rows[0]["day"] if rows else 0

    async def known(self, start: bytes) -> Sequence[bytes]:
        rows = await self._read("read_stretches", start)
        return [row["prints"] for row in rows]

    async def count_stretch(self, cells: Cells, stretch: Stretch) -> None:
        try:
            rows = cell_rows([cells], self._partitions)
            await self._connection.execute(self._sql["count_stretch"], *stretch, *rows, self._shard_key)
        except (Poison, *DRIVER_ERRORS) as error:
            raise _refusal(error) from error

    async def _read(self, statement: str, *arguments: bytes) -> list[Any]:
        try:
            rows: list[Any] = await self._connection.fetch(self._sql[statement], *arguments)
        except DRIVER_ERRORS as error:
            raise NotAccepted(f"What is imported could not be read ({reason(error)}); nothing was counted.") from error
        return rows


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Connection]:
    connection = await connect(url)
    try:
        if not await schema_stands(connection):
            raise SchemaUnusable("The database lacks the schema of this version; `hourmill migrate` makes it.")
        yield connection
    finally:
        connection.terminate()  # not close(): that waits for the answer to what Ctrl-C has broken off


async def _hold_imports(connection: Connection) -> None:
    sql = statements("ledger.sql")
    try:
        async with connection.transaction():
            await connection.execute(sql["wait_briefly"])
            await connection.execute(sql["hold_imports"])
    except asyncpg.LockNotAvailableError as error:
        holder = await connection.fetchrow(sql["who_imports"])
        who = f"from {holder['client']} (process {holder['pid']} of the server)" if holder else "by another process"
        raise DataFileInUse(
            f"The database is being imported into {who}. Run this import again after that one."
        ) from error


def _refusal(error: Exception) -> Exception:
    meaning = error if isinstance(error, Poison) else translate(error)
    # one statement for 5,000 lines: it is not asked which of them, and the next import reads them again
    return NotAccepted(f"{meaning} Nothing of these lines was counted.") if isinstance(meaning, Poison) else meaning
