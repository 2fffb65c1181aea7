"""What travels through a queue: a numbered batch of one producer for one partition, and its bytes."""

from typing import Annotated, NamedTuple

import msgspec

from hourmill.core.batch import Batch, Cells
from hourmill.errors import Undecodable

PRODUCER_BYTES = 16  # a UUID
AROUND_BYTES = 64  # at most, encoded: what of a message is not its cells and keyed entries
MOST_BYTES = 16 << 20  # RabbitMQ 4 takes no larger message by default, 3.10 takes 128 MiB
MOST_KEYED_BYTES = 8 << 20  # of the body of a request with a key, and so of its message: half of what RabbitMQ 4 takes
MESSAGE_VERSION = b"\x01"  # the first byte of every message; another one is a newer Hourmill's


class Claim(NamedTuple):
    """The number under which a batch is counted once.

    producer   UUID of one API process's life
    partition  the queue it was published to
    seq        1, 2, 3, ... for each producer and partition
    """

    producer: bytes
    partition: int
    seq: int


class Message(NamedTuple):
    """A batch under its number."""

    claim: Claim
    batch: Batch


class _Wire(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    producer: Annotated[bytes, msgspec.Meta(min_length=PRODUCER_BYTES, max_length=PRODUCER_BYTES)]
    partition: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
    seq: Annotated[int, msgspec.Meta(ge=1, le=2**62)]
    cells: Cells
    keyed: dict[bytes, Cells]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Wire)


def encode_message(message: Message) -> bytes:
    """The message as bytes: a version byte, then MessagePack."""
    return MESSAGE_VERSION + _encoder.encode(_Wire(*message.claim, message.batch.cells, message.batch.keyed))


def decode_message(body: bytes) -> Message:
    """The message that encode_message wrote.

    Its shape is checked, not its cells: what of them a store cannot hold is parked there (docs/counting.md).

    raises  Undecodable for another version or damaged bytes
    """
    if body[:1] != MESSAGE_VERSION:
        raise Undecodable(f"A message of version {body[:1].hex() or 'none'}; this Hourmill reads version 01.")
    try:
        wire = _decoder.decode(body[1:])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Undecodable(f"A damaged message: {error}.") from error
    return Message(Claim(wire.producer, wire.partition, wire.seq), Batch(wire.cells, wire.keyed))
