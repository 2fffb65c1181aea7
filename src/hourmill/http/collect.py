"""POST /page-views/single and /page-views/multi."""

import re
from collections.abc import Callable
from hashlib import blake2b
from typing import NamedTuple

from hourmill.core.access_key import KeyScope, is_of_site
from hourmill.core.batch import Cells
from hourmill.core.parse import cells_of, view_of
from hourmill.core.strict import MAX_NAMED, pointer
from hourmill.core.tally import cell_count
from hourmill.errors import Fault, KeyTooNarrow, Malformed, TooManyEntries
from hourmill.http.answer import COUNTED, Answer
from hourmill.http.body import SMALL_BYTES, BodyReader
from hourmill.http.rsgi import HTTPProtocol, RequestHeaders, Scope
from hourmill.http.shortcut import Quick
from hourmill.services.collect import Waiting
from hourmill.services.newcomers import Newcomers
from hourmill.services.turnstile import Turnstile

KEY_HASH_BYTES = 16

LEAST_ENTRY_BYTES = 20  # "2025-07-16T10:00":1,

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


class BodyLimits(NamedTuple):
    """Largest body of each route, in bytes; most entries of a batch."""

    single: int
    multi: int
    entries: int


class Rules(NamedTuple):
    """Which views are taken, and how.

    oldest     the first hour that is taken now
    newcomers  what says which pages are counted as others; None: none are
    """

    oldest: Callable[[], int]
    newcomers: Newcomers | None = None


class Collect:
    """The routes that count."""

    def __init__(
        self,
        turnstile: Turnstile,
        bodies: BodyReader,
        limits: BodyLimits,
        rules: Rules,
        site: str | None = None,
    ) -> None:
        """site: of all pages that may be counted; None: of every one."""
        self._turnstile = turnstile
        self._collector = turnstile.collector
        self._bodies = bodies
        self._limits = limits
        self._rules = rules
        self._oldest, self._newcomers = rules
        self._site = site

    def of_site(self, site: str) -> "Collect":
        """The same for pages of one site only."""
        return Collect(self._turnstile, self._bodies, self._limits, self._rules, site)

    async def single(self, scope: Scope, protocol: HTTPProtocol) -> Answer:
        """Count one view."""
        headers = scope.headers
        key_hash = _key_hash(headers)
        self._turnstile.let_in()
        body = await self._bodies.read(headers, protocol, self._limits.single)
        self._turnstile.let_in()
        page, hour = view_of(body, self._oldest())
        if self._site is not None and not is_of_site(page, self._site):
            raise _not_of(self._site, [("page",)])
        if self._newcomers is not None:
            page = self._newcomers.page(page)
        if key_hash is None:
            await self._collector.add_view(page, hour, len(body))
        else:
            await self._collector.add_keyed(key_hash, {page: {hour: 1}}, len(body))
        return COUNTED

    async def multi(self, scope: Scope, protocol: HTTPProtocol) -> Answer:
        """Count a batch, all of it or nothing."""
        headers = scope.headers
        key_hash = _key_hash(headers)
        self._turnstile.let_in()
        body = await self._bodies.read(headers, protocol, self._limits.multi)
        self._turnstile.let_in()
        cells = self._cells(body)
        if self._site is not None and (others := [page for page in cells if not is_of_site(page, self._site)]):
            raise _not_of(self._site, [(page,) for page in others])
        if self._newcomers is not None:
            cells = self._newcomers.cells(cells)
        if key_hash is None:
            await self._collector.add(cells, len(body))
        else:
            await self._collector.add_keyed(key_hash, cells, len(body))
        return COUNTED

    def quick_single(self) -> Quick:
        """How a usual view is counted."""
        return Quick(self._take_single, min(self._limits.single, SMALL_BYTES), self._turnstile.refusal)

    def quick_multi(self) -> Quick:
        """How a usual batch is counted, all of it or nothing."""
        return Quick(self._take_multi, min(self._limits.multi, SMALL_BYTES), self._turnstile.refusal)

    def _take_single(self, body: bytes, waiting: Waiting) -> None:
        self._turnstile.let_in()
        page, hour = view_of(body, self._oldest())
        if self._newcomers is not None:
            page = self._newcomers.page(page)
        self._collector.join_with_view(waiting, page, hour, len(body))

    def _take_multi(self, body: bytes, waiting: Waiting) -> None:
        self._turnstile.let_in()
        cells = self._cells(body)
        if self._newcomers is not None:
            cells = self._newcomers.cells(cells)
        self._collector.join(waiting, cells, len(body))

    def _cells(self, body: bytes) -> Cells:
        cells = cells_of(body, self._oldest())
        # few batches are so large that they must be looked at
        if len(body) > LEAST_ENTRY_BYTES * self._limits.entries and cell_count(cells) > self._limits.entries:
            raise TooManyEntries(self._limits.entries)
        return cells


def _not_of(site: str, paths: list[tuple[str]]) -> KeyTooNarrow:
    """The refusal of pages that the key is not for."""
    faults = [Fault(f"not a page of {site}", pointer(*path)) for path in paths[:MAX_NAMED]]
    more = f" {len(paths):,} pages are not, the first {MAX_NAMED} are named." if len(paths) > MAX_NAMED else ""
    return KeyTooNarrow(KeyScope.WRITE, faults, f"The access key is for {site} only; nothing was counted.{more}")


def _key_hash(headers: RequestHeaders) -> bytes | None:
    if "idempotency-key" not in headers:
        return None
    keys = [value for name, value in headers.items() if name == "idempotency-key"]
    if len(keys) != 1 or not _KEY.fullmatch(keys[0]):
        raise Malformed([Fault("once, with 1 to 255 visible ASCII characters", header="Idempotency-Key")])
    return blake2b(keys[0].encode(), digest_size=KEY_HASH_BYTES).digest()
