"""What the services ask of a store, in the words of the domain."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from hourmill.core.batch import Batch, Cells


class CounterWriter(Protocol):
    """Raises counters."""

    async def count(self, batch: Batch) -> None:
        """Count a batch, all or nothing; on return it is durable (fsync).

        A keyed entry whose key was counted within the last 72 hours changes nothing.

        raises  NotAccepted     nothing was counted
                OutcomeUnknown  it may have been counted
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

    async def known(self, start: bytes) -> Sequence[bytes]:
        """The prints of every counted stretch with this start; empty if none."""

    async def count_stretch(self, cells: Cells, stretch: Stretch) -> None:
        """Count the cells and remember the stretch, in one transaction; durable on return.

        A remembered stretch that the new one continues (same start, its prints a prefix) is replaced by it.

        raises  NotAccepted     nothing was counted or remembered
                OutcomeUnknown  both happened, or neither
        """
