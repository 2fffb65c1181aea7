"""Whose turn it is to clean the data file."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path

from hourmill.adapters.sqlite.connection import open_for_writing, statements
from hourmill.adapters.sqlite.housekeeping import SqliteHousekeeping, cleaning
from hourmill.adapters.sqlite.lock import CLEAN, locked
from hourmill.adapters.sqlite.writing import RunWriting, in_a_thread, undisturbed
from hourmill.errors import DataFileInUse, DataFileUnusable, NotCleaned


class SqliteHousehold:
    """A Household: its turn is a lock beside the data file."""

    def __init__(self, path: Path, clock: Callable[[], float], run: RunWriting = in_a_thread) -> None:
        """clock: seconds since 1970."""
        self._path = path
        self._clock = clock
        self._run = run
        self._sql = statements("housekeeping.sql")

    @asynccontextmanager
    async def turn(self, every_s: float) -> AsyncIterator[SqliteHousekeeping | None]:
        async with AsyncExitStack() as stack:
            try:
                stack.enter_context(locked(self._path, CLEAN))
                connection = await undisturbed(self._run(lambda: open_for_writing(self._path, check=False)))
            except DataFileInUse:
                yield None
                return
            except DataFileUnusable as error:
                raise NotCleaned(str(error)) from error
            stack.enter_context(closing(connection))
            with cleaning():
                connection.execute("PRAGMA temp_store = MEMORY")
                connection.execute(self._sql["make_wrong"])
                due = connection.execute(self._sql["is_due"], {"now": self._clock(), "every_s": every_s}).fetchone()[0]
            yield SqliteHousekeeping(connection, self._clock, self._run) if due or not every_s else None
