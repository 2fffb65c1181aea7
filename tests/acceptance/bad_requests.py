"""Methods, paths, headers and queries that the service refuses."""

from tests.acceptance.routes import MULTI, SINGLE, TEN
from tests.client import JSON, HeaderLines

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
