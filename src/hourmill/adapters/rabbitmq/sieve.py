"""What the broker says by the thousand, deliveries and confirms, read where it arrives; the rest is the library's.

The library reads three frames for each delivery, and each goes through two queues and three tasks: 40 us of CPU, where
the rest of what a worker does with a batch takes 50. docs/decisions/0036.
"""

import asyncio
import struct
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any, Protocol, SupportsIndex

import pamqp.frame
from aiormq import AMQPConnectionError, Connection
from aiormq.connection import TransportFactory
from pamqp.common import FieldTable
from pamqp.exceptions import PAMQPException
from pamqp.header import ContentHeader
from pamqp.heartbeat import Heartbeat
from yarl import URL

# Frames, as AMQP 0-9-1 has them
METHOD, HEADER = 1, 2  # kinds; 3 is a piece of a body
HEAD = struct.Struct(">BHL")  # kind, channel, bytes of the payload, which comes next
END = b"\xce"
DELIVER = b"\x00\x3c\x00\x3c"  # a method's first bytes; then the consumer's tag, tag, flag, exchange, routing key
ACK = b"\x00\x3c\x00\x50"  # tag, flag
TAG_AND_FLAG = struct.Struct(">Q?")
CONTENT = struct.Struct(">4xQH")  # class, weight, bytes of the body, which properties follow
AS_PUBLISHED = 1 << 12 | 1 << 7 | 1 << 6  # delivery mode, message id, timestamp; no other, so the timestamp is the last
TIMESTAMP = struct.Struct(">Q")
UNREADABLE = (PAMQPException, struct.error, ValueError, LookupError, ArithmeticError, OSError)  # as decoding says it

SIGN_OF_LIFE = pamqp.frame.marshal(Heartbeat(), 0)
SIGNS_APART_S = 1.0


class Taker(Protocol):
    """What may take the frames of a channel."""

    def __call__(self, kind: int, data: bytes, start: int, end: int, /) -> bool:
        """Whether a frame is taken; else it is the library's. Its payload is data[start:end]."""


class Deliveries:
    """Takes the messages of a channel, all of them: so they keep their order.

    took  is given each: tag, whether it was delivered before, when it was published, body
    """

    def __init__(self, took: Callable[[int, bool, datetime | None, bytes], None]) -> None:
        self._took = took
        self._delivery: tuple[int, bool] | None = None  # of the message under way
        self._published: datetime | None = None
        self._left_bytes = 0
        self._parts: list[bytes] = []

    def __call__(self, kind: int, data: bytes, start: int, end: int) -> bool:
        if kind == METHOD:
            if not data.startswith(DELIVER, start):
                return False
            consumer_tag_at = start + len(DELIVER)
            self._delivery = TAG_AND_FLAG.unpack_from(data, consumer_tag_at + 1 + data[consumer_tag_at])
            return True
        if self._delivery is None:
            return False
        if kind == HEADER:
            self._left_bytes, properties = CONTENT.unpack_from(data, start)
            self._published = _published(properties, data, start, end)
        else:
            self._left_bytes -= end - start
            self._parts.append(data[start:end])
        if self._left_bytes == 0:
            (tag, again), body = self._delivery, b"".join(self._parts)
            self._delivery = None
            self._parts.clear()
            self._took(tag, again, self._published, body)
        return True


class Confirms:
    """Takes the confirms of a channel, until the broker says anything else on it: from then on the library reads all,
    in its order.

    waiting  by tag, lowest first; who is confirmed is told, and taken out
    """

    def __init__(self, waiting: "dict[int, asyncio.Future[Any]]") -> None:
        self._waiting = waiting
        self._nothing_else = True

    def __call__(self, kind: int, data: bytes, start: int, _: int) -> bool:
        self._nothing_else &= kind == METHOD and data.startswith(ACK, start)
        if self._nothing_else:
            tag, and_before = TAG_AND_FLAG.unpack_from(data, start + len(ACK))
            for confirmed in list(takewhile(tag.__ge__, self._waiting)) if and_before else [tag]:
                future = self._waiting.pop(confirmed, None)
                if future is not None and not future.done():  # else its publisher has given up
                    future.set_result(None)
        return self._nothing_else


class SievedReader(asyncio.StreamReader):
    """Where the library reads what is not taken: whole frames, but for one that is cut off at the end."""

    def __init__(self, takers: Mapping[int, Taker], clock_s: Callable[[], float]) -> None:
        """takers: by channel, as they are at any time."""
        super().__init__(loop=asyncio.get_running_loop())
        self._takers = takers
        self._clock_s = clock_s
        self._rest = b""
        self._signed_s = clock_s()

    def feed_data(self, data: Iterable[SupportsIndex]) -> None:
        came = self._rest + bytes(data)
        taken_to = at = 0
        took = False
        while at + HEAD.size <= len(came):
            kind, channel, payload_bytes = HEAD.unpack_from(came, at)
            start, end = at + HEAD.size, at + HEAD.size + payload_bytes
            if end >= len(came):
                break
            taker = self._takers.get(channel)
            if taker is not None and came.startswith(END, end) and taker(kind, came, start, end):
                took = True
                self._leave(came[taken_to:at])
                taken_to = end + len(END)
            at = end + len(END)
        self._leave(came[taken_to:at])
        self._rest = came[at:]
        now_s = self._clock_s()
        if took and now_s - self._signed_s >= SIGNS_APART_S:  # a broker that has much to say sends no heartbeats
            self._signed_s = now_s
            self._leave(SIGN_OF_LIFE)

    def feed_eof(self) -> None:
        rest, self._rest = self._rest, b""  # an end is told twice, and nothing may be fed after it
        self._leave(rest)
        super().feed_eof()

    def _leave(self, frames: bytes) -> None:
        if frames:
            super().feed_data(frames)


class Sieve(TransportFactory):
    """Stands between a connection's transport and the library."""

    def __init__(self) -> None:
        self._takers: dict[int, Taker] = {}

    def put(self, channel: int, taker: Taker) -> None:
        """Have the frames of a channel taken, until another taker is put there.

        None is ever removed: the library would get the rest of a message that is half here. One whose channel is closed
        takes nothing of the next channel of that number, on which nothing is delivered or published without another.
        """
        self._takers[channel] = taker

    async def create(self, url: URL, **options: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """As asyncio.open_connection, which the library's own ones call, but for the reader."""
        tls = await options["ssl_context_provider"].get_context() if url.scheme == "amqps" else None
        assert url.host, "the setting has one"
        assert url.port, "the library has put it there"
        loop = asyncio.get_running_loop()
        reader = SievedReader(self._takers, loop.time)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        try:
            transport, _ = await loop.create_connection(lambda: protocol, url.host, url.port, ssl=tls)
        except OSError as error:
            raise AMQPConnectionError(*error.args) from error
        return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


class SievedConnection(Connection):
    """A connection with a sieve."""

    def __init__(self, url: URL, client_properties: FieldTable) -> None:
        self.sieve = Sieve()
        super().__init__(url, transport_factory=self.sieve, client_properties=client_properties)


def _published(properties: int, data: bytes, start: int, end: int) -> datetime | None:
    try:
        if properties == AS_PUBLISHED:
            return datetime.fromtimestamp(TIMESTAMP.unpack_from(data, end - TIMESTAMP.size)[0], UTC)
        _, _, header = pamqp.frame.unmarshal(data[start - HEAD.size : end + len(END)])
        assert isinstance(header, ContentHeader)
        return header.properties.timestamp
    except UNREADABLE:  # a stranger's; his message is put aside for its body, if at all
        return None
