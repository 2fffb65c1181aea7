"""Sorting the rows of a file by time: in a temporary database, so that memory does not grow with the file."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager

from hourmill.adapters.sqlite.connection import open_temporary, statements
from hourmill.adapters.sqlite.translate import roomy
from hourmill.core.count_row import CountRow, Time


class SqliteSpool:
    """A RowSpool. Its calls block: an import has nothing else to do meanwhile."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._sql = statements("spool.sql")
        self._connection = connection
        connection.execute(self._sql["create_rows"])

    @classmethod
    @contextmanager
    def open(cls) -> Iterator["SqliteSpool"]:
        """An empty one, which takes its room with it when it is closed."""
        with roomy():
            connection = open_temporary()
        with closing(connection):
            yield cls(connection)

    def fill(self, rows: Iterable[CountRow]) -> None:
        cells = ((page, time.hour, time.whole_day, views) for page, time, views in rows)
        with roomy():
            self._connection.execute("BEGIN")
            try:
                self._connection.execute(self._sql["empty_rows"])
                self._connection.executemany(self._sql["add_row"], cells)
            finally:
                self._connection.execute("COMMIT")  # also of a part: nothing could be rolled back, and nobody reads it

    def by_time(self) -> Iterator[CountRow]:
        with roomy():
            for page, hour, whole_day, views in self._connection.execute(self._sql["rows_by_time"]):
                yield CountRow(page, Time(hour, bool(whole_day)), views)
