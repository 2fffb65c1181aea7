"""How many new pages a site may have in an hour, and how many new sites there may be: what comes past it counts for one
page, SITE/(other), or for all such sites together /(other).
"""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

import structlog

from hourmill.core.batch import Cells
from hourmill.core.figures import GroupFigures
from hourmill.core.page import page_fault
from hourmill.core.scope import Everything, site_of
from hourmill.core.strict import SLICE, Reading
from hourmill.core.tally import add
from hourmill.errors import Unreadable
from hourmill.ports.stats import Ranking, Span, StatsReader

OTHER = "(other)"
REMEMBERED_HOURS = 24  # a page is new that was not seen in this or the last stretch of so long
MOST_REMEMBERED = 500_000  # pages in one of two stretches: some 70 MB for both; past it the next stretch begins
LEARNED_HOURS = 48
MOST_LEARNED = 200_000  # pages, the most viewed: a process that starts does not take them for new
MOST_SITES = 100_000  # remembered in one of two stretches, some 10 MB
AGAIN_S = 5.0  # when the store cannot be read
MAX_SITE_CHARS = 200  # in the log

log = structlog.get_logger()


class NewLimits(NamedTuple):
    """What may be new in an hour: pages of each site, those of all sites together, and sites."""

    pages: int
    all_pages: int
    sites: int


class Newcomers:
    """Lets pages through as they are, or as their site's SITE/(other).

    It stands before views are put together and numbered, so what it made of a request is counted once like any other.
    Pages are remembered as hashes, so that two in some 10^13 may be taken for one another.
    """

    def __init__(self, limits: NewLimits, figures: GroupFigures, hour: Callable[[], int]) -> None:
        """hour: the running one since 1970."""
        self._limits = limits
        self._figures = figures
        self._hour = hour
        self._learning = True  # until then every page is known
        self._known, self._known_before = set[int](), set[int]()
        self._sites, self._sites_before = set[int](), set[int]()
        self._stretch = self._running = hour()
        self._new = dict[int, int]()  # pages by the hash of their site: of those that are remembered
        self._all_new = self._new_sites = 0  # pages, sites
        self._said = False

    async def learn(self, stats: StatsReader) -> None:
        """Know the pages that were viewed lately; from then on others are new."""
        hour = self._hour()
        viewed = Ranking(Everything(), Span(hour - LEARNED_HOURS, hour + 1), limit=MOST_LEARNED)
        while self._learning:
            try:
                for page in await stats.pages(viewed):
                    self._known.add(hash(page.name))
                    self._sites.add(hash(site_of(page.name)))
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
        site = site_of(page)
        if self._learning or fingerprint in self._known_before or self._is_let_in(site):
            self._remember(fingerprint, hash(site))
            return page
        self._figures.others += 1
        other = f"{site}/{OTHER}" if self._is_site(hash(site)) else f"/{OTHER}"
        return other if page_fault(other) is None else f"/{OTHER}"  # a site as long as a page leaves no room

    def cells(self, cells: Cells) -> Reading:
        """The cells under the pages under which they are counted; they are given away."""
        moved: Cells = {}
        for number, page in enumerate([page for page in cells if hash(page) not in self._known], 1):
            if number % SLICE == 0:
                yield
            counted_as = self.page(page)
            if counted_as != page:
                add(moved, {counted_as: cells.pop(page)})
        if moved:
            add(cells, moved)
        return cells

    def _is_let_in(self, site: str) -> bool:
        fingerprint = hash(site)
        new = self._new.get(fingerprint, 0)
        if new >= self._limits.pages:
            if new == self._limits.pages:
                self._new[fingerprint] = new + 1  # it is said once an hour
                log.warning("new pages are counted as (other)", site=site[:MAX_SITE_CHARS], limit=self._limits.pages)
            return False
        is_new = not self._is_site(fingerprint)
        if self._all_new >= self._limits.all_pages or (is_new and self._new_sites >= self._limits.sites):
            if not self._said:
                self._said = True
                _, pages, sites = self._limits
                log.warning("new pages of all sites are counted as (other)", pages=pages, sites=sites)
            return False
        self._new[fingerprint] = new + 1
        self._all_new += 1
        self._new_sites += is_new
        return True

    def _is_site(self, fingerprint: int) -> bool:
        return fingerprint in self._sites or fingerprint in self._sites_before

    def _begin(self, hour: int) -> None:
        self._running = hour
        self._new.clear()
        self._all_new = self._new_sites = 0
        self._said = False
        if hour - self._stretch >= REMEMBERED_HOURS:
            self._stretch = hour
            self._known, self._known_before = set(), self._known
            self._sites, self._sites_before = set(), self._sites

    def _remember(self, page: int, site: int) -> None:
        if len(self._known) >= MOST_REMEMBERED:
            self._known, self._known_before = set(), self._known
        self._known.add(page)
        if len(self._sites) >= MOST_SITES:
            self._sites, self._sites_before = set(), self._sites
        self._sites.add(site)
