"""Offers load at a rate that does not depend on the answers (open loop), and notes what becomes of each request.

python -m bench.offer PORT BODIES FOUND BEGINS CONNECTIONS RATE:SECONDS... writes a Second for each second into FOUND.
A request is due when the clock says so, whether those before it were answered or not; its latency counts from then. One
that finds all connections busy is given up unsent; one that is not answered in time is given up, its connection closed.
"""

import asyncio
import re
import sys
from collections import deque
from itertools import cycle
from pathlib import Path
from time import monotonic
from typing import NamedTuple, cast

import msgspec
import uvloop

HOST = "127.0.0.1"
PATIENCE_S = 10.0
TICK_S = 0.002
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


class Second(msgspec.Struct):
    """What became of the requests that were due within one second; latencies in ms."""

    due: int = 0
    unsent: int = 0
    given_up: int = 0
    broken: int = 0
    counted_ms: list[float] = []
    refused_ms: list[float] = []
    unknown: int = 0
    other: int = 0


class Piece(NamedTuple):
    """So many requests a second, for so many seconds."""

    rate: float
    seconds: int


class Offer:
    """One process's part of a load."""

    def __init__(
        self, port: int, requests: list[bytes], begins_s: float, connections: int, pieces: list[Piece]
    ) -> None:
        self._port = port
        self._requests = cycle(requests)
        self._begins_s = begins_s
        self._most = connections
        self._pieces = pieces
        self._open = 0
        self._connecting: set[asyncio.Task[None]] = set()
        self.idle: dict[_Connection, None] = {}
        self.busy: deque[tuple[float, _Connection]] = deque()
        self.seconds = [Second() for _ in range(sum(piece.seconds for piece in pieces))]

    async def run(self) -> None:
        """Offer all pieces, then wait until each request has had its time."""
        await asyncio.sleep(self._begins_s - monotonic())
        at_s = self._begins_s
        for rate, seconds in self._pieces:
            await self._piece(at_s, rate, seconds)
            at_s += seconds
        while self.busy and monotonic() < at_s + PATIENCE_S + 1:
            self._give_up()
            await asyncio.sleep(0.05)

    async def _piece(self, begins_s: float, rate: float, seconds: int) -> None:
        sent = 0
        while (passed_s := monotonic() - begins_s) < seconds:
            due = int(passed_s * rate)
            for number in range(sent, due):
                self._due(begins_s + number / rate)
            sent = due
            self._give_up()
            await asyncio.sleep(TICK_S)

    def _due(self, due_s: float) -> None:
        second = self._second(due_s)
        second.due += 1
        if self.idle:
            self.idle.popitem()[0].send(next(self._requests), due_s)
        elif self._open < self._most:
            self._open += 1
            task = asyncio.create_task(self._connect(due_s))
            self._connecting.add(task)
            task.add_done_callback(self._connecting.discard)
        else:
            second.unsent += 1

    async def _connect(self, due_s: float) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(PATIENCE_S):
                _, connection = await loop.create_connection(lambda: _Connection(self), HOST, self._port)
        except (OSError, TimeoutError):
            self._open -= 1
            self._second(due_s).broken += 1
        else:
            connection.send(next(self._requests), due_s)

    def _give_up(self) -> None:
        now_s = monotonic()
        while self.busy and (self.busy[0][1].due_s != self.busy[0][0] or now_s - self.busy[0][0] > PATIENCE_S):
            due_s, connection = self.busy.popleft()
            if connection.due_s == due_s:
                self._second(due_s).given_up += 1
                connection.abort()

    def answered(self, due_s: float, status: bytes, body: bytes) -> None:
        """Note an answer."""
        second, took_ms = self._second(due_s), (monotonic() - due_s) * 1000
        if status == b"200":
            second.counted_ms.append(took_ms)
        elif status == b"503" and b'"unknown"' in body:
            second.unknown += 1
        elif status == b"503":
            second.refused_ms.append(took_ms)
        else:
            second.other += 1

    def lost(self, due_s: float | None) -> None:
        """Note the end of a connection, and that of the request on it."""
        self._open -= 1
        if due_s is not None:
            self._second(due_s).broken += 1

    def _second(self, due_s: float) -> Second:
        return self.seconds[min(int(due_s - self._begins_s), len(self.seconds) - 1)]


class _Connection(asyncio.Protocol):
    """One connection: idle, or with a request that is due since due_s."""

    def __init__(self, offer: Offer) -> None:
        self._offer = offer
        self._answer = b""
        self.due_s: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one but by name

    def send(self, request: bytes, due_s: float) -> None:
        """Send a request."""
        self.due_s = due_s
        self._offer.busy.append((due_s, self))
        self._transport.write(request)

    def abort(self) -> None:
        """Close it at once."""
        self.due_s = None
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, end, body = self._answer.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not end or (length and len(body) < int(length[1])):
            return
        if self.due_s is not None:
            self._offer.answered(self.due_s, head[9:12], body)
        self._answer, self.due_s = b"", None
        if not self._transport.is_closing():
            self._offer.idle[self] = None

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 asyncio's signature
        self._offer.idle.pop(self, None)
        self._offer.lost(self.due_s)
        self.due_s = None


def requests_of(bodies: str) -> list[bytes]:
    """The requests of a file of bench/shapes.py: a path, then a body a line."""
    path, *lines = Path(bodies).read_bytes().splitlines()
    head = b"POST %b HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    return [head % (path, len(line)) + line for line in lines]


def main() -> None:
    """Offer what the command line says."""
    port, bodies, found, begins_s, connections, *pieces = sys.argv[1:]
    plan = [Piece(float(rate), int(seconds)) for rate, _, seconds in (piece.partition(":") for piece in pieces)]

    async def offered() -> list[Second]:
        offer = Offer(int(port), requests_of(bodies), float(begins_s), int(connections), plan)
        await offer.run()
        return offer.seconds

    Path(found).write_bytes(msgspec.json.encode(uvloop.run(offered())))


if __name__ == "__main__":
    main()
