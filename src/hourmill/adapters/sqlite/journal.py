"""Journal first, counters later: what the writer thread does with its connection.

A group of cells is durable once it stands in `journal`: one small insert, one fsync, whatever the number of cells.
Folding adds the sum of journalled groups to `page_views` and takes them out of the journal, in one transaction; it goes
in parts, so that no commit waits for more than one. What the journal holds is kept summed up in memory too, in the same
parts, so that folding need not read it.
"""

import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import structlog

from hourmill.adapters.sqlite.connection import open_for_writing, statements
from hourmill.adapters.sqlite.counters import raise_counters
from hourmill.adapters.sqlite.privacy import open_to_others
from hourmill.adapters.sqlite.translate import translate, usable
from hourmill.core import tally
from hourmill.core.batch import Batch, Cells, decode_cells, encode_cells
from hourmill.errors import DataFileUnusable, HourmillError, NotAccepted, Undecodable
from hourmill.failpoints import Step, reached

KEY_LIFE = timedelta(hours=72)  # docs/http-api.md: a repeat within 72 hours is counted once
KEYS_FORGOTTEN_AT_ONCE = 1000  # with each keyed commit: more than it adds, few enough to cost nothing
MAX_UNFOLDED_BYTES = 32 << 20  # of journal; past it a commit waits until enough is folded
PART = 500  # cells, roughly, that are folded at once: some 4 ms, for which a commit may have to wait
MOST_SUMMED = 10_000  # cells of a part that small groups are summed up in: a busy hour's pages, folded once a second
BEHIND_PARTS = 40  # not folded: as many cells as the largest batch has
PAUSE = 1.0  # as long as there are commits, they have so many times as long for themselves as folding took
QUICKLY_READ_BYTES = 64 << 10  # of journal: some 8,000 cells, a millisecond; to fold them first takes an fsync

log = structlog.get_logger()


class Clocks(NamedTuple):
    """now_s: seconds since 1970, for the age of keys; monotonic_s: for intervals."""

    now_s: Callable[[], float]
    monotonic_s: Callable[[], float]


@dataclass(slots=True)
class _Part:
    """Rows of the journal that are folded together, and their sum.

    grows  further groups may be added
    """

    grows: bool
    last_seq: int = 0
    cells: Cells = field(default_factory=dict)
    weight: int = 0
    rows: int = 0
    journal_bytes: int = 0


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
        self._unfolded: deque[_Part] = deque()  # what the journal holds, the oldest part first
        self._unfolded_bytes = 0
        self._folded_at_s = clocks.monotonic_s()
        self._folding_took_s = 0.0
        self.folded: Callable[[bool], None] = lambda _: None  # told after each part whether that went well

    def open(self) -> None:
        """Open the data file; what an earlier process left in the journal is folded.

        raises  DataFileUnusable, Undecodable
        """
        open_for_writing(self.path, check=True, make=True).close()
        with usable(self.path):
            self._connected()
        reached(Step.RECOVERING)
        if others := open_to_others(self.path):
            log.warning("the data file is open to other users", files=[str(file) for file in others])
        if self._unfolded:
            cells, views = (
                sum(of(part.cells) for part in self._unfolded) for of in (tally.cell_count, tally.view_count)
            )
            log.info("recovered", cells=cells, views=views)
        self.fold()

    def close(self) -> None:
        """Fold, and leave a single file behind."""
        try:
            with suppress(HourmillError):
                self.fold()
            self.fold()  # after an error the journal was forgotten, and is read anew
        finally:
            self._disconnect()

    @property
    def is_behind(self) -> bool:
        """Whether so much is not folded that batches had better wait."""
        return len(self._unfolded) > BEHIND_PARTS

    @property
    def parts(self) -> int:
        """How many are not folded; any thread may ask."""
        return len(self._unfolded)

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
            rows = [(part, encode_cells(part)) for part in tally.in_parts(batch.cells, PART)]
            if len(rows) > 1 and not batch.keyed:
                connection.execute("BEGIN IMMEDIATE")
            reached(Step.JOURNALLING)
            seqs = [connection.execute(self._sql["add_to_journal"], {"cells": blob}).lastrowid for _, blob in rows]
            if connection.in_transaction:
                connection.execute("COMMIT")
            reached(Step.JOURNALLED)
        self.repeated += repeated
        for seq, (cells, blob) in zip(seqs, rows, strict=True):
            self._remember(seq or 0, cells, len(blob), alone=len(rows) > 1)

    def is_quickly_read(self) -> bool:
        """Whether a reader may as well read the journal as have it folded first; any thread may ask."""
        return self._unfolded_bytes < QUICKLY_READ_BYTES

    def fold(self) -> None:
        """Add what the journal holds to the counters, and empty it.

        raises  as fold_part()
        """
        while self.fold_part():
            pass

    def fold_part(self) -> bool:
        """Fold the oldest part; whether there are more.

        raises  NotAccepted, OutcomeUnknown; the journal then still holds it
        """
        began_s = self._folded_at_s = self._clocks.monotonic_s()
        if not self._unfolded:
            return False
        done = False
        try:
            self._fold_oldest()
            done = True
        finally:
            self._folded_at_s = self._clocks.monotonic_s()
            self._folding_took_s = self._folded_at_s - began_s
            self.folded(done)
        return bool(self._unfolded)

    def _fold_oldest(self) -> None:
        with self._writing() as connection:
            part = self._unfolded[0]
            connection.execute("BEGIN IMMEDIATE")
            raise_counters(connection, self._sql, part.cells, self._partitions)
            taken_out = connection.execute(self._sql["take_out_of_journal"], {"last": part.last_seq}).rowcount
            if taken_out != part.rows:
                raise sqlite3.DatabaseError(f"{taken_out} groups in the journal, {part.rows} expected")
            reached(Step.FOLDING)
            connection.execute("COMMIT")
            reached(Step.FOLDED)
        log.debug("folded", journal_bytes=part.journal_bytes, cells=tally.cell_count(part.cells))
        self._unfolded.popleft()
        self._unfolded_bytes -= part.journal_bytes

    def idle(self) -> bool:
        """Nobody waits: fold now, so that the table tells the truth within milliseconds; whether there is more."""
        try:
            return self.fold_part()
        except HourmillError:  # logged; the next count tries again and tells its caller
            return False

    def _make_room(self) -> None:
        while self._unfolded_bytes >= MAX_UNFOLDED_BYTES:
            try:
                self.fold_part()
            except HourmillError as error:
                raise NotAccepted from error
        passed_s = self._clocks.monotonic_s() - self._folded_at_s
        if passed_s >= (PAUSE * self._folding_took_s if len(self._unfolded) > 1 else self._fold_interval_s):
            self.idle()

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

    def _remember(self, seq: int, cells: Cells, journal_bytes: int, *, alone: bool) -> None:
        """alone: what is folded at once."""
        if alone or not self._unfolded or not self._unfolded[-1].grows:
            self._unfolded.append(_Part(grows=not alone))
        part = self._unfolded[-1]
        part.last_seq = seq
        part.weight += tally.add(part.cells, cells)
        part.grows = part.grows and part.weight < MOST_SUMMED
        part.rows += 1
        part.journal_bytes += journal_bytes
        self._unfolded_bytes += journal_bytes

    def _recall(self, connection: sqlite3.Connection) -> None:
        self._unfolded = deque()
        self._unfolded_bytes = 0
        for seq, blob in connection.execute(self._sql["recall_journal"]):
            cells = decode_cells(blob)
            self._remember(seq, cells, len(blob), alone=tally.cell_count(cells) > PART // 2)
