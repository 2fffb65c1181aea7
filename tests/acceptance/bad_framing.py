"""Requests of which two servers in a row may see different ends: what is a body for one is a request for the other."""

from typing import NamedTuple

from tests.acceptance.routes import CHUNKS, GOOD, SINGLE
from tests.client import JSON, HeaderLines, chunked, head

LENGTH = len(GOOD)
KNOWN = ("content-length", str(LENGTH))


class Framed(NamedTuple):
    """A request, whole."""

    name: str
    sent: bytes


def _with(*lines: tuple[str, str | bytes], body: bytes = GOOD) -> bytes:
    headers: HeaderLines = [*JSON, *lines]
    return head("POST", SINGLE, headers) + body


def _length(value: str | bytes) -> bytes:
    return _with(("content-length", value))


def _coded(*values: str | bytes, more: HeaderLines = ()) -> bytes:
    return _with(*(("transfer-encoding", value) for value in values), *more, body=chunked(GOOD))


def _chunks(body: bytes) -> bytes:
    return head("POST", SINGLE, CHUNKS) + body


GOOD_HEAD = head("POST", SINGLE, [*JSON, KNOWN])
SIZE = b"%x" % LENGTH

# Refused; what comes after them on the connection is not looked at
REFUSED = [
    Framed("two lengths", _with(KNOWN, ("content-length", "0"))),
    Framed("a list of lengths", _length(f"{LENGTH}, {LENGTH}")),
    Framed("a list of different lengths", _length(f"{LENGTH}, 0")),
    Framed("a length with a plus", _length(f"+{LENGTH}")),
    Framed("a length in hexadecimal", _length(f"0x{LENGTH:x}")),
    Framed("a length with a space", _length("6 2")),
    Framed("a length with a point", _length(f"{LENGTH}.0")),
    Framed("an empty length", _length("")),
    Framed("a length in other digits", _length("\u0666\u0662")),
    Framed("a length past 64 bits", _length(str(2**64 + LENGTH))),
    Framed("a length with a space before the colon", _with(("content-length ", str(LENGTH)))),
    Framed("an unknown coding", _coded("xchunked")),
    Framed("another coding last", _coded("chunked, identity")),
    Framed("another coding last, on a line of its own", _coded("chunked", "x")),
    Framed("an unknown coding and a length", _coded("x", more=[KNOWN])),
    Framed("a coding in quotes", _coded('"chunked"')),
    Framed("a coding with a vertical tab", _coded("\x0bchunked")),
    Framed("a coding with NUL", _coded("chunked\0")),
    Framed("a coding on a folded line", _coded("\r\n chunked")),
    Framed("a coding with a space before the colon", _with(("transfer-encoding ", "chunked"), body=chunked(GOOD))),
    Framed("a coding in HTTP/1.0", _coded("chunked").replace(b"HTTP/1.1", b"HTTP/1.0", 1)),
    Framed("a size in hexadecimal, with 0x", _chunks(b"0x%b\r\n%b\r\n0\r\n\r\n" % (SIZE, GOOD))),
    Framed("a size with a plus", _chunks(b"+%b\r\n%b\r\n0\r\n\r\n" % (SIZE, GOOD))),
    Framed("a negative size", _chunks(b"-%b\r\n%b\r\n0\r\n\r\n" % (SIZE, GOOD))),
    Framed("a size after a space", _chunks(b" %b\r\n%b\r\n0\r\n\r\n" % (SIZE, GOOD))),
    Framed("a size past 64 bits", _chunks(b"1%b%b\r\n%b\r\n0\r\n\r\n" % (b"0" * 14, SIZE, GOOD))),
    Framed("no size", _chunks(b"\r\n%b\r\n0\r\n\r\n" % GOOD)),
    Framed("an extension with a line end", _chunks(b"%b;a\nb\r\n%b\r\n0\r\n\r\n" % (SIZE, GOOD))),
    Framed("lines that end without CR", _chunks(b"%b\n%b\n0\n\n" % (SIZE, GOOD))),
    Framed("a chunk longer than its size", _chunks(b"%b\r\n%bXX\r\n0\r\n\r\n" % (SIZE, GOOD))),
    Framed("a chunk without a line end", _chunks(b"%b\r\n%b0\r\n\r\n" % (SIZE, GOOD))),
    Framed("lines that end with CR alone", GOOD_HEAD.replace(b"\r\n", b"\r") + GOOD),
    Framed("NUL in a header", _with(("x", "a\0b"), KNOWN)),
    Framed("CR in a header", _with(("x", "a\rb"), KNOWN)),
    Framed("a folded line", _with(("x", "a\r\n b"), KNOWN)),
    Framed("a first line that is folded", GOOD_HEAD.replace(b"\r\n", b"\r\n x: a\r\n", 1) + GOOD),
    Framed("a target with a space", GOOD_HEAD.replace(b"single", b"single x", 1) + GOOD),
    Framed("tabs in the first line", GOOD_HEAD.replace(b" ", b"\t", 2) + GOOD),
    Framed("HTTP/1.2", GOOD_HEAD.replace(b"HTTP/1.1", b"HTTP/1.2", 1) + GOOD),
    Framed("HTTP/2.0", GOOD_HEAD.replace(b"HTTP/1.1", b"HTTP/2.0", 1) + GOOD),
    Framed("the beginning of TLS", b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + b"x" * 100),
    Framed("hundreds of headers", _with(*((f"x{n}", "a") for n in range(200)), KNOWN)),
]

# Two ways to frame a body: that of the coding counts (RFC 9112, 6.3), and the connection ends with the answer
AMBIGUOUS = [
    Framed("a length, then a coding", _with(("content-length", "5"), CHUNKS[-1], body=chunked(GOOD))),
    Framed("a coding, then a length", _coded("chunked", more=[KNOWN])),
    Framed("a length of what comes after", _coded("chunked", more=[("content-length", "1000")])),
]  # fmt: skip

# Unusual, but with one end only: what comes after them is a request
CLEAR = [
    Framed("the same length twice", _with(KNOWN, KNOWN)),
    Framed("a length with zeros", _length(f"000{LENGTH}")),
    Framed("a coding in capitals", _coded("CHUNKED")),
    Framed("a coding after a tab", _coded("\tchunked")),
    Framed("a size with zeros", _chunks(b"%b%b\r\n%b\r\n0\r\n\r\n" % (b"0" * 12, SIZE, GOOD))),
    Framed("a size with an extension", _chunks(b"%b;a=b\r\n%b\r\n0\r\n\r\n" % (SIZE, GOOD))),
    Framed("lines of a head that end without CR", GOOD_HEAD.replace(b"\r\n", b"\n") + GOOD),
    Framed("blank lines before", b"\r\n\r\n" + GOOD_HEAD + GOOD),
    Framed("a whole URL", GOOD_HEAD.replace(b"/page-views", b"http://example.com/page-views", 1) + GOOD),
    Framed("an upgrade to HTTP/2", _with(("upgrade", "h2c"), ("connection", "upgrade"), KNOWN)),
    Framed("a length named in Connection", _with(("connection", "content-length"), KNOWN)),
]  # fmt: skip
