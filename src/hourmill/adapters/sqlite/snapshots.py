"""A side of the data file that only reads: writers never wait for it."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from hourmill.adapters.sqlite.connection import open_for_reading
from hourmill.errors import Unreadable

LOOKED_AFTER = 100_000  # steps of SQLite's machine, some milliseconds: each look needs the interpreter's lock

Result = TypeVar("Result")


class Snapshots:
    """Threads with a connection of their own each; what is read there in one go is of one moment.

    raises  DataFileUnusable
    """

    def __init__(self, path: Path, name: str, threads: int = 1) -> None:
        self._connections = [open_for_reading(path) for _ in range(threads)]
        self._free = list(self._connections)  # appending and popping are atomic
        self._threads = ThreadPoolExecutor(threads, name)

    def close(self) -> None:
        """End the threads, close the file."""
        self._threads.shutdown()
        for connection in self._connections:
            connection.close()

    async def read(self, job: Callable[[sqlite3.Connection], Result]) -> Result:
        """What a job reads, when it is its turn; it ends soon when who asked is cancelled.

        raises  Unreadable
        """
        unwanted = threading.Event()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._read, job, unwanted)
        except asyncio.CancelledError:
            unwanted.set()
            raise

    def _read(self, job: Callable[[sqlite3.Connection], Result], unwanted: threading.Event) -> Result:
        connection = self._free.pop()
        connection.set_progress_handler(unwanted.is_set, LOOKED_AFTER)
        try:
            connection.execute("BEGIN")  # a fold between two statements would show views twice or not at all
            try:
                return job(connection)
            finally:
                connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise Unreadable(f"The data file could not be read ({error}). Try again later.") from error
        finally:
            self._free.append(connection)
