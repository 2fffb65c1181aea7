"""Bodies that the service refuses on every route that counts, and what tables of bad bodies are made of."""

import json
from typing import NamedTuple

from tests.acceptance.routes import GOOD


class Body(NamedTuple):
    """A bad body, and the places that its answer names: JSON Pointers before percent-encoding."""

    name: str
    body: bytes
    pointers: list[str]


# Bad whichever route they are sent to
NOT_JSON_OBJECTS = [
    ("empty", b""),
    ("blank", b" \r\n\t "),
    ("a lone brace", b"{"),
    ("an array", b"[]"),
    ("an array of a good body", b"[" + GOOD + b"]"),
    ("a string", b'"example.com/a"'),
    ("a good body in a string", json.dumps(GOOD.decode()).encode()),
    ("null", b"null"),
    ("true", b"true"),
    ("a number", b"1"),
    ("a number beyond floats", b"1e400"),
    ("a number of 5000 digits", b"7" * 5000),
    ("NaN", b"NaN"),
    ("Infinity", b"Infinity"),
    ("NUL", b"\0"),
    ("a BOM", b"\xef\xbb\xbf{}"),
    ("form data", b"page=example.com%2Fa&timestamp=2025-07-16T10%3A00%3A00Z"),
    ("single quotes", b"{'page': 'a'}"),
    ("a name without quotes", b"{page: 1}"),
    ("a name that is a number", b"{1: 1}"),
    ("a comment", b"{/* none */}"),
    ("a comma too many", b'{"a": {},}'),
    ("a missing comma", b'{"a": {} "b": {}}'),
    ("a missing colon", b'{"a" {}}'),
    ("a leading zero", b'{"a": {"2025-07-16T10:00:00Z": 01}}'),
    ("a plus sign", b'{"a": {"2025-07-16T10:00:00Z": +1}}'),
    ("no digit before the point", b'{"a": {"2025-07-16T10:00:00Z": .5}}'),
    ("no digit after the point", b'{"a": {"2025-07-16T10:00:00Z": 1.}}'),
    ("a hexadecimal number", b'{"a": {"2025-07-16T10:00:00Z": 0x1}}'),
    ("a count of NaN", b'{"a": {"2025-07-16T10:00:00Z": NaN}}'),
    ("a count of Infinity", b'{"a": {"2025-07-16T10:00:00Z": Infinity}}'),
    ("a count of -Infinity", b'{"a": {"2025-07-16T10:00:00Z": -Infinity}}'),
    ("a raw line end in a text", b'{"page": "a\nb", "timestamp": "2025-07-16T10:00:00Z"}'),
    ("a raw NUL in a text", b'{"page": "a\0b", "timestamp": "2025-07-16T10:00:00Z"}'),
    ("a raw tab in a name", b'{"a\tb": {"2025-07-16T10:00:00Z": 1}}'),
    ("an unknown escape", b'{"page": "\\x41", "timestamp": "2025-07-16T10:00:00Z"}'),
    ("half an escape", b'{"page": "\\u00", "timestamp": "2025-07-16T10:00:00Z"}'),
    ("an escape without digits", b'{"page": "\\u+041", "timestamp": "2025-07-16T10:00:00Z"}'),
    ("Latin-1", '{"page": "caf\u00e9", "timestamp": "2025-07-16T10:00:00Z"}'.encode("latin-1")),
    ("a lone surrogate in CESU-8", b'{"page": "\xed\xa0\x80", "timestamp": "2025-07-16T10:00:00Z"}'),
    ("a pair of surrogates in CESU-8", b'{"\xed\xa0\xbd\xed\xb8\x80": {"2025-07-16T10:00:00Z": 1}}'),
    ("an overlong slash", b'{"page": "a\xc0\xafb", "timestamp": "2025-07-16T10:00:00Z"}'),
    ("a code point past U+10FFFF", b'{"page": "\xf4\x90\x80\x80", "timestamp": "2025-07-16T10:00:00Z"}'),
    ("half a character", b'{"page": "\xc3", "timestamp": "2025-07-16T10:00:00Z"}'),
    ("bad UTF-8 in an unknown member", b'{"page": "a", "timestamp": "2025-07-16T10:00:00Z", "x": "\xff"}'),
    ("UTF-16", GOOD.decode().encode("utf-16")),
    ("UTF-16 without BOM", GOOD.decode().encode("utf-16-le")),
    ("UTF-32", GOOD.decode().encode("utf-32")),
    ("open arrays 10,000 deep", b"[" * 10_000),
]

DEEP_BODIES = [b'{"a": ' + b"[" * 5000 + b"]" * 5000 + b"}", b'{"a": ' * 2000 + b"1" + b"}" * 2000]


def spoiled(good: bytes) -> list[Body]:
    return [
        Body("cut in the middle", good[: len(good) // 2], ["#"]),
        Body("cut before the last brace", good[:-1], ["#"]),
        Body("a brace too many", good + b"}", ["#"]),
        Body("two bodies", good + b"\n" + good, ["#"]),
        Body("followed by NUL", good + b"\0", ["#"]),
        Body("followed by text", good + b" x", ["#"]),
        Body("after a BOM", b"\xef\xbb\xbf" + good, ["#"]),
    ]


NO_TEXTS = [b"null", b"0", b"1752660000", b"1.5", b"1e400", b"7" * 5000, b"true", b"false", b"[]", b"{}", b'["a"]']
