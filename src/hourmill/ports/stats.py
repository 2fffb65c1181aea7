"""What reports that people look at ask of a store. Hours are hours since 1970."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol, TypeAlias

from hourmill.core.scope import Scope

MOST_VIEWS = 2**63 - 1  # where a counter stays, and every sum of counters


class Span(NamedTuple):
    """Some hours: first <= hour < before."""

    first: int
    before: int


RankedBy: TypeAlias = Literal["views", "name"]
"""The most viewed first, then by name; or by name. Names are in the order of their bytes."""


class PageViews(NamedTuple):
    """Views of a page or site.

    views     in the span
    compared  in the span that it is compared with; 0 without one
    """

    name: str
    views: int
    compared: int


class Place(NamedTuple):
    """A row of a ranking, after which it goes on."""

    views: int
    name: str


class Ranking(NamedTuple):
    """What is ranked.

    search  only names that hold this text; letters of ASCII are alike in capitals
    after   the last row that is known already
    limit   rows at most
    """

    scope: Scope
    span: Span
    compared: Span | None = None
    search: str = ""
    order: RankedBy = "views"
    after: Place | None = None
    limit: int = 10


class StatsReader(Protocol):
    """Reads sums of counters; each answer from one moment, which holds all that count() had returned for.

    A day whose hours are not kept counts as a whole where its first hour falls. Sums stay at MOST_VIEWS.

    raises  Unreadable  the store cannot be read now
    """

    async def series(self, scope: Scope, bounds: Sequence[int]) -> list[int]:
        """The views of each bucket, bounds[i] <= hour < bounds[i + 1]; bounds ascend."""

    async def pages(self, ranking: Ranking) -> list[PageViews]:
        """Pages with views in the span."""

    async def sites(self, ranking: Ranking) -> list[PageViews]:
        """Sites with views in the span; only views of pages in the scope count."""

    async def page_count(self, scope: Scope, span: Span, search: str = "") -> int:
        """How many pages have views in the span."""

    async def hours_kept_from(self) -> int:
        """The first hour of which hours are kept."""
