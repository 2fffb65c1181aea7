"""What is fuzzed: every reader of bytes from outside, each with what must hold whatever the bytes are, and seeds."""

import json
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar
from urllib.parse import quote, urlsplit

from tests.acceptance.bad_requests import BAD_QUERIES
from tests.acceptance.bad_timestamps import BAD_TIMESTAMPS
from tests.acceptance.json_oddities import BAD_NUMBERS, BAD_TEXTS, BAD_VALUES, NUMBERS, TEXTS, VALUES
from tests.acceptance.naughty_strings import NAUGHTY
from tests.acceptance.routes import GOOD, GOOD_BATCH

from hourmill.cli.settings import load
from hourmill.core import parse, strict
from hourmill.core.access_log import parse_line
from hourmill.core.batch import Batch, decode_cells, encode_cells
from hourmill.core.hour import FIRST_HOUR, LAST_HOUR, BadTimestamp, batch_hour_of, hour_of
from hourmill.core.message import MESSAGE_VERSION, Claim, Message, decode_message, encode_message
from hourmill.core.page import MAX_PAGE_BYTES, page_fault
from hourmill.core.page_view_rules import Judge, LeftOut, PageViewRules
from hourmill.core.spreadsheet import harmless
from hourmill.core.time_bounds import WHOLE_TIME, TimeBounds
from hourmill.errors import Fault, Malformed, SettingsRefused, TooManyEntries, Undecodable
from hourmill.http.query import both_of
from hourmill.http.report import question_of
from hourmill.http.stats import Form
from hourmill.http.tables import Table, csv_of, preferred
from hourmill.services.stats.question import RankingQuestion, SeriesQuestion

FEW = 5  # entries of a batch

Read = TypeVar("Read")

NARROW = TimeBounds(now=486_850, first=486_850, last=486_850)  # 2025-07-16T10:00Z, which most seeds are of


class Target(NamedTuple):
    """A reader: check raises if something does not hold that must."""

    name: str
    check: Callable[[bytes], None]
    seeds: Sequence[bytes]


def _outcome(read: Callable[[], Read]) -> Read | list[Fault]:
    """What was read, or the faults that are named."""
    try:
        return read()
    except Malformed as refusal:
        faults = refusal.faults
    assert 1 <= len(faults) <= strict.MAX_NAMED
    assert all(fault.pointer is None or fault.pointer.isascii() for fault in faults)
    return faults


def _outcome_of_few(read: Callable[[], Read]) -> Read | list[Fault] | None:
    """The same; None: there are too many entries."""
    try:
        return _outcome(read)
    except TooManyEntries:
        return None


def _single(body: bytes) -> None:
    for bounds in (NARROW, WHOLE_TIME):
        quick = _outcome(lambda bounds=bounds: parse.view_of(body, bounds))  # type: ignore[misc]
        assert quick == _outcome(lambda bounds=bounds: strict.view_of(body, bounds))  # type: ignore[misc]
    if isinstance(quick, tuple):
        assert page_fault(quick[0]) is None
        assert FIRST_HOUR <= quick[1] <= LAST_HOUR


def _batch(body: bytes) -> None:
    for bounds in (NARROW, WHOLE_TIME):
        quick = _outcome(lambda bounds=bounds: parse.cells_of(body, bounds))  # type: ignore[misc]
        assert quick == _outcome(lambda bounds=bounds: parse.at_once(strict.cells_of(body, bounds)))  # type: ignore[misc]
    few = _outcome_of_few(lambda: parse.cells_of(body, most_entries=FEW))
    assert few in (quick, None)
    assert (few is None) or _outcome_of_few(lambda: parse.at_once(strict.cells_of(body, most_entries=FEW))) == few
    if isinstance(quick, dict):
        assert all(page_fault(page) is None and hours for page, hours in quick.items())
        assert all(FIRST_HOUR <= hour <= LAST_HOUR and count > 0 for h in quick.values() for hour, count in h.items())
        assert decode_cells(encode_cells(quick)) == quick


def _timestamp(data: bytes) -> None:
    text = data.decode(errors="replace")
    for read in (hour_of, batch_hour_of):
        try:
            hour = read(text)
        except BadTimestamp:
            continue
        assert FIRST_HOUR <= hour <= LAST_HOUR


def _message(data: bytes) -> None:
    for body in (data, MESSAGE_VERSION + data):
        try:
            message = decode_message(body)
        except Undecodable:
            continue
        assert decode_message(encode_message(message)) == message
        assert len(message.claim.producer) == 16
        assert message.claim.seq > 0


def _log_line(data: bytes) -> None:
    line = parse_line(data)
    if line is None:
        return
    assert 100 <= line.status <= 999
    assert FIRST_HOUR <= line.hour <= LAST_HOUR
    page = Judge(PageViewRules(keep_query=True)).page_of(line)
    assert isinstance(page, LeftOut) or page_fault(page) is None


