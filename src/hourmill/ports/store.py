"""What the services ask of a store, in the words of the domain."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from hourmill.core.batch import Batch, Cells
from hourmill.core.message import Claim


class CounterWriter(Protocol):
    """Raises counters."""

    async def count(self, batch: Batch) -> None:
        """Count a batch, all or nothing; on return it is durable (fsync).

        A keyed entry whose key was counted within the last 72 hours changes nothing.

        raises  NotAccepted     nothing was counted
                OutcomeUnknown  it may have been counted
        """


class ThreadedWriter(Protocol):
    """Raises counters on a thread of its own, which does one job after the other."""

    def submit(self, job: Callable[[], object]) -> None:
        """Have the thread do a job, after those that it has; any thread may ask."""

    def write(self, batch: Batch) -> None:
        """As CounterWriter.count(); within a job only."""


class ParkedCell(NamedTuple):
    """A cell that the store cannot count: kept with its claim, for people to look at.

    key_hash  of the keyed entry it belongs to, or None
    count     any integer
    reason    what the store said
    """

    claim: Claim
    key_hash: bytes | None
    page: str
    hour: int
    views: int
    reason: str


class ClaimingCounter(Protocol):
    """Raises counters and marks the claims, in one transaction."""

    async def apply(self, claims: Sequence[Claim], batch: Batch, parked: Sequence[ParkedCell] = ()) -> Sequence[Claim]:
        """Count the sum of the claimed batches, unless one of the claims was made before; durable on return.

        claims  all different
        batch   the sum of what they claim; a keyed entry whose key was counted within the last 72 hours adds nothing
        parked  what is put aside of them
        returns the claims made before: then nothing was changed; empty: all is counted

        raises  NotAccepted     nothing was changed
                OutcomeUnknown  all of it is counted, or nothing; apply the same again to know
                Poison          the store refuses some cell; nothing was changed
                Scattered       several claims of many days together; nothing was changed
        """

    async def accepts(self, cells: Cells) -> bool:
        """Whether the store would count these cells; changes nothing.

        raises  NotAccepted  the store cannot be asked now
        """

    async def ready(self) -> None:
        """Return once the store can be reached and its schema stands."""


class Holding(NamedTuple):
    """What a worker's leases are.

    held        partitions that are the worker's until it renews in vain
    fair_share  how many it may hold; it gives back what it holds above that
    """

    held: frozenset[int]
    fair_share: int


class PartitionLeases(Protocol):
    """Who works on which partition. For speed only: counting is right whoever works."""

    async def renew(self, worker: bytes, partitions: frozenset[int]) -> Holding:
        """Say that the worker (a UUID) lives, keep its leases, take free ones up to its fair share.

        partitions  those there are

        raises  Unreachable
        """

    async def release(self, worker: bytes, partitions: frozenset[int]) -> None:
        """Give back partitions.

        raises  Unreachable
        """

    async def leave(self, worker: bytes) -> None:
        """Give back everything; the worker is gone.

        raises  Unreachable
        """


class CounterReader(Protocol):
    """Reads counters."""

    async def hours(self, page: str, first: int, last: int) -> dict[int, int]:
        """The views of a page per UTC hour, first <= hour <= last; zeros are absent.

        Holds all that count() has returned for.

        raises  Unreadable  the store cannot be read now
        """


class Stretch(NamedTuple):
    """Consecutive lines of an input, known by their content.

    start   hash of the source's name and of all input up to and with the stretch's first line
    prints  4 bytes per line: a running hash of the stretch up to and with that line
    """

    start: bytes
    prints: bytes


class ImportLedger(Protocol):
    """Remembers which lines of which inputs were counted, so that an import can be repeated."""

    async def hours_kept_from(self) -> int:
        """The first day (since 1970) of which hours are kept; views of earlier ones count in their day only.

        raises  NotAccepted
        """

    async def known(self, start: bytes) -> Sequence[bytes]:
        """The prints of every counted stretch with this start; empty if none."""

    async def count_stretch(self, cells: Cells, stretch: Stretch) -> None:
        """Count the cells and remember the stretch, in one transaction; durable on return.

        A remembered stretch that the new one continues (same start, its prints a prefix) is replaced by it.

        raises  NotAccepted     nothing was counted or remembered
                OutcomeUnknown  both happened, or neither
        """
