"""What travels through a queue as bytes."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.generated_bodies import batch_body
from tests.unit.test_batch import CELLS

from hourmill.core.batch import Batch
from hourmill.core.figures import GroupFigures
from hourmill.core.message import (
    AROUND_BYTES,
    MESSAGE_VERSION,
    Claim,
    Message,
    decode_message,
    encode_message,
)
from hourmill.core.parse import cells_of
from hourmill.core.tally import add
from hourmill.errors import Malformed, Undecodable
from hourmill.services.newcomers import Newcomers, NewLimits

PRODUCER = bytes(range(16))
CLAIM = Claim(PRODUCER, 3, 7)
WRITTEN = (  # version 1, for ever
    b"\x01\x95\xc4\x10" + PRODUCER + b"\x03\x07\x81\xa1a\x81\x01\x02\x81\xc4\x01k\x81\xa1b\x81\x02\x03"
)
LARGEST_CLAIM = Claim(PRODUCER, 2**31 - 1, 2**62)
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


def keyed_bytes(cells: dict[str, dict[int, int]]) -> int:
    """How large the message of a keyed request can be."""
    return len(encode_message(Message(LARGEST_CLAIM, Batch({}, {PRODUCER: cells}))))


def others(cells: dict[str, dict[int, int]]) -> dict[str, dict[int, int]]:
    """Them, with every page counted as (other)."""
    newcomers = Newcomers(NewLimits(0, 0, 1), GroupFigures(), lambda: 490_000)
    newcomers._learning = False
    counted: dict[str, dict[int, int]] = {}
    for page, hours in cells.items():
        add(counted, {newcomers.page(page): hours.copy()})
    return counted


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"a":{"2025-07-16T10:00":1}}',
        b'{"%s":{"2025-07-16T10:00":2147483647}}' % (b"a" * 2048),
        b'{"%s":{"2025-07-16T10:00":1}}' % ("\U0001f600" * 512).encode(),
        b'{"%s":{"2025-07-16T10:00":1}}' % (rb"\u20ac" * 682),
        b'{"a":{%s}}' % b",".join(b'"2025-07-16T10:%02d":2147483647' % minute for minute in range(60)),
        b"{%s}" % b",".join(b'"%x":{"2200-12-15T10:00":1}' % page for page in range(70_000)),
        b"{%s}" % b",".join(b'"%x/":{"2025-07-16T10:00":1}' % page for page in range(70_000)),
        b'{"/":{%s}}'
        % b",".join(
            b'"%d-%02d-%02dT%02d:00":65536' % (year, month, day, hour)
            for year in range(1970, 1980) for month in range(1, 13) for day in range(1, 29) for hour in range(24)
        ),
    ],
)  # fmt: skip
def test_a_message_is_no_larger_than_the_body_that_it_came_in(body: bytes) -> None:
    assert keyed_bytes(cells_of(body)) <= len(body) + AROUND_BYTES
    assert keyed_bytes(others(cells_of(body))) <= len(body) + AROUND_BYTES


@given(st.randoms(use_true_random=False))
def test_no_spelling_of_a_body_makes_its_message_larger(random: Random) -> None:
    body = batch_body(random)
    try:
        cells = cells_of(body)
    except Malformed:
        return
    assert keyed_bytes(cells) <= len(body) + AROUND_BYTES
    assert keyed_bytes(others(cells)) <= len(body) + AROUND_BYTES
