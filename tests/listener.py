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
    hang      while it is not set, it does not answer
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
        self.paths: list[str] = []
        self.lines: list[dict[str, Any]] = []
        self.hang = Event()
        self.hang.set()
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

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.hang.wait()
        while self.server.trickles:
            self.wfile.write(b"H")
            Event().wait(0.02)
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        self.server.paths.append(self.path)
        if status == 200:
            self.server.lines += [json.loads(line) for line in body.splitlines()]
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

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
