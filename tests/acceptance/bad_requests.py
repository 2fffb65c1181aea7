"""Tables of requests that the service refuses."""

import json
from typing import NamedTuple

from tests.client import JSON, HeaderLines

SINGLE = "/page-views/single"
MULTI = "/page-views/multi"
TEN = "2025-07-16T10:00:00Z"
GOOD = b'{"page": "example.com/a", "timestamp": "2025-07-16T10:00:00Z"}'
GOOD_BATCH = b'{"example.com/a": {"2025-07-16T10:00:00Z": 1}}'


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


def _spoiled(good: bytes) -> list[Body]:
    return [
        Body("cut in the middle", good[: len(good) // 2], ["#"]),
        Body("cut before the last brace", good[:-1], ["#"]),
        Body("a brace too many", good + b"}", ["#"]),
        Body("two bodies", good + b"\n" + good, ["#"]),
        Body("followed by NUL", good + b"\0", ["#"]),
        Body("followed by text", good + b" x", ["#"]),
        Body("after a BOM", b"\xef\xbb\xbf" + good, ["#"]),
    ]


def _single(page: bytes = b'"example.com/a"', timestamp: bytes = b'"2025-07-16T10:00:00Z"', more: bytes = b"") -> bytes:
    return b'{"page": %b, "timestamp": %b%b}' % (page, timestamp, more)


BAD_PAGES = [
    ("empty", b'""'),
    ("NUL", b'"a\\u0000"'),
    ("a line end", b'"a\\nb"'),
    ("a tab", b'"\\t"'),
    ("U+001F", b'"a\\u001f"'),
    ("U+007F", b'"a\\u007f"'),
    ("a raw U+007F", b'"a\x7f"'),
    ("U+0080", b'"\\u0080"'),
    ("a raw U+0085", b'"a\xc2\x85"'),
    ("U+009F", b'"\\u009f"'),
    ("a lone high surrogate", b'"a\\ud800"'),
    ("a lone low surrogate", b'"\\udfffa"'),
    ("surrogates the wrong way round", b'"\\ude00\\ud83d"'),
    ("2,049 bytes", b'"' + b"x" * 2049 + b'"'),
    ("2,050 bytes in 1,025 characters", b'"' + "\u00e9".encode() * 1025 + b'"'),
    ("2,052 bytes as escapes", b'"' + b"\\ud83d\\ude00" * 513 + b'"'),
]

NO_TEXTS = [b"null", b"0", b"1752660000", b"1.5", b"1e400", b"7" * 5000, b"true", b"false", b"[]", b"{}", b'["a"]']

BAD_SINGLES = [
    *(Body(name, body, ["#"]) for name, body in NOT_JSON_OBJECTS),
    *_spoiled(GOOD),
    *(Body(f"a page that is {value[:9]!r}", _single(page=value), ["#/page"]) for value in NO_TEXTS),
    *(Body(f"a timestamp that is {value[:9]!r}", _single(timestamp=value), ["#/timestamp"]) for value in NO_TEXTS),
    *(Body(f"a page with {name}", _single(page=page), ["#/page"]) for name, page in BAD_PAGES),
    Body("no member", b"{}", ["#/page", "#/timestamp"]),
    Body("no page", b'{"timestamp": "2025-07-16T10:00:00Z"}', ["#/page"]),
    Body("no timestamp", b'{"page": "a"}', ["#/timestamp"]),
    Body("names in capitals", b'{"Page": "a", "Timestamp": "2025-07-16T10:00:00Z"}', ["#/page", "#/timestamp"]),
    Body("a batch", GOOD_BATCH, ["#/page", "#/timestamp"]),
    Body("both wrong", _single(b'""', b'"now"'), ["#/page", "#/timestamp"]),
    Body("a lone surrogate in the timestamp", _single(timestamp=b'"2025-07-16T10:00:00\\ud800"'), ["#/timestamp"]),
    Body("the page twice", _single(more=b', "page": "example.com/b"'), ["#/page"]),
    Body("the same page twice", _single(more=b', "page": "example.com/a"'), ["#/page"]),
    Body("the page twice, once escaped", _single(more=b', "pa\\u0067e": "example.com/a"'), ["#/page"]),
    Body("the page three times", _single(more=b', "page": 1, "page": 2'), ["#/page", "#/page"]),
    Body("the timestamp twice", _single(more=b', "timestamp": "2025-07-16T10:00:00Z"'), ["#/timestamp"]),
    Body("the timestamp twice, once escaped", _single(more=b', "\\u0074imestamp": null'), ["#/timestamp"]),
    Body("an unknown member twice", _single(more=b', "x": 1, "x": 1'), ["#/x"]),
    Body("an unknown member twice, escaped", _single(more=b', "\\/": 1, "/": 1'), ["#/~1"]),
    Body("an empty name twice", _single(more=b', "": 1, "": 1'), ["#/"]),
    Body("a name that is a lone surrogate twice", _single(more=b', "\\ud800": 1, "\\uD800": 1'), ["#/?"]),
    Body("a member twice below an unknown one", _single(more=b', "x": {"a~": {"b": 1, "b": 2}}'), ["#/x/a~0/b"]),
    Body("a member twice below an array", _single(more=b', "x": [[], [{"a": 1}, {"a": 1, "a": 1}]]'), ["#/x/1/1/a"]),
    Body("NaN in an unknown member", _single(more=b', "x": [NaN]'), ["#"]),
    Body("-Infinity in an unknown member", _single(more=b', "x": -Infinity'), ["#"]),
    Body("a leading zero in an unknown member", _single(more=b', "x": -01'), ["#"]),
    Body("arrays 5,000 deep in an unknown member", _single(more=b', "x": ' + b"[" * 5000 + b"]" * 5000), ["#"]),
]


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
    *_spoiled(GOOD_BATCH),
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
    Body("objects 100,000 deep", b'{"a": ' * 100_000 + b"1" + b"}" * 100_000, ["#"]),
    Body("open objects 100,000 deep", b'{"a":' * 100_000, ["#"]),
    Body("arrays 10,000 deep for a count", _batch(b"[" * 10_000 + b"]" * 10_000), ["#"]),
    Body("one bad entry among many", _many_entries(b"1" * 20), ["#/example.com~1500/" + TEN]),
]

BAD_TIMESTAMPS = [
    "",
    " ",
    "now",
    "0",
    "1752660000",
    "1752660000000",
    "2025",
    "2025-07",
    "2025-07-16",
    "2025-07-16T",
    "2025-07-16T10",
    "2025-07-16T10Z",
    "2025-07-16T10:",
    "2025-07-16T10:0",
    "2025-07-16T10:00:",
    "2025-07-16T10:00:0Z",
    "T10:00:00Z",
    "2025-07-16 10:00:00Z",
    "2025-07-16  10:00",
    "2025-07-16-10:00",
    "2025-07-16__10:00",
    "2025-07-16/10:00:00Z",
    " 2025-07-16T10:00:00Z",
    "2025-07-16T10:00:00Z ",
    "2025-07-16T10:00:00Z\n",
    "2025-07-16T10:00:00Z\0",
    "2025-07-16T10:00:00 Z",
    "2025-7-16T10:00:00Z",
    "2025-07-6T10:00:00Z",
    "25-07-16T10:00:00Z",
    "02025-07-16T10:00:00Z",
    "+2025-07-16T10:00:00Z",
    "-2025-07-16T10:00:00Z",
    "2025-07-16T1:00:00Z",
    "2025/07/16T10:00:00Z",
    "16.07.2025 10:00",
    "07/16/2025 10:00",
    "2025-00-16T10:00:00Z",
    "2025-13-16T10:00:00Z",
    "2025-07-00T10:00:00Z",
    "2025-07-32T10:00:00Z",
    "2025-04-31T10:00:00Z",
    "2025-02-29T10:00:00Z",
    "2025-02-30T10:00:00Z",
    "2100-02-29T10:00:00Z",
    "2025-07-16T24:00:00Z",
    "2025-07-16T25:00:00Z",
    "2025-07-16T10:60:00Z",
    "2025-07-16T10:00:61Z",
    "2025-07-16T10:00:60Z",
    "2025-07-16T23:59:60Z",
    "2025-07-31T23:58:60Z",
    "2016-12-31T23:59:60+01:00",
    "2017-01-01T00:59:60Z",
    "2025-07-31T22:59:60Z",
    "2025-07-31T23:59:61Z",
    "2025-07-31T24:00:60Z",
    "2025-07-16T10:00:00.Z",
    "2025-07-16T10:00:00,5Z",
    "2025-07-16T10:00:00.5.5Z",
    "2025-07-16T10:00.5Z",
    "2025-07-16T10:00:00.-5Z",
    "2025-07-16T10:00:00+24:00",
    "2025-07-16T10:00:00-24:00",
    "2025-07-16T10:00:00+02:60",
    "2025-07-16T10:00:00+99:99",
    "2025-07-16T10:00:00+0200",
    "2025-07-16T10:00:00+02",
    "2025-07-16T10:00:00+2:00",
    "2025-07-16T10:00:00+02:0",
    "2025-07-16T10:00:00+02:00:00",
    "2025-07-16T10:00:00+",
    "2025-07-16T10:00:00Z+02:00",
    "2025-07-16T10:00:00+02:00Z",
    "2025-07-16T10:00:00\u221202:00",
    "2025-07-16T10:00:00 +02:00",
    "2025-07-16T10:00:00ZZ",
    "2025-07-16T10:00:00UTC",
    "2025-07-16T10:00:00 UTC",
    "2025-07-16T10:00:00[Europe/Berlin]",
    "2025-07-16T10:00:00Z[UTC]",
    "2025-07-16T10:00:00A",
    "Wed, 16 Jul 2025 10:00:00 GMT",
    "2025-W29-3T10:00:00Z",
    "2025-197T10:00:00Z",
    "20250716T100000Z",
    "20250716T10:00:00Z",
    "2025-07-16T100000Z",
    "--07-16T10:00:00Z",
    "\uff12\uff10\uff12\uff15-07-16T10:00:00Z",
    "2025-07-16T1\u0660:00:00Z",
    "\u096822025-07-16T10:00:00Z",
    "2025-07-16T10\uff1a00:00Z",
    "2025\u201007\u201016T10:00:00Z",
    "2025-07-16\uff3410:00:00Z",
    "0x7E9-07-16T10:00:00Z",
    "1_25-07-16T10:00:00Z",
    "1e3 -07-16T10:00:00Z",
    "1969-12-31T23:59:59Z",
    "1970-01-01T00:59:59+01:00",
    "1900-01-01T00:00:00Z",
    "0001-01-01T00:00:00+01:00",
    "0000-01-01T00:00:00Z",
    "2201-01-01T00:00:00Z",
    "2200-12-31T23:00:00-01:00",
    "9999-12-31T23:59:59-01:00",
    "9999-12-31T23:59:59Z",
    "10000-01-01T00:00:00Z",
    "2025-07-16T10:00:00." + "0" * 2000 + "Z",
]

WRONG_METHODS = [
    *(
        (SINGLE, method, "POST")
        for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "post")
    ),
    *((MULTI, method, "POST") for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")),
    *(("/report?page=a", method, "GET, HEAD") for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "get")),
    *(("/health", method, "GET, HEAD") for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS")),
]

UNKNOWN_PATHS = [
    "/",
    "/page-views",
    "/page-views/",
    "/page-views/single/",
    "/page-views/SINGLE",
    "/page-views/multi.json",
    "//page-views/multi",
    "/page-views//multi",
    "/page-views/./multi",
    "/page-views/multi%00",
    "/page-views/multi%20",
    "/Report",
    *("/report/", "/report;page=a", "/reports", "/health/", "/%", "/%ff", "/\u00e9", "/" + "x" * 10_000, "*"),
]

WRONG_MEDIA_TYPES = [
    "",
    ";",
    "json",
    "application",
    "application/",
    "*/*",
    "application/*",
    "text/html",
    "text/json",
    "application/xml",
    "application/json5",
    "application/problem+json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/octet-stream",
    "application/json, text/plain",
    "application/json; charset=iso-8859-1",
    "text/plain;charset=utf-16",
    'application/json; charset="us-ascii"',
    "application/json;charset=",
    "text/plain; charset=utf-8; charset=latin1",
    "caf\u00e9",
]
ENCODINGS = ["gzip", "br", "deflate", "zstd", "gzip, identity", "x", ""]
WRONG_MEDIA: list[HeaderLines] = [
    [],
    *([("content-type", value)] for value in WRONG_MEDIA_TYPES),
    *([*JSON, ("content-encoding", value)] for value in ENCODINGS),
]

NO_KEYS: list[str | bytes] = [
    "",
    "k" * 256,
    "k" * 5000,
    "a b",
    "a\tb",
    "\u00e9",
    "k\u00a0",
    b"\xff",
    b"k\x80",
    "\u0661",
    "\U0001f600",
]
BAD_KEYS: list[HeaderLines] = [
    *([("idempotency-key", value)] for value in NO_KEYS),
    [("idempotency-key", "one"), ("idempotency-key", "other")],
    [("idempotency-key", "one"), ("Idempotency-Key", "one")],
    [("idempotency-key", "one"), ("idempotency-key", "")],
]

BAD_QUERIES = [
    *(
        (query, ["page"])
        for query in ["", "?", "?page", "?page=", "?Page=a", "?pages=a", "?take=1&now=" + TEN, "?page=" + "x" * 2049]
    ),
    *(
        ("?page=" + page, ["page"])
        for page in ["%00", "a%0Ab", "%C2%85", "%7F", "a%1f", "%C3%A9" * 1025, "\u00e9" * 1025]
    ),
    *(("?page=a&" + repeated, ["page"]) for repeated in ["page=a", "page=b", "p%61ge=a"]),
    *(
        ("?page=a&" + query, ["now"])
        for query in ["now", "now=", "now=2025-07-16T12:00:00+02:00", f"now={TEN}&now={TEN}"]
    ),
    *(
        ("?page=a&take=" + take, ["take"])
        for take in ["", "0", "-1", "abc", "1.5", "+1", "%2B1", "00", "1e1", "0x1", "1_0", "%201", "1%0A"]
    ),
    *(("?page=a&take=" + take, ["take"]) for take in ["\u0663", "%EF%BC%91", "NaN", "1,5", "1&take=1"]),
    *(
        ("?page=a&order=" + order, ["order"])
        for order in ["", "up", "ASC", "desc%20", "asc,desc", "1", "asc&order=desc"]
    ),
    *(
        ("?page=a&complete=" + complete, ["complete"])
        for complete in ["", "yes", "1", "TRUE", "on", "true&complete=true"]
    ),
    ("?now=x&order=x&take=x&complete=x", ["page", "now", "order", "take", "complete"]),
]

UNREADABLE_QUERIES = [
    "?page=%ff",
    "?page=%C3",
    "?page=a%ED%A0%80",
    "?page=%C0%AF",
    "?page=a&other=%FE",
    "?page=a&%FF=1",
]
