"""A channel to publish on: several messages at a time, each confirmed by the broker or not."""

import asyncio
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from struct import Struct
from time import time

import pamqp.frame
from aiormq import Channel, ChannelNotFoundEntity, ChannelPreconditionFailed, PublishError, spec
from aiormq.abc import ChannelFrame
from pamqp.body import ContentBody
from pamqp.header import ContentHeader

from hourmill.adapters.rabbitmq.connection import close_channel, how_it_ended
from hourmill.adapters.rabbitmq.topology import Topology
from hourmill.core.message import MOST_BYTES
from hourmill.errors import Unconfirmed
from hourmill.failpoints import Step, armed, reached

PERSISTENT = 2
ID_DIGITS = 16
# A queue is given up when its last message was routed minutes ago. A message that is lost with it must not count as
# confirmed by what the broker says when a queue is deleted.
BELIEVED_WITHIN_S = 60.0
NUMBER = Struct(">Q")
BODY_SIZE_AT = slice(11, 19)  # in a content header's frame: type 1, channel 2, length 4; class 2, weight 2; body size 8
MESSAGE_ID_AT = slice(-9 - ID_DIGITS, -9)  # and at its end: message id, timestamp 8, end 1
TIMESTAMP_AT = slice(-9, -1)
TOO_LARGE = re.compile(r"message size (\d+) is larger than (?:configured )?max size (\d+)")

Confirmation = asyncio.Future[object]


