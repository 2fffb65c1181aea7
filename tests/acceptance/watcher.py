"""Who watches GET /v1/live."""

import json
from typing import Any

from tests.client import Connection, head


class Watcher:
    """A connection on which events come."""

    def __init__(self, connection: Connection, target: str) -> None:
        connection.send(head("GET", target, []))
        self._incoming = connection.socket.makefile("rb")
        self.status = int(self._incoming.readline().split()[1])
        self.headers = dict(
            line.decode().strip().lower().split(": ", 1) for line in iter(self._incoming.readline, b"\r\n")
        )

    def event(self) -> Any:
        """The data of the next one."""
        for line in self._incoming:
            if line.startswith(b"data: "):
                return json.loads(line[6:])
        raise EOFError

    def rest(self) -> bytes:
        """All until it ends."""
        return self._incoming.read()
