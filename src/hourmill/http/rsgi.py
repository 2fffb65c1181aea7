"""The parts of RSGI, Granian's interface, that the handlers use."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol, TypeAlias

from hourmill.http.answer import Answer, Headers


class RequestHeaders(Protocol):
    """Names in lower case."""

    def __contains__(self, name: str) -> bool: ...
    def get(self, name: str, default: str | None = None) -> str | None: ...
    def keys(self) -> list[str]: ...
    def items(self) -> list[tuple[str, str]]: ...


class Scope(Protocol):
    """A request up to its body."""

    method: str
    path: str
    query_string: str
    client: str
    scheme: str

    @property
    def headers(self) -> RequestHeaders: ...


class Stream(Protocol):
    """A response that goes on; it ends when its handler does."""

    async def send_bytes(self, data: bytes) -> None: ...


class Body(Awaitable[bytes], Protocol):
    """A body that is being read, as a future."""

    def add_done_callback(self, callback: "Callable[[Body], None]") -> None: ...
    def cancel(self) -> bool: ...
    def result(self) -> bytes: ...


class HTTPProtocol(Protocol):
    """A request's body (at once, or in chunks) and its response, whole or as a stream."""

    def __call__(self) -> Body: ...
    def __aiter__(self) -> AsyncIterator[bytes]: ...
    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None: ...
    def response_stream(self, status: int, headers: Headers) -> Stream: ...
    def client_disconnect(self) -> Awaitable[None]: ...


Handler: TypeAlias = Callable[[Scope, HTTPProtocol], Awaitable[Answer | None]]
"""Answers a request; None: it has done so itself."""
