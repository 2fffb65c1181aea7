"""Cells as bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourmill.core.batch import JOURNAL_VERSION, Batch, Cells, decode_cells, encode_cells
from hourmill.errors import Undecodable

PAGES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
CELLS = st.dictionaries(PAGES, st.dictionaries(st.integers(0, 2**31), st.integers(0, 2**63 - 1)))
WRITTEN = b"\x01\x81\xa3a/b\x82\x01\x02\xcd\x01\x00\xcf\x7f\xff\xff\xff\xff\xff\xff\xff"  # version 1, for ever


@given(CELLS)
def test_cells_are_decoded_as_they_were_encoded(cells: Cells) -> None:
    assert decode_cells(encode_cells(cells)) == cells


def test_what_version_1_wrote_is_read() -> None:
    cells = {"a/b": {1: 2, 256: 2**63 - 1}}
    assert encode_cells(cells) == WRITTEN
    assert decode_cells(WRITTEN) == cells


@pytest.mark.parametrize(
    ("blob", "reason"),
    [
        (b"", "version none"),
        (b"\x00" + WRITTEN[1:], "version 00"),
        (b"\x02" + WRITTEN[1:], "version 02"),
        (JOURNAL_VERSION, "Damaged"),
        (WRITTEN[:-1], "Damaged"),
        (WRITTEN + b"\x00", "Damaged"),
        (JOURNAL_VERSION + b"\x81\x01\x80", "Damaged"),
        (JOURNAL_VERSION + b"\x81\xa1\xff\x80", "Damaged"),
        (JOURNAL_VERSION + b"\x81\xa1a\x81\x01\xc0", "Damaged"),
        (JOURNAL_VERSION + b"\x81\xa1a\x81\x01\xa11", "Damaged"),
        (JOURNAL_VERSION + b"\x90", "Damaged"),
        (JOURNAL_VERSION + b"\xc1", "Damaged"),
        (JOURNAL_VERSION + b"\x81\xa1a" * 5000, "Damaged"),
    ],
)
def test_other_bytes_are_refused(blob: bytes, reason: str) -> None:
    with pytest.raises(Undecodable, match=reason):
        decode_cells(blob)


def test_batches_share_nothing() -> None:
    one, other = Batch(), Batch()
    one.cells["a"] = {1: 1}
    one.keyed[b"key"] = {"b": {1: 1}}
    assert other == Batch(cells={}, keyed={})
