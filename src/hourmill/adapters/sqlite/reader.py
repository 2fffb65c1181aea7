"""Reading counters: the table and what the journal still holds, in one snapshot."""

import sqlite3
from functools import partial
from pathlib import Path

from hourmill.adapters.sqlite.connection import statements
from hourmill.adapters.sqlite.counters import kept_from
from hourmill.adapters.sqlite.snapshots import Snapshots
from hourmill.core.batch import decode_cells
from hourmill.core.retention import first_hour
from hourmill.ports.stats import MOST_VIEWS


class SqliteReader:
    """A CounterReader."""

    def __init__(self, path: Path) -> None:
        self._sql = statements()
        self._snapshots = Snapshots(path, "hourmill-reader")

    def close(self) -> None:
        """End the thread, close the file."""
        self._snapshots.close()

    async def hours(self, page: str, first: int, last: int) -> dict[int, int]:
        return await self._snapshots.read(partial(self._hours, page, first, last))

    def _hours(self, page: str, first: int, last: int, connection: sqlite3.Connection) -> dict[int, int]:
        named = {"page": page, "first": first, "last": last}
        views: dict[int, int] = dict(connection.execute(self._sql["read_hours"], named).fetchall())
        journal = connection.execute(self._sql["read_journal"]).fetchall()
        first = max(first, first_hour(kept_from(connection, self._sql)))
        for (blob,) in journal:
            for hour, count in decode_cells(blob).get(page, {}).items():
                if first <= hour <= last:
                    views[hour] = min(views.get(hour, 0) + count, MOST_VIEWS)
        return views
