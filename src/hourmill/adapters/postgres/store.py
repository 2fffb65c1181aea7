"""The store of the workers: claims, keys and counters in PostgreSQL, one call to the server for each flush."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from hourmill.adapters.postgres.connection import CONNECTIONS, READING, Database, Pause, reason
from hourmill.adapters.postgres.migrate import schema_stands
from hourmill.adapters.postgres.rows import cell_keys, cell_rows, claim_columns, key_places, parked_columns
from hourmill.adapters.postgres.statements import statements
from hourmill.adapters.postgres.stats import PostgresStats
from hourmill.adapters.postgres.translate import DRIVER_ERRORS, translate
from hourmill.core.batch import Batch, Cells
from hourmill.core.hour import FIRST_HOUR, LAST_HOUR
from hourmill.core.message import Claim
from hourmill.errors import NotAccepted, OutcomeUnknown, Poison, Unreachable, Unreadable
from hourmill.failpoints import Step, reached
from hourmill.ports.store import ParkedCell


class PostgresStore:
    """A ClaimingCounter and CounterReader; open() makes one.

    database    shared with whatever else asks the same server
    stats       a StatsReader of the same counters
    repeated    how many keyed entries had a key that was counted before
    partitions  NUM_PARTITIONS: the column `partition` is that of the page
    shard_key   under which this process counts
    """

    def __init__(self, database: Database, partitions: int, shard_key: int) -> None:
        self.database = database
        self.stats = PostgresStats(database)
        self.repeated = 0
        self._partitions = partitions
        self._shard_key = shard_key
        self._sql = statements()
        self._reading = asyncio.Semaphore(READING)  # slow reports leave connections for those that count

    @classmethod
    @asynccontextmanager
    async def open(
        cls, url: str, partitions: int, shard_key: int, connections: int = CONNECTIONS
    ) -> AsyncIterator["PostgresStore"]:
        """A store whose server may be away; ready() returns once it can count."""
        async with Database.open(url, connections) as database:
            yield cls(database, partitions, shard_key)

    async def ready(self) -> None:
        """As ports/store.ClaimingCounter.

        raises  SchemaUnusable  if the schema is a newer program's
        """
        pause = Pause("waiting for the schema; run `hourmill migrate`", {})
        while True:
            await self.database.connected()
            why = "it is missing or older"
            try:
                async with self.database.connection() as connection:
                    if await schema_stands(connection):
                        return
            except (Unreachable, *DRIVER_ERRORS) as error:
                why = reason(error)
            await pause.wait(why)

    async def apply(self, claims: Sequence[Claim], batch: Batch, parked: Sequence[ParkedCell] = ()) -> Sequence[Claim]:
        """As ports/store.ClaimingCounter.

        raises  ValueError  if a claim comes twice, or a parked cell is of none of them
        """
        if len(set(claims)) < len(claims):
            raise ValueError("a claim comes twice: its cells would be counted twice")
        places = key_places(batch, parked)
        parked_as = parked_columns(parked, claims, places)
        rows = cell_rows([batch.cells, *batch.keyed.values()], self._partitions)
        keys = cell_keys(batch, places)
        arguments = [*claim_columns(claims), list(places), self._shard_key, *rows, keys, *parked_as]
        stale, repeated = await self._write("apply_batches", arguments)
        self.repeated += repeated
        return [claims[place - 1] for place in stale]

    async def accepts(self, cells: Cells) -> bool:
        try:
            rows = cell_rows([cells], self._partitions)
            await self._write("try_cells", [*rows, self._shard_key])
        except Poison:
            return False
        except OutcomeUnknown as error:
            raise NotAccepted from error
        return True

    async def hours(self, page: str, first: int, last: int) -> dict[int, int]:
        window = max(first, FIRST_HOUR), min(last, LAST_HOUR)
        try:
            async with self._reading, self.database.connection() as connection:
                rows = await connection.fetch(self._sql["read_hours"], page, *window)
        except (Unreachable, *DRIVER_ERRORS) as error:
            raise Unreadable(f"The counters could not be read ({reason(error)}). Try again later.") from error
        return {row["hour"]: int(row["views"]) for row in rows}

    async def _write(self, statement: str, arguments: Sequence[Any]) -> Any:
        try:
            async with self.database.connection() as connection:
                reached(Step.STORING)
                return await connection.fetchval(self._sql[statement], *arguments)
        except Unreachable as error:
            raise NotAccepted(f"{error} Nothing was counted; send it again later.") from error
        except DRIVER_ERRORS as error:
            raise translate(error) from error
