"""Batches that the service refuses."""

import json

from tests.acceptance.bad_bodies import NO_TEXTS, NOT_JSON_OBJECTS, Body, spoiled
from tests.acceptance.routes import GOOD, GOOD_BATCH, TEN


def _batch(count: bytes) -> bytes:
    return (
        b'{"example.com/b": {"2025-07-16T10:00:00Z": 1}, "a": {"2025-07-16T10:00Z": %b, "2025-07-16T11:00Z": 1}}'
        % count
    )


def _many_entries(count: bytes) -> bytes:
    entries = {f"example.com/{number}": {TEN: 1} for number in range(1000)} | {"example.com/500": {TEN: "?"}}
    return json.dumps(entries).encode().replace(b'"?"', count)


BAD_COUNTS = [
    b"-1",
    b"-2147483648",
    b"-9223372036854775809",
    b"2147483648",
    b"4294967297",
    b"18446744073709551617",
    b"1" + b"0" * 30,
    b"9" * 5000,
    b"-" + b"9" * 5000,
    b"1.5",
    b"1.0",
    b"0.0",
    b"-0.0",
    b"1e2",
    b"1e400",
    b"-1e400",
    b"1e-400",
    b"0.1e1",
    *(b"true", b"false", b"null", b'"5"', b'""', b'"NaN"', b"[]", b"[1]", b"{}", b'{"a": 1}'),
]

BAD_BATCHES = [
    *(Body(name, body, ["#"]) for name, body in NOT_JSON_OBJECTS),
    *spoiled(GOOD_BATCH),
    *(Body(f"a count of {count[:20]!r}", _batch(count), ["#/a/2025-07-16T10:00Z"]) for count in BAD_COUNTS),
    *(
        Body(f"hours that are {value[:9]!r}", b'{"b": {}, "a": %b}' % value, ["#/a"])
        for value in NO_TEXTS
        if value != b"{}"
    ),
    Body("a single view", GOOD, ["#/page", "#/timestamp"]),
    Body("an empty page", b'{"": {"2025-07-16T10:00:00Z": 1}}', ["#/"]),
    Body("an empty page without hours", b'{"": {}}', ["#/"]),
    Body("a page with a line end", b'{"a\\n": {"2025-07-16T10:00:00Z": 1}}', ["#/a\n"]),
    Body("a page with a line end and a count of 0", b'{"a\\n": {"2025-07-16T10:00:00Z": 0}}', ["#/a\n"]),
    Body("a page with NUL", b'{"\\u0000": {"2025-07-16T10:00:00Z": 1}}', ["#/\0"]),
    Body("a page with U+0085", b'{"\\u0085": {"2025-07-16T10:00:00Z": 1}}', ["#/\x85"]),
    Body("a page with a lone surrogate", b'{"a\\udfff": {"2025-07-16T10:00:00Z": 1}}', ["#/a?"]),
    Body("a page of 2,049 bytes", b'{"%b": {"2025-07-16T10:00:00Z": 1}}' % (b"x" * 2049), ["#/" + "x" * 64 + "\u2026"]),
    Body("a page of 2,050 bytes", b'{"%b": {}}' % (b"\xc3\xa9" * 1025), ["#/" + "\u00e9" * 1025]),
    Body("a count below a bad page and hour", b'{"": {"": -1}}', ["#/", "#//", "#//"]),
    Body(
        "a place to be escaped", b'{"~a/b%2F\\u00e9\\"": {"2025-07-16T10:00:00Z": -1}}', ['#/~0a~1b%2F\u00e9"/' + TEN]
    ),
    Body("a page twice", b'{"a": {"2025-07-16T10:00:00Z": 1}, "a": {"2025-07-16T11:00:00Z": 1}}', ["#/a"]),
    Body("a page twice, empty", b'{"a": {}, "a": {}}', ["#/a"]),
    Body("a page twice, once escaped", b'{"a/b": {"2025-07-16T10:00Z": 1}, "\\u0061\\/b": {}}', ["#/a~1b"]),
    Body("an hour twice", b'{"a": {"2025-07-16T10:00:00Z": 1, "2025-07-16T10:00:00Z": 1}}', ["#/a/" + TEN]),
    Body(
        "an hour twice without a view", b'{"a": {"2025-07-16T10:00:00Z": 0, "2025-07-16T10:00:00Z": 0}}', ["#/a/" + TEN]
    ),
    Body(
        "an hour twice, once escaped",
        b'{"a": {"2025-07-16T10:00:00Z": 1, "2025-07-16T10:00:00\\u005a": 1}}',
        ["#/a/" + TEN],
    ),
    Body("hours one level too deep", b'{"a": {"2025-07-16": {"10:00": 1}}}', ["#/a/2025-07-16", "#/a/2025-07-16"]),
    Body("arrays 100,000 deep for hours", b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", ["#"]),
    Body("objects 15,000 deep", b'{"a": ' * 15_000 + b"1" + b"}" * 15_000, ["#"]),
    Body("open objects 15,000 deep", b'{"a":' * 15_000, ["#"]),
    Body("arrays 10,000 deep for a count", _batch(b"[" * 10_000 + b"]" * 10_000), ["#"]),
    Body("one bad entry among many", _many_entries(b"1" * 20), ["#/example.com~1500/" + TEN]),
]
