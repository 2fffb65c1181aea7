"""POST /page-views/single and /page-views/multi."""

import re
from collections.abc import Callable
from hashlib import blake2b
from typing import NamedTuple

from hourmill.core.access_key import AccessKey, KeyScope, is_of_site
from hourmill.core.batch import Cells
from hourmill.core.hour import FIRST_HOUR
from hourmill.core.parse import is_usual, reading, view_of, views_before
from hourmill.core.strict import MAX_NAMED, SLICE, pointer
from hourmill.core.tally import cell_count
from hourmill.core.time_bounds import TimeBounds
from hourmill.errors import Fault, KeyedTooLarge, KeyTooNarrow, Malformed, TooLarge
from hourmill.http.answer import Answer, counted
from hourmill.http.body import SMALL_BYTES, BodyReader, Pause
from hourmill.http.rsgi import HTTPProtocol, RequestHeaders, Scope
from hourmill.http.shortcut import Quick, QuickRequest
from hourmill.services.collect import Collector
from hourmill.services.large_batches import LargeBatches, Place
from hourmill.services.newcomers import Newcomers
from hourmill.services.time_slices import TimeSlices, Work
from hourmill.services.turnstile import Turnstile

KEY_HASH_BYTES = 16
EVERYBODY = ""  # owns the Idempotency-Keys of requests that need no access key

LARGE_BYTES = 256 << 10  # batches that are larger are counted one at a time

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


class BodyLimits(NamedTuple):
    """Largest body of each route, in bytes; most entries of a batch.

    keyed  the largest body with a key that can be counted now
    """

    single: int
    multi: int
    entries: int
    keyed: Callable[[], int]


class Ways(NamedTuple):
    """Which way requests go.

    usual    for single views and batches as small: behind it they wait for their commit
    batches  others: single views do not wait for their commit
    large    those of LARGE_BYTES: one at a time
    slices   how whatever takes longer than a usual single view is parsed
    """

    usual: Turnstile
    batches: Collector
    large: LargeBatches
    slices: TimeSlices


class Rules(NamedTuple):
    """Which views are taken, and how.

    bounds     which hours are taken now; asked for every request
    newcomers  what says which pages are counted as others; None: none are
    """

    bounds: Callable[[], TimeBounds]
    newcomers: Newcomers | None = None


