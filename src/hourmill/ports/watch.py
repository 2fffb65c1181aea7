"""What whoever watches the service asks for."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

import msgspec

from hourmill.core.figures import FlushFigures, GroupFigures, PublishFigures, RequestFigures


class LastCleaning(NamedTuple):
    """The last time that the janitor came to its end."""

    began_at: datetime
    took_s: float
    rows: int
    bytes: int


class StoreFacts(NamedTuple):
    """What a store says of itself.

    bytes         of each table with its indexes, or of each file
    parked_cells  that wait for people
    dirty_days    that wait to be rolled up
    cleaned       None: never
    """

    bytes: Mapping[str, int]
    parked_cells: int
    dirty_days: int
    cleaned: LastCleaning | None


class StoreWatch(Protocol):
    """A store that can be watched."""

    async def facts(self) -> StoreFacts:
        """What it is like now; asked for every few seconds, so it must be cheap.

        raises  Unreadable
        """


class Moment(msgspec.Struct):
    """What a process is like now.

    unconfirmed_s  age of the oldest group that is not durable yet
    """

    waiting_entries: int = 0
    waiting_bytes: int = 0
    unconfirmed_s: float = 0.0


class Snapshot(msgspec.Struct):
    """A process, as it was at `at_s` (monotonic clock of the machine). What it does not do is None.

    process   what the system says of it, by the name of its metric
    repeated  requests whose key its store knew
    """

    at_s: float
    moment: Moment
    process: dict[str, float]
    requests: RequestFigures | None = None
    groups: GroupFigures | None = None
    publishing: PublishFigures | None = None
    flushes: FlushFigures | None = None
    dead_letters: int | None = None
    held: int | None = None
    repeated: int = 0


class Siblings(Protocol):
    """Processes that share a port, so that nobody can ask for one of them."""

    def leave(self, mine: Snapshot) -> None:
        """Let the others know."""

    def others(self) -> Sequence[Snapshot]:
        """The last that each of the others left, those that died as well."""
