"""The embedded store of a server: one writer thread, threads that read, one data file."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

from hourmill.adapters.sqlite.household import SqliteHousehold
from hourmill.adapters.sqlite.journal import Clocks, Journal
from hourmill.adapters.sqlite.keys import SqliteKeys
from hourmill.adapters.sqlite.lock import SERVER, locked
from hourmill.adapters.sqlite.patient import PatientWriter
from hourmill.adapters.sqlite.reader import SqliteReader
from hourmill.adapters.sqlite.stats import SqliteStats
from hourmill.adapters.sqlite.thread import WriterThread
from hourmill.core.batch import Batch
from hourmill.errors import HourmillError

IDLE_S = 0.01  # without a commit, until the journal is folded: the table is then true for every reader


class SqliteStore:
    """A CounterWriter, ThreadedWriter and CounterReader; open() makes one.

    stats    a StatsReader of the same counters
    patient  a ThreadedWriter for batches
    """

    def __init__(
        self,
        journal: Journal,
        thread: WriterThread,
        reader: SqliteReader,
        path: Path,
        clocks: Clocks,
    ) -> None:
        self.household = SqliteHousehold(path, clocks.now_s, thread.run)
        self.stats = SqliteStats(path, self._folded)
        self._journal = journal
        self._thread = thread
        self._reader = reader
        self.patient = PatientWriter(thread, journal)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, path: Path, partitions: int, fold_interval_s: float, clocks: Clocks
    ) -> AsyncIterator["SqliteStore"]:
        """Open the data file for one server; on leaving, all is folded into a single file.

        raises  DataFileInUse, DataFileUnusable
        """
        journal = Journal(path, partitions, fold_interval_s, clocks)
        async with AsyncExitStack() as stack:
            stack.enter_context(locked(path, SERVER))
            thread = WriterThread(journal.idle, IDLE_S)
            stack.push_async_callback(asyncio.to_thread, thread.stop)
            await thread.run(journal.open)
            stack.push_async_callback(thread.run, journal.close)
            reader = SqliteReader(path)
            stack.callback(reader.close)
            store = cls(journal, thread, reader, path, clocks)
            stack.callback(store.stats.close)
            yield store

    @property
    def repeated(self) -> int:
        """How many keyed entries had a key that was counted before."""
        return self._journal.repeated

    @property
    def keys(self) -> SqliteKeys:
        """Access keys, written where everything is."""
        return SqliteKeys(self._journal.path, self._thread.run)

    def submit(self, job: Callable[[], object]) -> None:
        self._thread.submit(job)

    def write(self, batch: Batch) -> None:
        self._journal.count(batch)

    async def count(self, batch: Batch) -> None:
        await self._thread.run(lambda: self.write(batch))

    async def hours(self, page: str, first: int, last: int) -> dict[int, int]:
        with suppress(HourmillError):  # the reader adds what the journal holds
            await self._folded()
        return await self._reader.hours(page, first, last)

    async def fold(self) -> None:
        """Bring what the journal holds into the tables.

        raises  NotAccepted, OutcomeUnknown
        """
        for _ in range(self._journal.parts):  # commits come in between
            await self._thread.run(self._journal.fold_part)

    async def _folded(self) -> None:
        """Spare readers a long journal only: whoever writes waits for each fold."""
        if not self._journal.is_quickly_read():
            await self.fold()
