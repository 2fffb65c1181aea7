"""Who works on which partition, by the server's clock."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from hourmill.adapters.postgres.connection import Database, reason
from hourmill.adapters.postgres.statements import statements
from hourmill.adapters.postgres.translate import DRIVER_ERRORS
from hourmill.errors import Unreachable
from hourmill.ports.store import Holding

LEASE = timedelta(seconds=10)  # a dead worker's partitions move within 15 s


class PostgresLeases:
    """PartitionLeases in the database of a store.

    lasting  how long a lease holds, and a worker counts as alive, without being renewed
    """

    def __init__(self, database: Database, lasting: timedelta = LEASE) -> None:
        self._database = database
        self._lasting = lasting
        self._sql = statements()

    async def renew(self, worker: bytes, partitions: frozenset[int]) -> Holding:
        row = await self._ask("renew_leases", UUID(bytes=worker), sorted(partitions), self._lasting)
        return Holding(frozenset(row["held"]), row["fair_share"])

    async def release(self, worker: bytes, partitions: frozenset[int]) -> None:
        await self._ask("release_leases", UUID(bytes=worker), sorted(partitions))

    async def leave(self, worker: bytes) -> None:
        await self._ask("leave_leases", UUID(bytes=worker))

    async def _ask(self, statement: str, *arguments: UUID | Sequence[int] | timedelta) -> Any:
        try:
            async with self._database.connection() as connection:
                return await connection.fetchrow(self._sql[statement], *arguments)
        except DRIVER_ERRORS as error:
            raise Unreachable(f"PostgreSQL cannot be asked for leases ({reason(error)}).") from error