class Lane:
    """A channel on which publishing goes well; after the first trouble it is lost.

    It writes the frames of a group in one piece and keeps the confirmations where the sieve and the channel look for
    them, instead of calling basic_publish: that is one task, two futures and three context managers for each message,
    and took three times the CPU (180 against 55 us a message). Of aiormq it needs Channel.confirmations, delivery_tag,
    message_id_delivery_tag, write_queue and max_content_size.
    """

    def __init__(self, channel: Channel, topology: Topology) -> None:
        self._channel = channel
        self._topology = topology
        self._numbering = asyncio.Lock()  # messages are written in the order of their tags
        self._methods: dict[int, bytes] = {}
        properties = spec.Basic.Properties(
            delivery_mode=PERSISTENT, message_id="0" * ID_DIGITS, timestamp=datetime.fromtimestamp(0, UTC)
        )
        self._header = pamqp.frame.marshal(ContentHeader(0, 0, properties), channel.number)
        self.lost = asyncio.Event()
        self.reason = ""
        self.unroutable = False
        self.refused_bytes: int | None = None  # of the message for whose size the channel was closed
        self.most_bytes = MOST_BYTES
        channel.closing.add_done_callback(self._closed)

    async def publish(self, bodies: Sequence[tuple[int, bytes]]) -> None:
        """As RabbitPublisher.publish, of partitions and bodies."""
        confirmations: list[Confirmation] = []
        try:
            async with self._numbering:
                if self.lost.is_set():
                    raise Unconfirmed(range(len(bodies)), f"RabbitMQ: {self.reason}", sent=False)
                reached(Step.PUBLISHING)
                began_s = self._channel.loop.time()
                first = self._channel.delivery_tag + 1
                payload = b"".join([frame for body in bodies for frame in self._frames(*body, confirmations)])
                written = self._channel.loop.create_future() if armed(Step.PUBLISHED) else None
                frame = ChannelFrame(payload=payload, should_close=False, drain_future=written)
                await self._channel.write_queue.put(frame)
            if written is not None:
                await written
                reached(Step.PUBLISHED)
            await asyncio.wait(confirmations)
        except asyncio.CancelledError:
            for confirmation in confirmations:
                confirmation.add_done_callback(_retrieved)
            raise
        late = self._channel.loop.time() - began_s > BELIEVED_WITHIN_S
        self._judge(confirmations, bodies, late=late)
        reached(Step.CONFIRMED)
        for tag in range(first, first + len(bodies)):
            self._channel.message_id_delivery_tag.pop(_message_id(tag), None)

    def lose(self, reason: str) -> None:
        """No more publishing on this channel."""
        if not self.lost.is_set():
            self.reason = reason
            self.lost.set()

    async def close(self) -> None:
        """Close the channel; whoever waits for a confirmation is told."""
        await close_channel(self._channel)
        self._fail_all()

    def _frames(self, partition: int, body: bytes, confirmations: list[Confirmation]) -> list[bytes]:
        channel = self._channel
        channel.delivery_tag = tag = channel.delivery_tag + 1
        confirmation: Confirmation = channel.loop.create_future()
        confirmations.append(confirmation)
        channel.confirmations[tag] = confirmation
        message_id = _message_id(tag)  # by it the channel finds whose message came back as unroutable
        channel.message_id_delivery_tag[message_id] = tag

        method = self._methods.get(partition)
        if method is None:
            publish = spec.Basic.Publish(exchange=self._topology.views(), routing_key=str(partition), mandatory=True)
            method = self._methods[partition] = pamqp.frame.marshal(publish, channel.number)
        header = bytearray(self._header)  # body size, message id and time are all that differs
        header[BODY_SIZE_AT] = NUMBER.pack(len(body))
        header[MESSAGE_ID_AT] = message_id.encode()
        header[TIMESTAMP_AT] = NUMBER.pack(
            int(time())
        )  # whole seconds, as AMQP has them: earlier than now, never later
        most = channel.max_content_size
        parts = [body] if len(body) <= most else [body[at : at + most] for at in range(0, len(body), most)]
        return [method, bytes(header), *(pamqp.frame.marshal(ContentBody(part), channel.number) for part in parts)]

    def _judge(self, confirmations: Sequence[Confirmation], bodies: Sequence[tuple[int, bytes]], *, late: bool) -> None:
        if self.refused_bytes == len(bodies[0][1]) and all(one.cancelled() for one in confirmations):
            # The first of all was refused, and the server has looked at no other one since.
            too_large = [place for place, (_, body) in enumerate(bodies) if len(body) > self.most_bytes]
            raise Unconfirmed(range(len(bodies)), f"RabbitMQ: {self.reason}.", sent=False, too_large=too_large)
        places: list[int] = []
        reasons: list[str] = []
        returned = 0
        for place, confirmation in enumerate(confirmations):
            queue = f"queue of partition {bodies[place][0]}"
            if confirmation.cancelled():
                reasons.append(f"{self.reason} before it had confirmed all messages")
            elif isinstance(confirmation.exception(), PublishError):
                reasons.append(f"there is no {queue}")
                returned += 1
            elif confirmation.exception() is not None:
                reasons.append(f"the {queue} refused a message; it is full, or its leader is gone")
            elif late:
                reasons.append("a message was confirmed too late to be believed")
            else:
                continue
            places.append(place)
        if places:
            self.unroutable = returned > 0
            # A message that came back is nowhere. One that was refused may be somewhere: the broker says no as well
            # when a queue fails with the message half written.
            raise Unconfirmed(places, f"RabbitMQ: {reasons[0]}.", sent=returned < len(confirmations))

    def _closed(self, closing: "asyncio.Future[None]") -> None:
        if not closing.cancelled() and isinstance(closing.exception(), ChannelNotFoundEntity):
            self.unroutable = True  # the exchange is not there
        if not closing.cancelled() and isinstance(closing.exception(), ChannelPreconditionFailed):
            refused = TOO_LARGE.search(str(closing.exception()))
            if refused is not None:
                self.refused_bytes, self.most_bytes = map(int, refused.groups())
        self.lose(how_it_ended(closing))
        self._fail_all()

    def _fail_all(self) -> None:
        for confirmation in self._channel.confirmations.values():
            confirmation.cancel()


def _message_id(tag: int) -> str:
    return f"{tag:0{ID_DIGITS}d}"


def _retrieved(confirmation: Confirmation) -> None:
    if not confirmation.cancelled():
        confirmation.exception()
