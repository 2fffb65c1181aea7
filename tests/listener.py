"""A listener like that of Logz.io, on the loopback, with TLS."""

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

from tests.servers.keys import Keys, keys_for

TOKEN = "0123-the-token-4567"


class Listener(ThreadingHTTPServer):
    """Takes bulks of lines.

    statuses  what it answers next, then 200
    told      what it says to those that it refuses
    to        where it sends on to, with a status of 300 or more
    hang      while it is not set, it does not answer
    tears     it ends the connection without an answer
    trickles  its answers have no end: a byte comes now and then
    """

    daemon_threads = True

    def __init__(self, keys: Keys) -> None:
        super().__init__(("127.0.0.1", 0), _Bulk)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(keys.certificate, keys.private_key)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.authority = keys.authority
        self.statuses: list[int] = []
        self.told = b""
        self.to = ""
        self.paths: list[str] = []
        self.lines: list[dict[str, Any]] = []
        self.hang = Event()
        self.hang.set()
        self.tears = False
        self.trickles = False

    @property
    def settings(self) -> dict[str, str]:
        """Of a service that ships here."""
        return {"LOGZIO_TOKEN": TOKEN, "LOGZIO_URL": f"https://127.0.0.1:{self.server_port}",
                "SSL_CERT_FILE": str(self.authority)}  # fmt: skip

    def messages(self) -> list[str]:
        """What was logged, of each line."""
        return [line["message"] for line in self.lines]

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that does not trust us, or is killed, is none."""


class _Bulk(BaseHTTPRequestHandler):
    server: Listener
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.hang.wait()
        if self.server.tears:
            self.close_connection = True
            return
        while self.server.trickles:
            self.wfile.write(b"H")
            Event().wait(0.02)
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        self.server.paths.append(self.path)
        if status == 200:
            self.server.lines += [json.loads(line) for line in body.splitlines()]
        self.send_response(status)
        told = b"" if status == 200 else self.server.told
        self.send_header("content-length", str(len(told)))
        if self.server.to:
            self.send_header("location", self.server.to)
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *arguments: object) -> None:
        """Be silent."""


@contextmanager
def listener(folder: Path) -> Iterator[Listener]:
    """One that listens."""
    with Listener(keys_for(folder / "keys", "127.0.0.1")) as listening:
        Thread(target=listening.serve_forever, daemon=True).start()
        try:
            yield listening
        finally:
            listening.hang.set()
            listening.shutdown()
