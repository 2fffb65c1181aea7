"""What imports write: counters and the lines they came from, beside a running server if there is one.

An import never touches the journal, so that the server's memory of it stays true; SQLite's own lock orders the two.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from hourmill.adapters.sqlite.connection import open_empty, open_for_reading, open_for_writing, statements
from hourmill.adapters.sqlite.counters import kept_from, raise_counters
from hourmill.adapters.sqlite.lock import IMPORT, locked
from hourmill.adapters.sqlite.translate import translate
from hourmill.core.batch import Cells
from hourmill.ports.store import Stretch


class SqliteLedger:
    """An ImportLedger. Its calls block: an import has nothing else to do meanwhile."""

    def __init__(self, connection: sqlite3.Connection, partitions: int) -> None:
        self._sql = statements()
        self._partitions = partitions
        self._connection = connection

    @classmethod
    @contextmanager
    def open(cls, path: Path, partitions: int) -> Iterator["SqliteLedger"]:
        """For one import at a time: what one has asked for, no other may count meanwhile.

        raises  DataFileInUse, DataFileUnusable
        """
        with locked(path, IMPORT), closing(open_for_writing(path, check=False, make=True)) as connection:
            yield cls(connection, partitions)

    @classmethod
    @contextmanager
    def open_for_asking(cls, path: Path, partitions: int) -> Iterator["SqliteLedger"]:
        """A ledger that cannot count; it makes no file.

        raises  DataFileUnusable
        """
        with closing(open_for_reading(path) if path.exists() else open_empty()) as connection:
            yield cls(connection, partitions)

    async def hours_kept_from(self) -> int:
        try:
            return kept_from(self._connection, self._sql)
        except sqlite3.Error as error:
            raise translate(error) from error

    async def known(self, start: bytes) -> Sequence[bytes]:
        try:
            rows = self._connection.execute(self._sql["read_stretches"], {"start": start}).fetchall()
        except sqlite3.Error as error:
            raise translate(error) from error
        return [prints for (prints,) in rows]

    async def count_stretch(self, cells: Cells, stretch: Stretch) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._write(cells, stretch)
                self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise translate(error) from error

    def _write(self, cells: Cells, stretch: Stretch) -> None:
        raise_counters(self._connection, self._sql, cells, self._partitions)
        remembered = stretch._asdict()
        self._connection.execute(self._sql["forget_continued_stretches"], remembered)
        self._connection.execute(self._sql["remember_stretch"], remembered)
