"""The floor: the same server with the same settings, answering after it has decoded the JSON, nothing else.

python -m bench.floor PORT
"""

import asyncio
import sys

import msgspec
import uvloop

from hourmill.http.answer import COUNTED
from hourmill.http.rsgi import HTTPProtocol, Scope
from hourmill.http.server import Address, serve


class Floor:
    """Decodes and answers."""

    def __init__(self) -> None:
        self._single = msgspec.json.Decoder(dict[str, str])
        self._multi = msgspec.json.Decoder(dict[str, dict[str, int]])

    def take(self, scope: Scope, protocol: HTTPProtocol) -> bool:  # noqa: ARG002
        """Granian's own way: a task for each request."""
        return False

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        decoder = self._single if scope.path == "/page-views/single" else self._multi
        decoder.decode(await protocol())
        protocol.response_bytes(*COUNTED)

    def drain(self) -> None:
        """Nothing to say."""

    def give_up(self) -> None:
        """Nothing to give up."""


if __name__ == "__main__":
    uvloop.run(serve(Floor(), Address("127.0.0.1", int(sys.argv[1])), asyncio.Event(), lambda: None))
