"""Reading all counters: the tables and what the journal still holds, in one snapshot."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from hourmill.adapters.sqlite.connection import open_for_reading, statements
from hourmill.adapters.sqlite.counters import kept_from
from hourmill.core import tally
from hourmill.core.batch import Cells, decode_cells
from hourmill.core.count_row import MAX_VIEWS, CountRow, Time
from hourmill.core.retention import day_of, first_hour
from hourmill.errors import Unreadable


class SqliteExport:
    """A CounterExport. Its calls block: an export has nothing else to do meanwhile."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._sql = statements() | statements("export.sql")
        self._connection = connection
        self._kept_from = kept_from(connection, self._sql)
        self._journal = self._waiting()

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator["SqliteExport"]:
        """An export of what the file holds now, beside a running server if there is one.

        raises  DataFileUnusable, Unreadable
        """
        with closing(open_for_reading(path)) as connection:
            try:
                connection.execute("BEGIN")  # until the end: one moment for all days
                yield cls(connection)
            except sqlite3.Error as error:
                raise Unreadable(f"The data file could not be read ({error}). Try again later.") from error

    async def days(self) -> list[int]:
        days = {day for (day,) in self._connection.execute(self._sql["list_days"])}
        return sorted(days | self._journal.keys())

    async def rows(self, day: int) -> list[CountRow]:
        whole_day = day < self._kept_from
        found: Cells = {}
        for page, hour, views in self._connection.execute(self._sql["read_day" if whole_day else "read_hours_of_day"],
                                                          {"day": day}):  # fmt: skip
            found.setdefault(page, {})[hour] = views
        tally.add(found, self._journal.pop(day, {}))
        rows = [(hour, page, views) for page, hours in found.items() for hour, views in hours.items()]
        return [CountRow(page, Time(hour, whole_day), min(views, MAX_VIEWS)) for hour, page, views in sorted(rows)]

    def _waiting(self) -> dict[int, Cells]:
        """What the journal holds of each day; of its first hour, if hours are not kept."""
        found: dict[int, Cells] = {}
        for (blob,) in self._connection.execute(self._sql["read_journal"]):
            for page, hours in decode_cells(blob).items():
                for hour, views in hours.items():
                    day = day_of(hour)
                    at = hour if day >= self._kept_from else first_hour(day)
                    tally.add(found.setdefault(day, {}), {page: {at: views}})
        return found
