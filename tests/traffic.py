"""Mixed load that keeps its own book: singles and batches over many pages, with and without a key, and repeats."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import Protocol
from uuid import UUID

import aiohttp
from tests.client import HOST, PATIENCE_S

PAGES = 1_000  # of each kind
FIRST_HOUR = 490_899  # 2026-01-01T03:00Z, in hours since 1970
HOURS = 30
AGAIN_AFTER_S = 0.02  # after a refusal, which comes at once: without it clients would take all the CPU time
ANSWER_WITHIN_S = 30
SLOW_S = 0.5
REPEATED = 0.3  # of the keyed requests that were answered with success

Cell = tuple[str, int]
"""Page, and hours since 1970."""
Body = tuple[str, bytes, Counter[Cell]]
"""Route, what is sent there, and what that counts."""


class Record(Protocol):
    """Where it is written down what was sent and how it ended: ok, unknown or not_accepted."""

    def sent(self, cells: Mapping[Cell, int], key: str | None = None) -> int:
        """A request is about to be sent; its number."""

    def ended(self, number: int, outcome: str) -> None:
        """It came to its end."""


@dataclass
class Book:
    """What was sent, by outcome.

    ok       answered with success
    unknown  the connection was lost, or the answer said so
    """

    ok: Counter[Cell] = field(default_factory=Counter)
    unknown: Counter[Cell] = field(default_factory=Counter)


class Traffic:
    """Clients that post until told to stop.

    keyless  each request once
    keyed    each request under a key of its own until it is answered with success, some of them again after that
    refused  how many 503 came, by outcome
    answers  successes, by port
    slow     requests that took longer than SLOW_S
    rest_s   of a client after each of its requests, on average
    odd      every answer that is neither 200 nor a 503 as documented
    """

    def __init__(self, *ports: int, seed: int = 1, record: Record | None = None) -> None:
        self.ports = list(ports)
        self.answers: Counter[int] = Counter()
        self.keyless = Book()
        self.keyed = Book()
        self.refused: Counter[str] = Counter()
        self.lost = 0
        self.slow = 0
        self.rest_s = 0.0
        self.odd: list[str] = []
        self._seed = seed
        self._running = True
        self._record = record
        self._answered = asyncio.Condition()

    async def run(self, clients: int, during: Callable[["Traffic"], Coroutine[None, None, None]]) -> None:
        """Post from so many clients while `during` runs; then finish every keyed request."""
        async with self.running(clients):
            await during(self)

    @asynccontextmanager
    async def running(self, clients: int) -> AsyncIterator[None]:
        """Post from so many clients; on leaving, every keyed request is finished."""
        timeout = aiohttp.ClientTimeout(total=ANSWER_WITHIN_S)
        connector = aiohttp.TCPConnector(limit=0)
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
            asyncio.TaskGroup() as group,
        ):
            for client in range(clients):
                group.create_task(self._client(session, random.Random(1000 * self._seed + client)))
            try:
                yield
            finally:
                self._running = False

    async def more_answers(self, number: int, within_s: float = PATIENCE_S) -> None:
        """Wait until so many more requests were answered with success."""
        goal = self.answers.total() + number
        async with asyncio.timeout(within_s), self._answered:
            await self._answered.wait_for(lambda: self.answers.total() >= goal)

    def least(self) -> Counter[Cell]:
        """What must be counted."""
        return self.keyless.ok + self.keyed.ok

    def differences(self, counted: Mapping[Cell, int]) -> list[str]:
        """Every cell that does not hold what it should."""
        allowed = {cell: (views, views + self.keyless.unknown[cell]) for cell, views in self.keyless.ok.items()}
        allowed |= {cell: (0, views) for cell, views in self.keyless.unknown.items() if cell not in allowed}
        allowed |= {cell: (views, views) for cell, views in self.keyed.ok.items()}
        cells = sorted(allowed.keys() | counted.keys())
        held = [(cell, counted.get(cell, 0), *allowed.get(cell, (0, 0))) for cell in cells]
        return [f"{cell}: {views}, not {low}..{high}" for cell, views, low, high in held if not low <= views <= high]

    async def _client(self, session: aiohttp.ClientSession, dice: random.Random) -> None:
        while self._running:
            if self.rest_s:
                await asyncio.sleep(self.rest_s * dice.uniform(0.5, 1.5))
            if dice.random() < 0.75:
                await self._post(session, dice, self.keyless, body(dice, "keyless"), {})
                continue
            key = {"Idempotency-Key": str(UUID(int=dice.getrandbits(128)))}
            request = body(dice, "keyed")
            while not await self._post(session, dice, self.keyed, request, key):
                pass
            if dice.random() < REPEATED:
                await self._post(session, dice, None, request, key)

    async def _post(
        self, session: aiohttp.ClientSession, dice: random.Random, book: Book | None, request: Body, key: dict[str, str]
    ) -> bool:
        route, data, cells = request
        headers = {"content-type": "application/json", **key}
        port = dice.choice(self.ports)
        url = f"http://{HOST}:{port}{route}"
        outcome = "unknown"
        began_s = monotonic()
        number = self._record.sent(cells, key.get("Idempotency-Key")) if self._record else 0
        try:
            async with session.post(url, data=data, headers=headers) as response:
                outcome = self._outcome(response, await response.read())
        except aiohttp.ClientConnectorError:
            outcome = "not_accepted"  # it never left us
            self.lost += 1
        except (aiohttp.ClientError, ConnectionError, TimeoutError):
            self.lost += 1
        self.slow += monotonic() - began_s > SLOW_S
        if self._record:
            self._record.ended(number, outcome)
        if book is not None and outcome != "not_accepted":
            (book.ok if outcome == "ok" else book.unknown).update(cells)
        if outcome != "ok":
            await asyncio.sleep(AGAIN_AFTER_S)
            return False
        async with self._answered:
            self.answers[port] += 1
            self._answered.notify_all()
        return True

    def _outcome(self, response: aiohttp.ClientResponse, content: bytes) -> str:
        if response.status == 200 and content == b'{"success":true}':
            return "ok"
        outcome = str(json.loads(content).get("outcome")) if response.status == 503 else ""
        if outcome in {"unknown", "not_accepted"} and "retry-after" in response.headers:
            self.refused[outcome] += 1
            return outcome
        self.odd.append(f"{response.status} {content[:500]!r}")
        return "unknown"


def body(dice: random.Random, kind: str) -> Body:
    """A request: a single view, or now and then a batch of cells."""
    if dice.random() < 0.9:
        return single(page(dice, kind), hour(dice))
    return multi({(page(dice, kind), hour(dice)): dice.randrange(1, 50) for _ in range(8)})


def page(dice: random.Random, kind: str) -> str:
    """One of the pages."""
    number = dice.randrange(PAGES)
    return f"site{number % 7}.example/{kind}/{number}"


def hour(dice: random.Random) -> int:
    """One of the hours; half of the views fall in the last one."""
    return FIRST_HOUR + (HOURS - 1 if dice.random() < 0.5 else dice.randrange(HOURS))


def single(page: str, hour: int) -> Body:
    """A request of one view."""
    value = {"page": page, "timestamp": timestamp(hour)}
    return "/page-views/single", json.dumps(value).encode(), Counter({(page, hour): 1})


def multi(cells: Mapping[Cell, int]) -> Body:
    """A request of many cells."""
    value: dict[str, dict[str, int]] = {}
    for (page, hour), views in cells.items():
        value.setdefault(page, {})[timestamp(hour)] = views
    return "/page-views/multi", json.dumps(value).encode(), Counter(cells)


def timestamp(hour: int) -> str:
    """An hour since 1970, as a client writes it."""
    return f"{datetime.fromtimestamp(3600 * hour, UTC):%Y-%m-%dT%H}:17:05Z"


def total(counts: Sequence[Counter[Cell]]) -> int:
    """All views of several books."""
    return sum(count.total() for count in counts)
