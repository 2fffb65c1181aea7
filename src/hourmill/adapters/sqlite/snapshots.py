"""A side of the data file that only reads: writers never wait for it."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from hourmill.adapters.sqlite.connection import open_for_reading
from hourmill.errors import Unreadable

Result = TypeVar("Result")


class Snapshots:
    """A thread and a connection of its own; what is read there in one go is of one moment.

    raises  DataFileUnusable
    """

    def __init__(self, path: Path, name: str) -> None:
        self._connection = open_for_reading(path)
        self._thread = ThreadPoolExecutor(1, name)

    def close(self) -> None:
        """End the thread, close the file."""
        self._thread.shutdown()
        self._connection.close()

    async def read(self, job: Callable[[sqlite3.Connection], Result]) -> Result:
        """What a job reads, when it is its turn.

        raises  Unreadable
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._read, job)

    def _read(self, job: Callable[[sqlite3.Connection], Result]) -> Result:
        try:
            self._connection.execute("BEGIN")  # a fold between two statements would show views twice or not at all
            try:
                return job(self._connection)
            finally:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise Unreadable(f"The data file could not be read ({error}). Try again later.") from error
