"""What a data file says of itself."""

import sqlite3
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from hourmill.adapters.sqlite.connection import statements
from hourmill.adapters.sqlite.snapshots import Snapshots
from hourmill.ports.watch import LastCleaning, StoreFacts


class SqliteWatch:
    """A StoreWatch, with a thread of its own: it does not wait behind a long report."""

    def __init__(self, path: Path) -> None:
        self._files = {"data file": path, "write-ahead log": path.with_name(path.name + "-wal")}
        self._sql = statements("facts.sql")
        self._snapshots = Snapshots(path, "hourmill-watch")

    def close(self) -> None:
        """End the thread, close the file."""
        self._snapshots.close()

    async def facts(self) -> StoreFacts:
        return await self._snapshots.read(self._facts)

    def _facts(self, connection: sqlite3.Connection) -> StoreFacts:
        (dirty,) = connection.execute(self._sql["count_dirty_days"]).fetchone()
        row = connection.execute(self._sql["read_janitor"]).fetchone()
        cleaned = None
        if row is not None:
            began_s, took_ms, rows, size = row
            cleaned = LastCleaning(datetime.fromtimestamp(began_s, UTC), took_ms / 1000, rows, size)
        return StoreFacts(self._sizes(), 0, dirty, cleaned)

    def _sizes(self) -> dict[str, int]:
        sizes = {}
        for name, path in self._files.items():
            with suppress(FileNotFoundError):
                sizes[name] = path.stat().st_size
        return sizes
