"""Reading counters: the table and what the journal still holds, in one snapshot."""

import asyncio
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from hourmill.adapters.sqlite.connection import open_for_reading, statements
from hourmill.adapters.sqlite.counters import kept_from
from hourmill.core.batch import decode_cells
from hourmill.core.retention import first_hour
from hourmill.errors import Unreadable


class SqliteReader:
    """The data file's reading side, on a thread and a connection of its own; writers never wait for it."""

    def __init__(self, path: Path) -> None:
        self._sql = statements()
        self._connection = open_for_reading(path)
        self._thread = ThreadPoolExecutor(1, "hourmill-reader")

    def close(self) -> None:
        """End the thread, close the file."""
        self._thread.shutdown()
        self._connection.close()

    async def hours(self, page: str, first: int, last: int) -> dict[int, int]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._hours, page, first, last)

    def _hours(self, page: str, first: int, last: int) -> dict[int, int]:
        with self._snapshot() as connection:
            named = {"page": page, "first": first, "last": last}
            views: dict[int, int] = dict(connection.execute(self._sql["read_hours"], named).fetchall())
            journal = connection.execute(self._sql["read_journal"]).fetchall()
            first = max(first, first_hour(kept_from(connection, self._sql)))
        for (blob,) in journal:
            for hour, count in decode_cells(blob).get(page, {}).items():
                if first <= hour <= last:
                    views[hour] = views.get(hour, 0) + count
        return views

    @contextmanager
    def _snapshot(self) -> Iterator[sqlite3.Connection]:
        try:
            self._connection.execute("BEGIN")  # a fold between two statements would show views twice or not at all
            try:
                yield self._connection
            finally:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise Unreadable(f"The data file could not be read ({error}). Try again later.") from error
