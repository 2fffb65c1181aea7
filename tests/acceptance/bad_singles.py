"""Single views that the service refuses."""

from tests.acceptance.bad_bodies import NO_TEXTS, NOT_JSON_OBJECTS, Body, spoiled
from tests.acceptance.routes import GOOD, GOOD_BATCH


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


BAD_SINGLES = [
    *(Body(name, body, ["#"]) for name, body in NOT_JSON_OBJECTS),
    *spoiled(GOOD),
    *(Body(f"a page that is {value[:9]!r}", _single(page=value), ["#/page"]) for value in NO_TEXTS),
    *(Body(f"a timestamp that is {value[:9]!r}", _single(timestamp=value), ["#/timestamp"]) for value in NO_TEXTS),
    *(Body(f"a page with {name}", _single(page=page), ["#/page"]) for name, page in BAD_PAGES),
    Body("no member", b"{}", ["#/page"]),
    Body("no page", b'{"timestamp": "2025-07-16T10:00:00Z"}', ["#/page"]),
    Body("names in capitals", b'{"Page": "a", "Timestamp": "2025-07-16T10:00:00Z"}', ["#/page"]),
    Body("a batch", GOOD_BATCH, ["#/page"]),
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
