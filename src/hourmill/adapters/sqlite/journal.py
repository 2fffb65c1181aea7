"""Journal first, counters later: what the writer thread does with its connection.

A group of cells is durable once it stands in `journal`: one small insert, one fsync, whatever the number of cells.
Folding adds the sum of all journalled groups to `page_views` and empties the journal, in one transaction.
What the journal holds is kept summed up in memory too, so that folding need not read it.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import structlog

from hourmill.adapters.sqlite.connection import open_for_writing, statements
from hourmill.adapters.sqlite.counters import raise_counters
from hourmill.adapters.sqlite.translate import translate, usable
from hourmill.core import tally
from hourmill.core.batch import Batch, Cells, decode_cells, encode_cells
from hourmill.errors import DataFileUnusable, HourmillError, NotAccepted, Undecodable
from hourmill.failpoints import Step, reached

KEY_LIFE = timedelta(hours=72)  # docs/http-api.md: a repeat within 72 hours is counted once
KEYS_FORGOTTEN_AT_ONCE = 1000  # with each keyed commit: more than it adds, few enough to cost nothing
MAX_UNFOLDED_BYTES = 4 << 20  # of journal: at most some 500,000 cells, which take 1 to 2 s to fold

log = structlog.get_logger()


class Clocks(NamedTuple):
    """now_s: seconds since 1970, for the age of keys; monotonic_s: for intervals."""

    now_s: Callable[[], float]
    monotonic_s: Callable[[], float]


class Journal:
    """The data file's writing side. Every method runs on the writer thread."""

    def __init__(self, path: Path, partitions: int, fold_interval_s: float, clocks: Clocks) -> None:
        self.path = path
        self._partitions = partitions
        self._fold_interval_s = fold_interval_s
        self._clocks = clocks
        self._sql = statements()
        self.repeated = 0  # keyed entries whose key was counted before
        self._connection: sqlite3.Connection | None = None
        self._unfolded: Cells = {}  # the sum of what the journal holds
        self._unfolded_groups = 0
        self._unfolded_bytes = 0
        self._folded_at_s = clocks.monotonic_s()

    def open(self) -> None:
        """Open the data file; what an earlier process left in the journal is folded.

        raises  DataFileUnusable, Undecodable
        """
        open_for_writing(self.path, check=True).close()
        with usable(self.path):
            self._connected()
        reached(Step.RECOVERING)
        if self._unfolded:
            log.info("recovered", cells=tally.cell_count(self._unfolded), views=tally.view_count(self._unfolded))
        self.fold()

    def close(self) -> None:
        """Fold, and leave a single file behind."""
        try:
            self.fold()
        finally:
            self._disconnect()

    def count(self, batch: Batch) -> None:
        """As ports/store.ThreadedWriter.write()."""
        self._make_room()
        repeated = 0
        with self._writing() as connection:
            if batch.keyed:
                connection.execute("BEGIN IMMEDIATE")
                for key_hash, cells in batch.keyed.items():
                    if self._claim(connection, key_hash):
                        tally.add(batch.cells, cells)
                    else:
                        repeated += 1
            reached(Step.JOURNALLING)
            blob = encode_cells(batch.cells)
            if batch.cells:
                connection.execute(self._sql["add_to_journal"], {"cells": blob})
            if batch.keyed:
                connection.execute("COMMIT")
            reached(Step.JOURNALLED)
        self.repeated += repeated
        if batch.cells:
            self._remember(batch.cells, len(blob))

    def fold(self) -> None:
        """Add what the journal holds to the counters, and empty it.

        raises  NotAccepted, OutcomeUnknown; the journal then still holds all of it
        """
        self._folded_at_s = self._clocks.monotonic_s()
        if not self._unfolded:
            return
        with self._writing() as connection:
            connection.execute("BEGIN IMMEDIATE")
            raise_counters(connection, self._sql, self._unfolded, self._partitions)
            emptied = connection.execute(self._sql["empty_journal"]).rowcount
            if emptied != self._unfolded_groups:
                raise sqlite3.DatabaseError(f"{emptied} groups in the journal, {self._unfolded_groups} expected")
            reached(Step.FOLDING)
            connection.execute("COMMIT")
            reached(Step.FOLDED)
        log.debug("folded", journal_bytes=self._unfolded_bytes, cells=tally.cell_count(self._unfolded))
        self._forget()

    def idle(self) -> None:
        """Nobody waits: fold now, so that the table tells the truth within milliseconds."""
        with suppress(HourmillError):  # logged; the next count tries again and tells its caller
            self.fold()

    def _make_room(self) -> None:
        full = self._unfolded_bytes >= MAX_UNFOLDED_BYTES
        if full or self._clocks.monotonic_s() - self._folded_at_s >= self._fold_interval_s:
            try:
                self.fold()
            except HourmillError as error:
                if full:
                    raise NotAccepted from error

    def _claim(self, connection: sqlite3.Connection, key_hash: bytes) -> bool:
        now_s = int(self._clocks.now_s())
        expired = {"before": now_s - KEY_LIFE.total_seconds(), "most": KEYS_FORGOTTEN_AT_ONCE}
        connection.execute(self._sql["forget_keys"], expired)
        claim = {"key_hash": key_hash, "now": now_s}
        return connection.execute(self._sql["claim_key"], claim).fetchone() is not None

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            yield self._connected()
        except sqlite3.Error as error:
            log.error("write failed", path=str(self.path), error=str(error))
            self._disconnect()  # what memory believes is forgotten; the file says what is true
            raise translate(error) from error
        except (DataFileUnusable, Undecodable) as error:
            log.error("reopening failed", path=str(self.path), error=str(error))
            raise NotAccepted(f"{error} Nothing was counted; send it again later.") from error
        except BaseException:
            self._disconnect()  # else the next group would be written into the transaction that was left open
            raise

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            connection = open_for_writing(self.path, check=False)
            try:
                self._recall(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.close()  # rolls back what is open

    def _remember(self, cells: Cells, journal_bytes: int) -> None:
        tally.add(self._unfolded, cells)
        self._unfolded_groups += 1
        self._unfolded_bytes += journal_bytes

    def _recall(self, connection: sqlite3.Connection) -> None:
        self._forget()
        for (blob,) in connection.execute(self._sql["read_journal"]):
            self._remember(decode_cells(blob), len(blob))

    def _forget(self) -> None:
        self._unfolded = {}
        self._unfolded_groups = 0
        self._unfolded_bytes = 0
