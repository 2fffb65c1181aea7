"""One line of an access log, in the common or combined format of Apache and nginx."""

import re
from functools import lru_cache

import msgspec

from hourmill.core.hour import BadTimestamp, hour_of

MAX_LINE_BYTES = 65_536  # four header fields at Apache's limit of 8,190 bytes, half of each written as \xhh
REMEMBERED_TIMES = 4096  # a line is seldom an hour late

_TIME_CHARS = len(" [17/May/2015:10:05:03 +0000] ")
_TIME = re.compile(r" \[(\d\d/\w{3}/\d{4}):(\d\d:\d\d):(?:[0-5]\d|60) ([+-]\d\d)(\d\d)\] ", re.ASCII)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH_NUMBERS = {name: f"{number:02}" for number, name in enumerate(_MONTHS, 1)}
_STATUSES = {f" {status} ": status for status in range(100, 1000)}
_QUOTED = re.compile(r'(?<= )"([^"\\]*+(?:\\.[^"\\]*+)*+)"', re.DOTALL)
_VIRTUAL_HOST = re.compile(r"([^ :\[\]]+):\d{1,5} (?=\S+ \S+ \S)", re.ASCII)  # one colon: an IPv6 address has more


class LogLine(msgspec.Struct, frozen=True, gc=False):
    """A request, as an access log tells it.

    host        the virtual host that Apache's vhost_combined puts first; "" without
    target      as it stands in the log, "" for a request without; backslash escapes are left as they are
    hour        UTC, hours since 1970-01-01T00:00Z
    user_agent  as it stands in the log; "" in the common format
    """

    host: str
    method: str
    target: str
    status: int
    hour: int
    user_agent: str


def parse_line(line: bytes) -> LogLine | None:
    """The request that a line tells of, or None for a line that is broken.

    line    without its newline
    source  docs/import.md, "Lines"
    """
    if len(line) > MAX_LINE_BYTES:
        return None
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return None
    # both give: before, request, status and size, referer, " ", user agent, rest; splitting at quotes is much faster
    match _QUOTED.split(text, 3) if "\\" in text else text.split('"', 6):
        case [before, request, numbers, _, " ", user_agent, rest] if rest[:1] in {"", " "}:
            pass
        case [before, request, numbers]:
            numbers, user_agent = numbers + " ", ""
        case _:
            return None
    client, hour, status = before[:-_TIME_CHARS], _hour(before[-_TIME_CHARS:]), _status(numbers)
    if hour is None or status is None or client.count(" ") < 2:
        return None
    method, _, target = request.partition(" ")
    host = _host(client) if ":" in client else ""
    return LogLine(host, method, _without_protocol(target), status, hour, user_agent)


@lru_cache(maxsize=REMEMBERED_TIMES)  # a busy second has many lines
def _hour(time: str) -> int | None:
    found = _TIME.fullmatch(time)
    return _hour_of_minute(*found.groups()) if found else None


@lru_cache(maxsize=REMEMBERED_TIMES)
def _hour_of_minute(date: str, minute: str, zone_hours: str, zone_minutes: str) -> int | None:
    day, month, year = date.split("/")
    try:
        return hour_of(f"{year}-{_MONTH_NUMBERS.get(month)}-{day}T{minute}{zone_hours}:{zone_minutes}")
    except BadTimestamp:
        return None


def _status(numbers: str) -> int | None:
    size = numbers[5:-1]
    return _STATUSES.get(numbers[:5]) if numbers[-1:] == " " and (size.isdecimal() or size == "-") else None


def _host(client: str) -> str:
    found = _VIRTUAL_HOST.match(client)
    return found[1] if found else ""


def _without_protocol(target: str) -> str:
    if target[-9:-3] == " HTTP/":  # nearly always; what follows is for HTTP/2 without .0, and for no protocol
        return target[:-9]
    path, _, protocol = target.rpartition(" ")
    return path if protocol.startswith("HTTP/") else target
