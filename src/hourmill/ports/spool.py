"""What an import asks of the place where the rows of a file wait until all of them are read."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from hourmill.core.count_row import CountRow


class RowSpool(Protocol):
    """Holds the rows of one file on disk and gives them back by time; nothing of it stays when the process ends.

    raises  InputUnreadable  there is no room for them
    """

    def fill(self, rows: Iterable[CountRow]) -> None:
        """Hold these rows instead of those that are held."""

    def by_time(self) -> Iterator[CountRow]:
        """The rows in the order of hours; of one hour in any order."""
