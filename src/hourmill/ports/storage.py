"""What a store says of its size. Days are days since 1970 (UTC)."""

from typing import NamedTuple, Protocol

from hourmill.ports.housekeeping import Grain

COLUMN_OF = {
    "page_views": "view_hour",
    "site_views": "view_hour",
    "page_views_daily": "view_day",
    "page_views_monthly": "view_month",
}
"""Where each table with a grain says of when a row is."""


class TableSize(NamedTuple):
    """A table and its indexes.

    grain  how long its rows are kept; None: not for the settings of the retention
    rows   about; exact where the store knows it cheaply
    bytes  on disk; None where the store cannot tell
    """

    name: str
    grain: Grain | None
    rows: int
    bytes: int | None


class Storage(Protocol):
    """Tells of its size.

    raises  Unreadable
    """

    async def sizes(self) -> list[TableSize]:
        """Every table of ours."""

    async def rows(self, table: str, first: int, before: int | None = None) -> int:
        """The rows of a table with a grain, of the days first <= day < before; a month's where its first day is."""

    async def first_day(self, table: str, first: int, before: int) -> int:
        """The first day with rows of such a table, first <= day < before: `first` if there are earlier ones, too, and
        `before` if there are none.
        """
