"""A raw HTTP client: what it sends need not be HTTP."""

import json
import socket
import ssl
from collections.abc import Sequence
from contextlib import closing, suppress
from http.client import HTTPResponse
from types import TracebackType
from typing import Any, NamedTuple

HOST = "127.0.0.1"
PATIENCE_S = 120.0  # for whatever must come, in every test: ample at a load of 20; what takes longer has hung

HeaderLines = Sequence[tuple[str, str | bytes]]
JSON: HeaderLines = [("content-type", "application/json")]


class Answer(NamedTuple):
    """A response; names of headers in lower case, what comes twice with a comma in between."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body decoded."""
        return json.loads(self.body)


class Connection:
    """One TCP connection; what is sent need not be HTTP."""

    def __init__(self, port: int, from_address: str | None = None) -> None:
        # To bind where nothing asks for it takes longer the more ports are in use: milliseconds among 10,000.
        source = None if from_address is None else (from_address, 0)
        self.socket = socket.create_connection((HOST, port), timeout=PATIENCE_S, source_address=source)

    def send(self, data: bytes) -> None:
        """Send these bytes as they are."""
        self.socket.sendall(data)

    def answer(self, method: str = "POST") -> Answer:
        """The next response; method tells whether it has a body."""
        with closing(HTTPResponse(self.socket, method=method)) as response:
            response.begin()
            headers: dict[str, str] = {}
            for name, value in response.getheaders():
                before = headers.get(name.lower())
                headers[name.lower()] = value if before is None else f"{before}, {value}"
            return Answer(response.status, headers, response.read())

    def request(self, method: str, target: str | bytes, body: bytes | None = None, headers: HeaderLines = ()) -> Answer:
        """Send a request, wait for its answer; Host and Content-Length are added, nothing else."""
        lines = [] if body is None else [("content-length", str(len(body)))]
        with suppress(BrokenPipeError, ConnectionResetError):  # a body that is not wanted: the answer says so
            self.send(head(method, target, [*lines, *headers]) + (body or b""))
        return self.answer(method)

    def end_sending(self) -> None:
        """Send nothing more, go on receiving."""
        self.socket.shutdown(socket.SHUT_WR)

    def everything(self) -> bytes:
        """All that still comes until the other side closes."""
        with self.socket.makefile("rb") as incoming:
            return incoming.read()

    def closed_by_peer(self) -> bool:
        """Wait until the other side closes (true) or sends something more (false)."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.socket.close()


class TlsConnection(Connection):
    """A connection over TLS, to who has a certificate of an authority for that name."""

    def __init__(
        self, port: int, context: ssl.SSLContext, from_address: str | None = None, name: str = "localhost"
    ) -> None:
        super().__init__(port, from_address)
        self.socket = context.wrap_socket(self.socket, server_hostname=name)


def head(method: str, target: str | bytes, headers: HeaderLines) -> bytes:
    """Request line and headers, Host among them; text is sent as UTF-8."""
    lines = [("host", HOST), *headers]
    written = b"".join(_bytes(name) + b": " + _bytes(value) + b"\r\n" for name, value in lines)
    return _bytes(method) + b" " + _bytes(target) + b" HTTP/1.1\r\n" + written + b"\r\n"


def chunked(*chunks: bytes) -> bytes:
    """A whole body in chunks."""
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in (*chunks, b""))


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text
