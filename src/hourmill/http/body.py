"""Reading a body: its media type, and no further than its limit."""

from functools import lru_cache

from hourmill.errors import Fault, Malformed, TooLarge, WrongMediaType
from hourmill.http.rsgi import HTTPProtocol, Scope

_MEDIA_TYPES = ("application/json", "text/plain")


async def read(scope: Scope, protocol: HTTPProtocol, limit_bytes: int) -> bytes:
    """The body of a request.

    raises  WrongMediaType, TooLarge; then no more than the limit was read
            Malformed if the body breaks off
    """
    headers = scope.headers
    if not _is_json(headers.get("content-type") or "") or headers.get("content-encoding", "identity") != "identity":
        raise WrongMediaType
    length = headers.get("content-length")
    try:
        if length is None:
            return await _stream(protocol, limit_bytes)
        if int(length) > limit_bytes:  # the server has checked that these are digits
            raise TooLarge(limit_bytes)
        return await protocol()
    except OSError as error:
        raise Malformed([Fault(f"the body broke off: {error}", "#")]) from error


async def _stream(protocol: HTTPProtocol, limit_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in protocol:
        body += chunk
        if len(body) > limit_bytes:
            raise TooLarge(limit_bytes)
    return bytes(body)


@lru_cache(maxsize=64)
def _is_json(content_type: str) -> bool:
    media_type, *parameters = (part.strip().lower() for part in content_type.split(";"))
    charsets = [value.strip('"') for name, _, value in (p.partition("=") for p in parameters) if name == "charset"]
    return media_type in _MEDIA_TYPES and all(charset in ("utf-8", "utf8") for charset in charsets)
