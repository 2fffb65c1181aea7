"""Reading a body: its media type, and no further than its limit."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import NamedTuple

from granian.rsgi import ProtocolClosed, ProtocolError  # type: ignore[attr-defined]  # Granian exports them unmarked

from hourmill.errors import Closing, Fault, HourmillError, Malformed, TooLarge, TooManyBodies, TooSlow, WrongMediaType
from hourmill.http.rsgi import Body, HTTPProtocol, RequestHeaders

_MEDIA_TYPES = ("application/json", "text/plain")
SMALL_BYTES = 16 << 10  # read at once and not counted: of all connections together that is 256 MiB
GLANCE_S = 1.0  # between two looks for bodies that take too long


class ReadingLimits(NamedTuple):
    """What bodies may take that are still coming."""

    at_once_bytes: int
    """Of all larger ones together; one alone is read in any case."""
    within_s: float
    """For each; it may take up to GLANCE_S longer."""


class Pause(NamedTuple):
    """What is awaited, once, when so much of a body has come, before more of it is read."""

    after_bytes: int
    until: Callable[[], Awaitable[None]]


class BodyReader:
    """Reads bodies; those that take too long, or never end when the service closes, are given up."""

    def __init__(self, limits: ReadingLimits) -> None:
        self._limits = limits
        self._reading: dict[asyncio.Task[object] | Body | None, int] = {}  # how many glances there had been then
        self._overdue = set[asyncio.Task[object] | Body]()
        self._glances = 0
        self._loop = asyncio.get_running_loop()
        self._glancing = self._loop.call_later(GLANCE_S, self._glance)
        self._held_bytes = 0
        self._given_up = False

    def begin(self, protocol: HTTPProtocol, then: Callable[[Body], None]) -> None:
        """Read a small body of known length; `then` is called on the event loop, to give it to end(). On Granian's
        thread."""
        body = protocol()
        self._reading[body] = self._glances
        body.add_done_callback(then)

    def end(self, body: Body) -> bytes:
        """A body that has come.

        raises  Malformed if it broke off
                TooSlow, Closing if it was given up
        """
        self._reading.pop(body, None)
        try:
            return body.result()
        except (ProtocolClosed, ProtocolError) as error:  # the client went away; nobody will read the answer
            raise Malformed([Fault("the body broke off", "#")]) from error
        except asyncio.CancelledError:
            raise self._why(body) from None
        finally:
            self._overdue.discard(body)

    async def read(
        self, headers: RequestHeaders, protocol: HTTPProtocol, limit_bytes: int, pause: Pause | None = None
    ) -> bytes:
        """The body of a request.

        raises  WrongMediaType, TooLarge; then no more than the limit was read
                Malformed if the body breaks off
                TooManyBodies if too much is under way
                TooSlow, Closing if it was given up
        """
        if not is_json(headers.get("content-type") or "") or _is_coded(headers):
            raise WrongMediaType
        given = headers.get("content-length")
        length = None if given is None else int(given)  # the server has checked that these are digits
        if length is not None and length > limit_bytes:
            raise TooLarge(limit_bytes)
        task = asyncio.current_task()
        self._reading[task] = self._glances
        try:
            if length is not None and length <= SMALL_BYTES:
                return await protocol()
            return await self._stream(protocol, length, limit_bytes, pause)
        except (ProtocolClosed, ProtocolError) as error:  # the client went away; nobody will read the answer
            raise Malformed([Fault("the body broke off", "#")]) from error
        except asyncio.CancelledError:
            if self._given_up or task in self._overdue:
                raise self._why(task) from None
            raise
        finally:
            del self._reading[task]
            self._overdue.discard(task)

    def give_up(self) -> None:
        """End the reading of every body; their requests are answered with Closing."""
        self._given_up = True
        self._glancing.cancel()
        for reading in list(self._reading):
            if reading is not None:
                reading.cancel()

    def _why(self, reading: asyncio.Task[object] | Body | None) -> HourmillError:
        return TooSlow(self._limits.within_s) if reading in self._overdue else Closing()

    async def _stream(self, protocol: HTTPProtocol, length: int | None, limit_bytes: int, pause: Pause | None) -> bytes:
        body = bytearray()
        ends = 0
        try:
            async for chunk in protocol:
                self._hold(len(chunk), own_bytes=len(body))
                body += chunk
                ends += not chunk
                if len(body) > limit_bytes:
                    raise TooLarge(limit_bytes)
                if pause is not None and len(body) > pause.after_bytes:
                    await pause.until()
                    pause = None
        finally:
            self._held_bytes -= len(body)
        # An end in good order is shown once, by an empty chunk; a broken connection or framing by a second one.
        if ends > 1 or (length is not None and len(body) != length):
            raise Malformed([Fault("the body broke off", "#")])
        return bytes(body)

    def _hold(self, more_bytes: int, own_bytes: int) -> None:
        others_bytes = self._held_bytes - own_bytes
        if others_bytes and self._held_bytes + more_bytes > self._limits.at_once_bytes:
            raise TooManyBodies
        self._held_bytes += more_bytes

    def _glance(self) -> None:
        """Give up what takes too long; those that began first stand first."""
        self._glances += 1
        for reading, began in list(self._reading.items()):  # begin() adds to it, on another thread
            if (self._glances - began - 1) * GLANCE_S < self._limits.within_s:
                break
            if reading is not None and reading not in self._overdue:
                self._overdue.add(reading)
                reading.cancel()
        self._glancing = self._loop.call_later(GLANCE_S, self._glance)


def _is_coded(headers: RequestHeaders) -> bool:
    if "content-encoding" not in headers:
        return False
    return any(name == "content-encoding" and value.lower() != "identity" for name, value in headers.items())


@lru_cache(maxsize=64)
def is_json(content_type: str) -> bool:
    """Whether a Content-Type is one that is read."""
    media_type, *parameters = (part.strip().lower() for part in content_type.split(";"))
    charsets = [value.strip('"') for name, _, value in (p.partition("=") for p in parameters) if name == "charset"]
    return media_type in _MEDIA_TYPES and all(charset in ("utf-8", "utf8") for charset in charsets)
