"""Lines of a log from a stream of bytes, plain or gzipped, in constant memory whatever is in it."""

import zlib
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Protocol

from hourmill.core.access_log import MAX_LINE_BYTES
from hourmill.errors import InputUnreadable

CHUNK_BYTES = 256 * 1024
GZIP_MAGIC = b"\x1f\x8b"
GZIP_PIECE_BYTES = 4096  # unpacks to 4 MiB at the most
CUT_BYTES = MAX_LINE_BYTES + 1  # of a line that is too long; parse_line still sees that it is


class ByteStream(Protocol):
    """A binary stream that gives what it has."""

    def read1(self, size: int, /) -> bytes:
        """The next bytes, at most `size`; empty at the end."""


class LogInput:
    """An input, read once.

    rest  once all is read: the last line if no newline ended it, which is not among the lines; else empty
    """

    def __init__(self, name: str, stream: ByteStream, on_read: Callable[[int], None]) -> None:
        self.name = name
        self.rest = b""
        self._stream = stream
        self._on_read = on_read

    def lines(self) -> Iterator[list[bytes]]:
        """The finished lines, some at a time, without newline (LF or CRLF); one too long is cut to CUT_BYTES.

        raises  InputUnreadable, after all that could be read
        """
        rest = b""
        try:
            for chunk in self._text():
                text = rest + chunk
                lines = (text.replace(b"\r\n", b"\n") if b"\r" in text else text).split(b"\n")
                rest = lines.pop()[: CUT_BYTES + 1]  # one more: its last byte may be the CR of a CRLF
                if lines and len(max(lines, key=len)) > CUT_BYTES:
                    lines = [line[:CUT_BYTES] for line in lines]
                yield lines
        finally:
            self.rest = rest

    def _text(self) -> Iterator[bytes]:
        first = b""
        while len(first) < len(GZIP_MAGIC) and (more := self._read()):
            first += more
        chunks = chain([first], iter(self._read, b""))
        return self._unpacked(chunks) if first.startswith(GZIP_MAGIC) else chunks

    def _read(self) -> bytes:
        try:
            chunk = self._stream.read1(CHUNK_BYTES)
        except OSError as error:
            raise InputUnreadable(f"{self.name}: {error.strerror}") from error
        self._on_read(len(chunk))
        return chunk

    def _unpacked(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        member = None  # a gzip file is one member or several, with zeros as padding
        for piece in chain.from_iterable(map(_pieces, chunks)):
            left = piece
            while left := left if member else left.lstrip(b"\0"):
                member = member or zlib.decompressobj(wbits=31)
                yield from self._inflated(member, left)
                left = member.unused_data
                if member.eof:
                    member = None
        if member:
            raise InputUnreadable(f"{self.name}: the gzip file is cut off")

    def _inflated(self, member: "zlib._Decompress", piece: bytes) -> Iterator[bytes]:
        before = member.copy()
        try:
            yield member.decompress(piece)
        except zlib.error as error:
            yield from _readable(before, piece)
            raise InputUnreadable(f"{self.name}: the gzip file is damaged ({error})") from error


def _pieces(chunk: bytes) -> Iterator[bytes]:
    return (chunk[at : at + GZIP_PIECE_BYTES] for at in range(0, len(chunk), GZIP_PIECE_BYTES))


def _readable(member: "zlib._Decompress", piece: bytes) -> Iterator[bytes]:
    """What can be read before the damage, byte by byte: decompress() gives nothing of a piece it fails in."""
    try:
        for at in range(len(piece)):
            yield member.decompress(piece[at : at + 1])
    except zlib.error:
        return
