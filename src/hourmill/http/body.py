"""Reading a body: its media type, and no further than its limit."""

import asyncio
from collections.abc import Callable
from functools import lru_cache

from granian.rsgi import ProtocolClosed, ProtocolError  # type: ignore[attr-defined]  # Granian exports them unmarked

from hourmill.errors import Closing, Fault, Malformed, TooLarge, WrongMediaType
from hourmill.http.rsgi import Body, HTTPProtocol, RequestHeaders

_MEDIA_TYPES = ("application/json", "text/plain")


class BodyReader:
    """Reads bodies; when the service closes, those that never end are given up."""

    def __init__(self) -> None:
        self._reading: set[asyncio.Task[object] | Body | None] = set()
        self._given_up = False

    def begin(self, protocol: HTTPProtocol, then: Callable[[Body], None]) -> None:
        """Read a body of known length; `then` is called on the event loop, to give it to end(). On Granian's thread."""
        body = protocol()
        self._reading.add(body)
        body.add_done_callback(then)

    def end(self, body: Body) -> bytes:
        """A body that has come.

        raises  Malformed if it broke off
                Closing if it was given up
        """
        self._reading.discard(body)
        try:
            return body.result()
        except (ProtocolClosed, ProtocolError) as error:  # the client went away; nobody will read the answer
            raise Malformed([Fault("the body broke off", "#")]) from error
        except asyncio.CancelledError:
            raise Closing from None

    async def read(self, headers: RequestHeaders, protocol: HTTPProtocol, limit_bytes: int) -> bytes:
        """The body of a request.

        raises  WrongMediaType, TooLarge; then no more than the limit was read
                Malformed if the body breaks off
                Closing if it was given up
        """
        if not is_json(headers.get("content-type") or "") or _is_coded(headers):
            raise WrongMediaType
        length = headers.get("content-length")
        if length is not None and int(length) > limit_bytes:  # the server has checked that these are digits
            raise TooLarge(limit_bytes)
        task = asyncio.current_task()
        self._reading.add(task)
        try:
            return await (_stream(protocol, limit_bytes) if length is None else protocol())
        except (ProtocolClosed, ProtocolError) as error:  # the client went away; nobody will read the answer
            raise Malformed([Fault("the body broke off", "#")]) from error
        except asyncio.CancelledError:
            if self._given_up:
                raise Closing from None
            raise
        finally:
            self._reading.discard(task)

    def give_up(self) -> None:
        """End the reading of every body; their requests are answered with Closing."""
        self._given_up = True
        for reading in list(self._reading):
            if reading is not None:
                reading.cancel()


async def _stream(protocol: HTTPProtocol, limit_bytes: int) -> bytes:
    body = bytearray()
    ends = 0
    async for chunk in protocol:
        body += chunk
        ends += not chunk
        if len(body) > limit_bytes:
            raise TooLarge(limit_bytes)
    if ends > 1:  # how Granian shows that the connection or the framing broke; an end in good order is shown once
        raise Malformed([Fault("the body broke off", "#")])
    return bytes(body)


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
