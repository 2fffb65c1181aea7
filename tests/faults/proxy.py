"""A TCP proxy between two parts of the system, whose link it can trouble."""

import asyncio
import socket
import struct
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import Enum

from tests.client import HOST

CHUNK_BYTES = 1 << 16
TRICKLE_BYTES = 16
TRICKLE_EVERY_S = 0.01
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: whoever closes sends RST, and forgets what was not sent


class Trouble(Enum):
    """What a link does to what comes through it."""

    NONE = "none"
    STALL = "stall"  # both directions stand still; nothing is lost
    TRICKLE = "trickle"  # a few bytes at a time
    DEAF = "deaf"  # what the client sends vanishes: the server hears nothing
    MUTE = "mute"  # what the server sends vanishes: the client hears nothing
    SILENT = "silent"  # both vanish, as when a firewall has forgotten the connection
    REFUSING = "refusing"  # who connects is thrown out


class Proxy:
    """Listens on a port of its own for one server; open() makes one.

    port      where clients connect instead of at the server
    carried   bytes that went through
    troubled  chunks of data, or connections, that met trouble
    """

    def __init__(self, server_port: int) -> None:
        self.port = 0
        self.carried = 0
        self.troubled = 0
        self._server_port = server_port
        self._trouble = Trouble.NONE
        self._changed = asyncio.Event()
        self._cut_next = False
        self._pairs: set[tuple[StreamWriter, StreamWriter]] = set()

    @classmethod
    @asynccontextmanager
    async def open(cls, server_port: int) -> AsyncIterator["Proxy"]:
        """A listening proxy; on leaving, all its connections are reset."""
        proxy = cls(server_port)
        server = await asyncio.start_server(proxy._serve, HOST, 0)
        proxy.port = server.sockets[0].getsockname()[1]
        try:
            yield proxy
        finally:
            server.close()
            proxy.reset()

    def trouble(self, kind: Trouble) -> None:
        """From now on, until heal()."""
        self._trouble = kind
        self._changed.set()
        self._changed = asyncio.Event()

    def heal(self) -> None:
        """Let everything through again. Connections that have lost bytes are of no use any more: they are reset."""
        spoiled = self._trouble in {Trouble.DEAF, Trouble.MUTE, Trouble.SILENT}
        self.trouble(Trouble.NONE)
        if spoiled:
            self.reset()

    def reset(self) -> None:
        """Break every connection at once, towards both sides."""
        self.troubled += len(self._pairs)
        for pair in list(self._pairs):
            for writer in pair:
                _reset(writer)

    def cut_in_mid_frame(self) -> None:
        """Let one half of the next data through, then break its connection."""
        self._cut_next = True

    async def _serve(self, from_client: StreamReader, to_client: StreamWriter) -> None:
        if self._trouble is Trouble.REFUSING:
            self.troubled += 1
            _reset(to_client)
            return
        try:
            from_server, to_server = await asyncio.open_connection(HOST, self._server_port)
        except OSError:
            _reset(to_client)
            return
        pair = (to_client, to_server)
        self._pairs.add(pair)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(from_client, to_server, {Trouble.DEAF, Trouble.SILENT}))
                group.create_task(self._pump(from_server, to_client, {Trouble.MUTE, Trouble.SILENT}))
        finally:
            self._pairs.discard(pair)
            for writer in pair:
                writer.close()

    async def _pump(self, source: StreamReader, sink: StreamWriter, swallowing: set[Trouble]) -> None:
        with suppress(OSError):
            while data := await source.read(CHUNK_BYTES):
                self.carried += len(data)
                self.troubled += self._trouble is not Trouble.NONE
                while self._trouble is Trouble.STALL:
                    await self._changed.wait()
                if self._trouble in swallowing:
                    continue
                if self._cut_next and len(data) > 1:
                    self._cut_next = False
                    self.troubled += 1
                    sink.write(data[: len(data) // 2])
                    await sink.drain()
                    break
                await self._forward(data, sink)
        sink.close()

    async def _forward(self, data: bytes, sink: StreamWriter) -> None:
        while self._trouble is Trouble.TRICKLE and data:
            piece, data = data[:TRICKLE_BYTES], data[TRICKLE_BYTES:]
            sink.write(piece)
            await sink.drain()
            await asyncio.sleep(TRICKLE_EVERY_S)
        sink.write(data)
        await sink.drain()


def _reset(writer: StreamWriter) -> None:
    end: socket.socket | None = writer.get_extra_info("socket")
    if end is not None and end.fileno() >= 0:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    writer.transport.abort()