class Collect:
    """The routes that count."""

    def __init__(
        self, ways: Ways, bodies: BodyReader, limits: BodyLimits, rules: Rules, key: AccessKey | None = None
    ) -> None:
        """key: of who sends the requests; None: none is needed."""
        self._ways = ways
        self._turnstile = ways.usual
        self._collector = ways.usual.collector
        self._slices = ways.slices
        self._bodies = bodies
        self._limits = limits
        self._rules = rules
        self._bounds, self._newcomers = rules
        self._site = None if key is None else key.site
        self._owner = EVERYBODY if key is None else key.owner

    def of_key(self, key: AccessKey) -> "Collect":
        """The same for who has this key."""
        return Collect(self._ways, self._bodies, self._limits, self._rules, key)

    async def single(self, scope: Scope, protocol: HTTPProtocol) -> Answer:
        """Count one view."""
        headers = scope.headers
        key_hash = _key_hash(headers, self._owner)
        self._turnstile.let_in()
        body = await self._bodies.read(headers, protocol, self._limits.single)
        self._turnstile.let_in()
        bounds = self._bounds()
        page, hour = view_of(body, bounds) if is_usual(body) else await self._slices.result(_view_in_turn(body, bounds))
        if self._site is not None and not is_of_site(page, self._site):
            raise _not_of(self._site, [("page",)])
        if self._newcomers is not None:
            page = self._newcomers.page(page)
        if key_hash is None:
            await self._collector.add_view(page, hour, len(body))
        else:
            await self._collector.add_keyed(key_hash, {page: {hour: 1}}, len(body))
        return counted(day_only=int(hour < bounds.kept_from))

    async def multi(self, scope: Scope, protocol: HTTPProtocol) -> Answer:
        """Count a batch, all of it or nothing."""
        headers = scope.headers
        key_hash = _key_hash(headers, self._owner)
        self._turnstile.let_in()
        place: Place | None = None

        async def take_place() -> None:
            nonlocal place
            place = await self._ways.large.place()

        try:
            body = await self._read(headers, protocol, key_hash, Pause(LARGE_BYTES, take_place))
            if place is None:
                return await self._count(body, key_hash)
            place.keep()
            async with self._ways.large.turn(len(body)):
                return await self._count(body, key_hash)
        finally:
            if place is not None:
                place.leave()

    async def _read(
        self, headers: RequestHeaders, protocol: HTTPProtocol, key_hash: bytes | None, pause: Pause
    ) -> bytes:
        limit = self._limits.multi if key_hash is None else min(self._limits.multi, self._limits.keyed())
        try:
            body = await self._bodies.read(headers, protocol, limit, pause)
        except TooLarge:
            if limit < self._limits.multi:
                raise KeyedTooLarge(limit) from None
            raise
        self._turnstile.let_in()
        return body

    async def _count(self, body: bytes, key_hash: bytes | None) -> Answer:
        self._slices.let_in()
        cells, day_only = await self._slices.result(self._cells(body))
        if self._site is not None and (others := [page for page in cells if not is_of_site(page, self._site)]):
            raise _not_of(self._site, [(page,) for page in others])
        collector = self._collector_for(cells)
        if key_hash is None:
            await collector.add(cells, len(body))
        else:
            await collector.add_keyed(key_hash, cells, len(body))
        return counted(day_only)

    def quick_single(self) -> Quick:
        """How a usual view is counted."""
        return Quick(self._take_single, min(self._limits.single, SMALL_BYTES), self._turnstile.refusal, self._slices)

    def quick_multi(self) -> Quick:
        """How a usual batch is counted, all of it or nothing."""
        return Quick(self._take_multi, min(self._limits.multi, SMALL_BYTES), self._turnstile.refusal, self._slices)

    def _take_single(self, body: bytes, request: QuickRequest) -> Work[None] | None:
        self._turnstile.let_in()
        if not is_usual(body):
            return self._join_in_turn(body, request)
        self._join(body, request)
        return None

    def _take_multi(self, body: bytes, request: QuickRequest) -> Work[None] | None:
        self._turnstile.let_in()
        return self._join_batch(body, request)

    def _join(self, body: bytes, request: QuickRequest) -> None:
        bounds = self._bounds()
        page, hour = view_of(body, bounds)
        if hour < bounds.kept_from:
            request.answer = counted(day_only=1)
        if self._newcomers is not None:
            page = self._newcomers.page(page)
        self._collector.join_with_view(request, page, hour, len(body))

    def _join_in_turn(self, body: bytes, request: QuickRequest) -> Work[None]:
        yield from ()
        self._join(body, request)

    def _join_batch(self, body: bytes, request: QuickRequest) -> Work[None]:
        cells, day_only = yield from self._cells(body)
        request.answer = counted(day_only)
        self._collector_for(cells).join(request, cells, len(body))

    def _cells(self, body: bytes) -> Work[tuple[Cells, int]]:
        """The cells of a batch, and how many of its views count in their day only."""
        bounds = self._bounds()
        cells = yield from reading(body, bounds, self._limits.entries)
        day_only = 0
        if bounds.kept_from != FIRST_HOUR:
            day_only = yield from views_before(cells, bounds.kept_from)
        if self._newcomers is not None:
            cells = yield from self._newcomers.cells(cells)
        return cells, day_only

    def _collector_for(self, cells: Cells) -> Collector:
        return self._collector if cell_count(cells) <= SLICE else self._ways.batches


def _view_in_turn(body: bytes, bounds: TimeBounds) -> Work[tuple[str, int]]:
    yield from ()
    return view_of(body, bounds)


def _not_of(site: str, paths: list[tuple[str]]) -> KeyTooNarrow:
    """The refusal of pages that the key is not for."""
    faults = [Fault(f"not a page of {site}", pointer(*path)) for path in paths[:MAX_NAMED]]
    more = f" {len(paths):,} pages are not, the first {MAX_NAMED} are named." if len(paths) > MAX_NAMED else ""
    return KeyTooNarrow(KeyScope.WRITE, faults, f"The access key is for {site} only; nothing was counted.{more}")


def _key_hash(headers: RequestHeaders, owner: str) -> bytes | None:
    """What an Idempotency-Key is remembered as: two owners of the same one have two."""
    if "idempotency-key" not in headers:
        return None
    keys = [value for name, value in headers.items() if name == "idempotency-key"]
    if len(keys) != 1 or not _KEY.fullmatch(keys[0]):
        raise Malformed([Fault("once, with 1 to 255 visible ASCII characters", header="Idempotency-Key")])
    return blake2b(keys[0].encode(), digest_size=KEY_HASH_BYTES, key=owner.encode()).digest()
