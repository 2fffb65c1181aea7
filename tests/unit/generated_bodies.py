"""Request bodies as a source of randomness makes them: mostly good, spelled in every way JSON allows, some spoiled."""

import json
from collections.abc import Callable
from random import Random

PAGES = [
    "a",
    "a/b",
    "example.com/",
    "\u00e9",
    "e\u0301",
    "\U0001f600",
    '"',
    "\\",
    "\u2028",
    "x" * 2048,
    "page",
    "timestamp",
]
BAD_PAGES = ["", "a\n", "\0", "\x7f", "\x85", "\ud800", "\ude00\ud83d", "x" * 2049, "\u00e9" * 1025]
DAYS = ["2025-07-16", "2024-02-29", "1970-01-01", "2200-12-31", "2016-12-31", "1999-10-10"]
BAD_DAYS = [
    "2025-02-29",
    "2025-13-01",
    "2025-00-10",
    "1969-12-31",
    "2201-01-01",
    "0001-01-01",
    "9999-12-31",
    "2025-7-16",
]
CLOCKS = ["10:00", "10:00:00", "10:59:59.999", "00:00:00", "23:59:59", "23:30", "23:59:60"]
BAD_CLOCKS = [
    "24:00",
    "10",
    "10:60",
    "10:00:61",
    "10:00:60",
    "1:00",
    "10:00.5",
    "10:00:00,5",
    "10:00:00.",
    "1\u0660:00",
    "",
]
ZONES = ["", "Z", "z", "+00:00", "-00:00", "+01:00", "-01:30", "+23:59", "-23:59", "+05:45"]
BAD_ZONES = ["+24:00", "+01:60", "+0100", "+01", "Z+01:00", " Z", "\u22121:00", "UTC", "+1:00"]
COUNTS = ["0", "1", "2", "5", "2147483647", "-0"]
BAD_COUNTS = [
    "-1",
    "2147483648",
    "1.0",
    "1e0",
    "1e400",
    "1" + "0" * 30,
    "9" * 4400,
    "true",
    "null",
    '"1"',
    "[]",
    "{}",
    "NaN",
    "01",
]
VALUES = [
    "null",
    "1",
    "1e400",
    '"text"',
    "[]",
    '{"a": {"b": [1, {"b": 2}]}}',
    '[{"a": 1}, {"a": 1}]',
    '"\\""',
    "9" * 4400,
    '{"": 0}',
]
BAD_VALUES = [
    '{"a": 1, "a": 1}',
    '[{"x": [{"a": 1, "\\u0061": 2}]}]',
    "NaN",
    "-Infinity",
    "01",
    '"\\x"',
    "[1,]",
    '"\t"',
]
BLANKS = ["", "", "", " ", "\n", "\r\n", "\t "]
SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "/": "\\/", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}

Members = list[tuple[str, str]]


def single_body(random: Random) -> bytes:
    """The body of a single request."""
    page, timestamp = _spelled(random, _page(random)), _spelled(random, _timestamp(random, "TTTTTTTTTTt_"))
    members = [("page", page), ("timestamp", timestamp)]
    if _seldom(random):
        members[random.randrange(2)] = (members[0][0], random.choice(VALUES))
    if _seldom(random):
        members.pop()
    return _spoiled(random, _object(random, _with_others(random, members)))


def batch_body(random: Random) -> bytes:
    """The body of a multi request."""
    members = []
    for _ in range(random.randrange(4)):
        hours = [
            (_timestamp(random, "TTTTt__"), _either(random, COUNTS, BAD_COUNTS)) for _ in range(random.randrange(5))
        ]
        members.append((_page(random), _object(random, _once(random, hours))))
    if _seldom(random):
        members.append((_page(random), random.choice(VALUES)))
    return _spoiled(random, _object(random, _once(random, members)))


def _page(random: Random) -> str:
    return _either(random, PAGES, BAD_PAGES)


def _timestamp(random: Random, separators: str) -> str:
    day, clock = _either(random, DAYS, BAD_DAYS), _either(random, CLOCKS, BAD_CLOCKS)
    return day + random.choice(separators) + clock + _either(random, ZONES, BAD_ZONES)


def _with_others(random: Random, members: Members) -> Members:
    while random.randrange(4) == 3:
        name = random.choice(["x", "y", "Page", "", "page ", '"', "\ud800"])
        members.append((name, _either(random, VALUES, BAD_VALUES)))
    random.shuffle(members)
    return _once(random, members)


def _once(random: Random, members: Members) -> Members:
    """Each name once; or, seldom, one of them twice."""
    once = list(dict(members).items())
    if once and _seldom(random):
        once.insert(random.randrange(len(once) + 1), random.choice(once))
    return once


def _object(random: Random, members: Members) -> str:
    def blank() -> str:
        return random.choice(BLANKS)

    written = [f"{blank()}{_spelled(random, name)}{blank()}:{blank()}{value}{blank()}" for name, value in members]
    return blank() + "{" + ",".join(written) + "}" + blank()


def _spelled(random: Random, text: str) -> str:
    """A JSON string, a few of its characters escaped without need."""
    if random.randrange(6) < 5:
        return json.dumps(text, ensure_ascii=not text.isprintable())
    most = 40  # of a long text the rest is left as it is
    return '"' + "".join(_character(random, character) for character in text[:most]) + json.dumps(text[most:])[1:]


def _character(random: Random, character: str) -> str:
    ways: list[Callable[[], str]] = [
        lambda: json.dumps(character)[1:-1],
        lambda: "".join(f"\\u{unit:04X}" for unit in _utf_16(character)),
        lambda: SHORT_ESCAPES.get(character, json.dumps(character)[1:-1]),
        lambda: "".join(f"\\u{unit:04x}" for unit in _utf_16(character)),
        lambda: character if character.isprintable() and character not in '"\\' else json.dumps(character)[1:-1],
    ]
    return random.choice(ways)()


def _utf_16(character: str) -> list[int]:
    encoded = character.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(encoded[at : at + 2]) for at in range(0, len(encoded), 2)]


def _spoiled(random: Random, text: str) -> bytes:
    """The text as UTF-8; seldom, some of its bytes are changed."""
    body = bytearray(text.encode("utf-8", "surrogatepass"))
    while body and random.randrange(6) == 5:
        at = random.randrange(len(body))
        length = random.randrange(1, 12)
        match random.randrange(5):
            case 0:
                body[at] = random.randrange(256)
            case 1:
                del body[at : at + length]
            case 2:
                body[at:at] = body[at : at + length]
            case 3:
                body[at:at] = random.choice(
                    [b'"', b"\\", b"\0", b"\xed\xa0\x80", b"\xff", b"\xef\xbb\xbf", b"{", b"]", b","]
                )
            case _:
                del body[at:]
    return bytes(body)


def _either(random: Random, good: list[str], bad: list[str]) -> str:
    return random.choice(bad if random.randrange(25) == 24 else good)


def _seldom(random: Random) -> bool:
    return random.randrange(15) == 14
