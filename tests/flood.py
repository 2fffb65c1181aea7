"""Many single views at once, as fast as this process can send them."""

import asyncio
from collections import deque
from collections.abc import Iterable

from tests.client import HOST, JSON, PATIENCE_S, head

SUCCESS = b'{"success":true}'
WITHIN_S = 5 * PATIENCE_S


async def flood(port: int, requests: Iterable[bytes], connections: int) -> list[bytes]:
    """Send every request once, each connection its next one when the last is answered.

    returns  every answer that was no success; where a connection broke, what had come of it until then
    """
    waiting = deque(requests)
    odd: list[bytes] = []
    loop = asyncio.get_running_loop()
    ended = [loop.create_future() for _ in range(connections)]
    async with asyncio.timeout(WITHIN_S):
        for end in ended:
            await loop.create_connection(lambda end=end: _Client(waiting, odd, end), HOST, port)  # type: ignore[misc]
        await asyncio.gather(*ended)
    return odd


def posted(route: str, body: bytes) -> bytes:
    """A whole request."""
    return head("POST", route, [("content-length", str(len(body))), *JSON]) + body


class _Client(asyncio.Protocol):
    """One connection; its future ends with it."""

    def __init__(self, waiting: deque[bytes], odd: list[bytes], ended: "asyncio.Future[None]") -> None:
        self._waiting = waiting
        self._odd = odd
        self._ended = ended
        self._answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if not self._answer.endswith((SUCCESS, b"}\n")):
            return
        if not (self._answer.startswith(b"HTTP/1.1 200 ") and self._answer.endswith(SUCCESS)):
            self._odd.append(self._answer)
        self._answer = b""
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._ended.done():
            self._odd.append(b"connection lost after: " + self._answer)
            self._ended.set_result(None)

    def _next(self) -> None:
        if self._waiting:
            self._transport.write(self._waiting.popleft())
        else:
            self._ended.set_result(None)
            self._transport.close()
