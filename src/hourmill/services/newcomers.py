"""How many new pages a site may have in an hour: what comes past it counts for one page, SITE/(other)."""

import asyncio
from collections.abc import Callable

import structlog

from hourmill.core.batch import Cells
from hourmill.core.figures import GroupFigures
from hourmill.core.page import page_fault
from hourmill.core.scope import Everything, site_of
from hourmill.core.tally import add
from hourmill.errors import Unreadable
from hourmill.ports.stats import Ranking, Span, StatsReader

OTHER = "(other)"
REMEMBERED_HOURS = 24  # a page is new that was not seen in this or the last stretch of so long
MOST_REMEMBERED = 500_000  # pages in one of two stretches: some 70 MB for both; past it the next stretch begins
LEARNED_HOURS = 48
MOST_LEARNED = 200_000  # pages, the most viewed: a process that starts does not take them for new
MOST_SITES = 100_000  # with new pages in an hour, some 10 MB; those past it share one number
REST = 0  # stands for them
AGAIN_S = 5.0  # when the store cannot be read
MAX_SITE_CHARS = 200  # in the log

log = structlog.get_logger()


class Newcomers:
    """Lets pages through as they are, or as their site's SITE/(other).

    It stands before views are put together and numbered, so what it made of a request is counted once like any other.
    Pages are remembered as hashes, so that two in some 10^13 may be taken for one another.
    """

    def __init__(self, per_hour: int, figures: GroupFigures, hour: Callable[[], int]) -> None:
        """per_hour: new pages of each site; hour: the running one since 1970."""
        self._per_hour = per_hour
        self._figures = figures
        self._hour = hour
        self._learning = True  # until then every page is known
        self._known, self._known_before = set[int](), set[int]()
        self._stretch = self._running = hour()
        self._new: dict[int, int] = {}  # by the hash of the site, in the running hour

    async def learn(self, stats: StatsReader) -> None:
        """Know the pages that were viewed lately; from then on others are new."""
        hour = self._hour()
        viewed = Ranking(Everything(), Span(hour - LEARNED_HOURS, hour + 1), limit=MOST_LEARNED)
        while self._learning:
            try:
                self._known.update(hash(page.name) for page in await stats.pages(viewed))
                self._learning = False
            except Unreadable:
                await asyncio.sleep(AGAIN_S)

    def page(self, page: str) -> str:
        """The page under which a view of this page is counted."""
        fingerprint = hash(page)
        if fingerprint in self._known:
            return page
        hour = self._hour()
        if hour != self._running:
            self._begin(hour)
        if self._learning or fingerprint in self._known_before or self._is_let_in(site_of(page)):
            self._remember(fingerprint)
            return page
        self._figures.others += 1
        other = f"{site_of(page)}/{OTHER}"
        return other if page_fault(other) is None else f"/{OTHER}"  # a site as long as a page leaves no room

    def cells(self, cells: Cells) -> Cells:
        """The cells under the pages under which they are counted; they are given away."""
        moved: Cells = {}
        for page in [page for page in cells if hash(page) not in self._known]:
            counted_as = self.page(page)
            if counted_as != page:
                add(moved, {counted_as: cells.pop(page)})
        if moved:
            add(cells, moved)
        return cells

    def _is_let_in(self, site: str) -> bool:
        counted_as = hash(site)
        if len(self._new) >= MOST_SITES and counted_as not in self._new:
            counted_as = REST
        new = self._new.get(counted_as, 0)
        if new >= self._per_hour:
            if new == self._per_hour:
                self._new[counted_as] = new + 1  # it is said once an hour
                log.warning("new pages are counted as (other)", site=site[:MAX_SITE_CHARS], limit=self._per_hour)
            return False
        self._new[counted_as] = new + 1
        return True

    def _begin(self, hour: int) -> None:
        self._running = hour
        self._new.clear()
        if hour - self._stretch >= REMEMBERED_HOURS:
            self._begin_stretch()

    def _begin_stretch(self) -> None:
        self._stretch = self._running
        self._known, self._known_before = set(), self._known

    def _remember(self, fingerprint: int) -> None:
        if len(self._known) >= MOST_REMEMBERED:
            self._begin_stretch()
        self._known.add(fingerprint)