def _query(data: bytes) -> None:
    query = data.decode("latin-1")  # as Granian gives it: what the client sent, byte by byte
    for text in (query, data.decode(errors="replace")):
        report = _outcome(lambda text=text: question_of(text))  # type: ignore[misc]
        assert isinstance(report, list) or (page_fault(report.page) is None and 1 <= report.take <= 24)
        for kind in (SeriesQuestion, RankingQuestion):
            _outcome(lambda kind=kind, text=text: both_of(kind, Form, text))  # type: ignore[misc]


def _url(data: bytes) -> None:
    text = data.decode(errors="replace")
    flags = {"DATABASE_URL": URLS[1].decode(), "RABBITMQ_URL": text} if text[:4] == "amqp" else {"DATABASE_URL": text}
    try:
        settings = load(flags)
    except SettingsRefused as refusal:
        told = str(refusal)
    else:
        told = str(settings)
        assert settings.data_file is not None or urlsplit(settings.postgres_url).hostname
    secret = text.partition("://")[2]
    assert len(secret) < 12 or secret not in told, "a secret is shown"


def _table(data: bytes) -> None:
    text = data.decode(errors="replace")
    preferred(text, {"json": "application/json", "csv": "text/csv"})
    if page_fault(text) is None:
        made = harmless(text)
        parts = made.replace("|", ";").split(";")
        assert not any(part.lstrip(' "\xa0\u200b\u2028\ufeff').startswith(("=", "+", "-", "@")) for part in parts)
        assert made.replace("'", "") == text.replace("'", "")
        assert csv_of(Table(["page"], [[text]])).count(b"\r\n") == 2
        assert len(text.encode()) <= MAX_PAGE_BYTES


MESSAGE = encode_message(Message(Claim(bytes(16), 3, 7), Batch({"a": {1: 2}}, {b"k": {"b": {2: 3}}})))
LINE = b'83.149.9.216 - - [17/May/2015:10:05:03 +0000] "GET /a?b=c HTTP/1.1" 200 2326 "-" "Mozilla/5.0 (X11)"'
VHOST_LINE = b'example.com:443 ::1 - a b [17/May/2015:10:05:60 -0130] "GET \\"/\\x41" 304 - "a\\"b" "c" 0.1'
QUERIES = [
    b"page=example.com%2Fa&now=2025-07-16T12:00:00%2B02:00&order=desc&take=3&complete=true",
    b"site=example.com&from=2015-05-17&to=2015-05-18&tz=Europe/Berlin&compare=previous&interval=hour&format=csv",
    b"prefix=a&period=7d&search=x&sort=name&limit=1000&after=AAAA",
    *(query.encode() for query, _ in BAD_QUERIES),
    *(b"page=" + quote(text, errors="replace").encode() for text in NAUGHTY),
]
URLS = [b"sqlite:////var/lib/a.db", b"postgresql://u:p%40@[::1]:5432/db?sslmode=verify-full", b"amqps://u:p@h:5671/%2F"]
JSON_VALUES = [text.json for text in TEXTS]
JSON_VALUES += [value.json for value in (*BAD_TEXTS, *NUMBERS, *BAD_NUMBERS, *VALUES, *BAD_VALUES)]
SINGLES = [b'{"page": "a", "timestamp": "2025-07-16T10:00:00Z", "x": %b}' % value for value in JSON_VALUES]
BATCHES = [b'{"a": {"2025-07-16_10:00": %b, "2025-07-16T11:00Z": 0}}' % value for value in JSON_VALUES]
BATCHES += [  # more than a slice, and what the thorough parser skips
    json.dumps({f"{number}": {} for number in range(450)}).encode(),
    json.dumps({"a": {f"2025-07-{day:02}T{hour:02}:00Z": 1 for day in range(1, 11) for hour in range(24)}}).encode(),
    b'{"a": [%b], "b": {"": [[{"x": [1]}, "]"], null, {}]}, "a": 1}' % (b"[]," * 500),
    b'{"\\\\": {}, "\\"": {"2025-07-16T10:00Z": -0}, "": NaN}',
]
PAGES = [text.encode(errors="replace") for text in NAUGHTY]
TIMESTAMPS = [text.encode() for text in ("2016-12-31T23:59:60.5Z", "2025-07-16_10:00+23:59", *BAD_TIMESTAMPS)]

TARGETS = [
    Target("single", _single, [GOOD, *SINGLES]),
    Target("batch", _batch, [GOOD_BATCH, *BATCHES]),
    Target("timestamp", _timestamp, TIMESTAMPS),
    Target("message", _message, [MESSAGE, MESSAGE[1:]]),
    Target("log-line", _log_line, [LINE, VHOST_LINE]),
    Target("query", _query, QUERIES),
    Target("url", _url, URLS),
    Target("table", _table, [b"text/csv;q=0.5, */*", *PAGES]),
]  # fmt: skip
