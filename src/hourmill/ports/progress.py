"""How far the counting has come."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, Protocol


class Progress(Protocol):
    """Up to when counters are complete."""

    async def complete_until(self) -> datetime:
        """Every view that was accepted before this moment is counted, or put aside for people to look at.

        1970 if nothing is known yet. With a broker it is some seconds ago, and as exact as the clocks of the machines
        agree.

        raises  Unreadable
        """


class Level(NamedTuple):
    """How far a partition is counted, seen by the worker that holds it.

    waiting        messages in its queue, and those of it that the worker has not acked
    counted_until  what was published before this moment is counted; None: it cannot be told now
    """

    waiting: int
    counted_until: datetime | None


class Gauge(Protocol):
    """Sees how far the partitions that are held have come."""

    async def levels(self, now: datetime) -> dict[int, Level]:
        """The level of each partition that could be looked into; nothing after `now` is told."""


class ProgressNotes(Protocol):
    """Where workers note how far they have come."""

    async def note(self, partitions: frozenset[int], levels: Mapping[int, Level]) -> None:
        """Remember the levels; what was noted of the other partitions stays.

        partitions  those there are

        raises  Unreachable
        """


class PartitionState(NamedTuple):
    """What is known of a partition.

    worker         UUID of its holder, None if it has none that lives
    waiting        as it was last noted; None: never
    counted_until  what was accepted before this moment is counted; None: not known yet
    noted_at       when its holder last told of it; None: never
    """

    partition: int
    worker: str | None
    waiting: int | None
    counted_until: datetime | None
    noted_at: datetime | None


class PartitionStates(Protocol):
    """What workers have noted."""

    async def states(self) -> list[PartitionState]:
        """Every partition there is, in order; empty before the first worker has come.

        raises  Unreadable
        """
