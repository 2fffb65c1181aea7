"""What travels through a queue as bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.test_batch import CELLS

from hourmill.core.batch import Batch
from hourmill.core.message import MESSAGE_VERSION, Claim, Message, decode_message, encode_message
from hourmill.errors import Undecodable

PRODUCER = bytes(range(16))
CLAIM = Claim(PRODUCER, 3, 7)
WRITTEN = (  # version 1, for ever
    b"\x01\x95\xc4\x10" + PRODUCER + b"\x03\x07\x81\xa1a\x81\x01\x02\x81\xc4\x01k\x81\xa1b\x81\x02\x03"
)
CLAIMS = st.builds(
    Claim, st.binary(min_size=16, max_size=16), st.integers(0, 2**31 - 1), st.integers(1, 2**62)
)  # fmt: skip


@given(CLAIMS, CELLS, st.dictionaries(st.binary(max_size=20), CELLS, max_size=3))
def test_a_message_is_decoded_as_it_was_encoded(
    claim: Claim, cells: dict[str, dict[int, int]], keyed: dict[bytes, dict[str, dict[int, int]]]
) -> None:
    decoded = decode_message(encode_message(Message(claim, Batch(cells, keyed))))
    assert (decoded.claim, decoded.batch.cells, decoded.batch.keyed) == (claim, cells, keyed)


def test_what_version_1_wrote_is_read() -> None:
    message = Message(CLAIM, Batch({"a": {1: 2}}, {b"k": {"b": {2: 3}}}))
    assert encode_message(message) == WRITTEN
    assert decode_message(WRITTEN).claim == CLAIM


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "version none"),
        (b"\x00" + WRITTEN[1:], "version 00"),
        (b"\x02" + WRITTEN[1:], "version 02"),
        (b'{"page":"a"}', "version 7b"),
        (MESSAGE_VERSION, "damaged"),
        (WRITTEN[:-1], "damaged"),
        (WRITTEN + b"\x00", "damaged"),
        (WRITTEN.replace(b"\x95\xc4\x10", b"\x95\xc4\x0f", 1), "damaged"),
        (encode_message(Message(Claim(b"short", 3, 7), Batch({}, {}))), "damaged"),
        (encode_message(Message(Claim(PRODUCER, -1, 7), Batch({}, {}))), "damaged"),
        (encode_message(Message(Claim(PRODUCER, 3, 0), Batch({}, {}))), "damaged"),
        (b"\x01" + b"\x96" + WRITTEN[2:] + b"\xc0", "damaged"),
        (b"\x01" + b"\x91" * 100_000, "damaged"),
    ],
)
def test_what_is_no_message_is_told(body: bytes, reason: str) -> None:
    with pytest.raises(Undecodable, match=reason):
        decode_message(body)


@given(st.binary(max_size=100))
def test_any_bytes_are_a_message_or_undecodable(noise: bytes) -> None:
    for body in (noise, MESSAGE_VERSION + noise):
        try:
            decode_message(body)
        except Undecodable:
            continue
