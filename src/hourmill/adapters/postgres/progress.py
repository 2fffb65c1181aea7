"""How far each partition is counted: a row that its holder keeps up to date."""

from collections.abc import Mapping
from datetime import datetime

from hourmill.adapters.postgres.connection import Database, reason
from hourmill.adapters.postgres.statements import statements
from hourmill.adapters.postgres.translate import DRIVER_ERRORS
from hourmill.core.hour import EPOCH
from hourmill.errors import Unreachable, Unreadable
from hourmill.ports.progress import Level, PartitionState


class PostgresProgress:
    """Progress, ProgressNotes and PartitionStates in the database of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = statements("progress.sql")

    async def note(self, partitions: frozenset[int], levels: Mapping[int, Level]) -> None:
        there = sorted(partitions)
        moments = [levels[partition].counted_until if partition in levels else None for partition in there]
        waiting = [levels[partition].waiting if partition in levels else None for partition in there]
        try:
            async with self._database.connection() as connection:
                await connection.execute(self._sql["note_progress"], there, moments, waiting)
        except DRIVER_ERRORS as error:
            raise Unreachable(f"PostgreSQL did not note the progress ({reason(error)}).") from error

    async def states(self) -> list[PartitionState]:
        try:
            async with self._database.connection() as connection:
                rows = await connection.fetch(self._sql["read_progress"])
        except (Unreachable, *DRIVER_ERRORS) as error:
            raise Unreadable(f"The progress could not be read ({reason(error)}). Try again later.") from error
        return [PartitionState(*row) for row in rows]

    async def complete_until(self) -> datetime:
        moments = [state.counted_until or EPOCH for state in await self.states()]
        return min(moments, default=EPOCH)
