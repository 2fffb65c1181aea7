"""The ledger of a dry run: it answers as the real one would if all this were counted, and counts nothing."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from hourmill.adapters.sqlite.connection import open_empty, statements
from hourmill.adapters.sqlite.translate import roomy
from hourmill.core.batch import Cells
from hourmill.ports.store import ImportLedger, Stretch


class RehearsedLedger:
    """An ImportLedger that asks another, and keeps what the run would add to it in a temporary database."""

    def __init__(self, ledger: ImportLedger, connection: sqlite3.Connection) -> None:
        self._sql = statements()
        self._ledger = ledger
        self._connection = connection

    @classmethod
    @contextmanager
    def of(cls, ledger: ImportLedger) -> Iterator["RehearsedLedger"]:
        """One that asks this ledger, which stays as it is."""
        with roomy():
            connection = open_empty()
        with closing(connection):
            yield cls(ledger, connection)

    async def hours_kept_from(self) -> int:
        return await self._ledger.hours_kept_from()

    async def known(self, start: bytes) -> Sequence[bytes]:
        rehearsed = self._connection.execute(self._sql["read_stretches"], {"start": start})
        return [*await self._ledger.known(start), *(prints for (prints,) in rehearsed)]

    async def count_stretch(self, cells: Cells, stretch: Stretch) -> None:  # noqa: ARG002 - these it does not count
        remembered = stretch._asdict()
        with roomy():
            self._connection.execute(self._sql["forget_continued_stretches"], remembered)
            self._connection.execute(self._sql["remember_stretch"], remembered)
