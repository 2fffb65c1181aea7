"""Lines out of streams, plain and gzipped."""

import gzip
import tracemalloc
from collections.abc import Iterator
from io import BytesIO
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourmill.core.access_log import MAX_LINE_BYTES
from hourmill.errors import InputUnreadable
from hourmill.services.log_input import CUT_BYTES, LogInput


class Dribble:
    """A stream that gives what it has in pieces of 1 to `most` bytes, like a slow pipe."""

    def __init__(self, data: bytes, most: int, seed: int = 0) -> None:
        self._data = BytesIO(data)
        self._most = most
        self._random = Random(seed)

    def read1(self, size: int, /) -> bytes:
        return self._data.read(min(size, self._random.randint(1, self._most)))


class Failing:
    """A stream on a bad disk."""

    def __init__(self, data: bytes) -> None:
        self._data = BytesIO(data)

    def read1(self, size: int, /) -> bytes:
        data = self._data.read(size)
        if not data:
            raise OSError(5, "Input/output error")
        return data


class Endless:
    """Some MiB of the same bytes."""

    def __init__(self, piece: bytes, mebibytes: int) -> None:
        self._left = mebibytes << 20
        self._piece = piece

    def read1(self, size: int, /) -> bytes:
        self._left -= size
        return self._piece * (size // len(self._piece)) if self._left > 0 else b""


def source(data: bytes) -> LogInput:
    return LogInput("a.log", BytesIO(data), lambda _: None)


def lines_of(log: LogInput) -> list[bytes]:
    return [line for lines in log.lines() for line in lines]


def readable_of(log: LogInput) -> tuple[list[bytes], str]:
    """The lines before the input cannot be read further, and what is said then."""
    found: list[bytes] = []

    def read(lines: Iterator[list[bytes]]) -> None:
        for some in lines:
            found.extend(some)

    with pytest.raises(InputUnreadable) as caught:
        read(log.lines())
    return found, str(caught.value)


def test_lines_end_in_lf_or_crlf() -> None:
    assert lines_of(source(b"a\nb\r\n\n\r\nc\rd\n")) == [b"a", b"b", b"", b"", b"c\rd"]


def test_an_empty_input_has_no_lines() -> None:
    log = source(b"")
    assert (lines_of(log), log.rest) == ([], b"")


def test_an_unfinished_last_line_is_held_back_and_told() -> None:
    log = source(b"a\nb")
    assert (lines_of(log), log.rest) == ([b"a"], b"b")


def test_gzip_is_known_by_its_first_bytes() -> None:
    log = source(gzip.compress(b"a\nb\nc"))
    assert (lines_of(log), log.rest) == ([b"a", b"b"], b"c")


def test_a_gzip_file_may_have_several_members_and_padding() -> None:
    packed = gzip.compress(b"a\nb") + gzip.compress(b"") + gzip.compress(b"c\n") + b"\0" * 5000
    assert lines_of(source(packed)) == [b"a", b"bc"]


@pytest.mark.parametrize("missing", [1, 8, 9, 500])
def test_a_cut_off_gzip_file_gives_its_lines_and_then_an_error(missing: int) -> None:
    lines = [b"%d" % number for number in range(5000)]
    log = source(gzip.compress(b"\n".join(lines) + b"\n")[:-missing])
    found, said = readable_of(log)
    assert said == "a.log: the gzip file is cut off"
    assert found == lines[: len(found)]
    assert len(found) > 4000


def test_a_damaged_gzip_file_gives_the_lines_before_the_damage_and_then_an_error() -> None:
    lines = [b"%x" % Random(number).getrandbits(256) for number in range(1000)]
    packed = bytearray(gzip.compress(b"\n".join(lines) + b"\n"))
    packed[-8] ^= 1  # of the checksum: what is before is whole
    found, said = readable_of(source(bytes(packed)))
    assert found == lines
    assert said.startswith("a.log: the gzip file is damaged (")


def test_what_follows_a_gzip_file_and_is_not_gzip_is_an_error() -> None:
    found, said = readable_of(source(gzip.compress(b"a\n") + b"hello"))
    assert found == [b"a"]
    assert "damaged" in said


def test_a_read_error_comes_after_the_lines_before_it() -> None:
    log = LogInput("a.log", Failing(b"a\nb"), lambda _: None)
    assert readable_of(log) == ([b"a"], "a.log: Input/output error")
    assert log.rest == b"b"


def test_every_byte_read_is_told() -> None:
    read: list[int] = []
    packed = gzip.compress(b"a\n" * 1000)
    lines_of(LogInput("a.log", Dribble(packed, 7), read.append))
    assert sum(read) == len(packed)


@given(
    st.lists(st.sampled_from([b"", b"a", b"b\rc", b"x" * MAX_LINE_BYTES, b"y" * CUT_BYTES, b"z" * (CUT_BYTES + 9)])),
    st.sampled_from([b"\n", b"\r\n"]),
    st.booleans(),
    st.integers(1, 200_000),
    st.integers(),
)
def test_lines_do_not_depend_on_how_the_bytes_come(
    lines: list[bytes], newline: bytes, packed: bool, most: int, seed: int
) -> None:
    data = b"".join(line + newline for line in lines)
    stream = Dribble(gzip.compress(data, 1) if packed else data, max(most, len(data) // 200), seed)
    assert lines_of(LogInput("a.log", stream, lambda _: None)) == [line[:CUT_BYTES] for line in lines]


@pytest.mark.parametrize("piece", [b"\0", b"\n", b"ab\r\n", b"x" * 1024 + b"\n"])
def test_memory_does_not_grow_with_the_input(piece: bytes) -> None:
    def peak(mebibytes: int) -> int:
        tracemalloc.start()
        for _ in LogInput("a.log", Endless(piece, mebibytes), lambda _: None).lines():
            pass
        peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak_bytes

    assert peak(4) < 1.1 * peak(1)


def test_a_gzip_bomb_stays_small_in_memory() -> None:
    packed = gzip.compress(b"\0" * (64 << 20))
    tracemalloc.start()
    assert lines_of(source(packed)) == []
    assert tracemalloc.get_traced_memory()[1] < 32 << 20
    tracemalloc.stop()
