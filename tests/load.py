"""A load client that keeps its own book of what was answered."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from uuid import uuid4

import aiohttp

HOUR = "2026-01-02T03:00:00Z"
GONE = (aiohttp.ClientError, ConnectionError)


@dataclass
class Book:
    """What was sent to each page, by outcome."""

    ok: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    refused: Counter[int] = field(default_factory=Counter)


class Load:
    """Clients that post single views until told to stop.

    keyless  each view once; a broken connection or "unknown" leaves its outcome unknown
    keyed    each view under a key of its own, repeated until it is answered with success
    """

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/page-views/single"
        self._running = True
        self._answered = asyncio.Condition()
        self.keyless = Book()
        self.keyed = Book()

    async def run(self, clients: int, during: Callable[["Load"], Coroutine[None, None, None]]) -> None:
        """Post from so many clients of each kind while `during` runs; then finish every keyed view."""
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as session, asyncio.TaskGroup() as group:
            for client in range(clients):
                group.create_task(self._keyless(session, f"keyless/{client}"))
                group.create_task(self._keyed(session, f"keyed/{client}"))
            await during(self)
            self._running = False

    async def more_answers(self, number: int) -> None:
        """Wait until so many more views were answered with success."""
        goal = self._successes() + number
        async with self._answered:
            await self._answered.wait_for(lambda: self._successes() >= goal)

    def _successes(self) -> int:
        return self.keyless.ok.total() + self.keyed.ok.total()

    async def _keyless(self, session: aiohttp.ClientSession, page: str) -> None:
        while self._running:
            await self._post(session, page, {}, self.keyless)

    async def _keyed(self, session: aiohttp.ClientSession, page: str) -> None:
        while self._running:
            key = {"Idempotency-Key": str(uuid4())}
            while not await self._post(session, page, key, self.keyed):
                pass

    async def _post(self, session: aiohttp.ClientSession, page: str, headers: dict[str, str], book: Book) -> bool:
        try:
            async with session.post(self._url, json={"page": page, "timestamp": HOUR}, headers=headers) as response:
                outcome = (await response.json()).get("outcome")
        except GONE:
            book.unknown[page] += 1
            await asyncio.sleep(0)
            return False
        if response.status != 200:
            book.refused[response.status] += 1
            book.unknown[page] += outcome == "unknown"
            return False
        async with self._answered:
            book.ok[page] += 1
            self._answered.notify_all()
        return True
