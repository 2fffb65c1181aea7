"""What is counted together: cells, and the batch that one commit carries."""

from typing import TypeAlias

import msgspec

from hourmill.errors import Undecodable

Cells: TypeAlias = dict[str, dict[int, int]]
"""page -> UTC hour (hours since 1970-01-01T00:00Z) -> count. Nested, not keyed by (page, hour):
twice as fast to sum up and to encode (docs/decisions/0003)."""


class Batch(msgspec.Struct):
    """Cells that are committed together, all or nothing.

    cells  the sum of all requests without a key
    keyed  hash of an Idempotency-Key -> the cells of its request, counted only if that key is new
    """

    cells: Cells = {}
    keyed: dict[bytes, Cells] = {}


JOURNAL_VERSION = b"\x01"  # the first byte of every encoded group of cells; another one is a newer Hourmill's

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Cells)


def encode_cells(cells: Cells) -> bytes:
    """The cells as bytes: a version byte, then MessagePack."""
    return JOURNAL_VERSION + _encoder.encode(cells)


def decode_cells(blob: bytes) -> Cells:
    """The cells that encode_cells wrote.

    raises  Undecodable for another version or damaged bytes
    """
    if blob[:1] != JOURNAL_VERSION:
        raise Undecodable(f"Cells of version {blob[:1].hex() or 'none'}; this Hourmill reads version 01.")
    try:
        return _decoder.decode(blob[1:])
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Undecodable(f"Damaged cells: {error}.") from error
