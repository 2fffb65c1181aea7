"""The dearest legal requests of each route: what bench/hostile.py sends beside single views. One table, ATTACKS."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

JSON = {"content-type": "application/json"}
MULTI = "/page-views/multi"
MOST_BYTES = 8 << 20  # HOURMILL_MAX_MULTI_BODY_BYTES
MOST_ENTRIES = 20_000  # HOURMILL_MAX_ENTRIES
HOUR = "2025-07-16T10:00:00Z"


class Attack(NamedTuple):
    """One request, which is sent over and over; stores: where it is tried, None: on each."""

    name: str
    method: str
    path: str
    headers: Mapping[str, str] = {}
    body: Callable[[], bytes] = bytes
    stores: frozenset[str] | None = None

    def written(self, folder: Path) -> Path:
        """The request as it goes over the wire, in a file."""
        body = self.body()
        lines = [f"{self.method} {self.path} HTTP/1.1", "host: 127.0.0.1"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if body:
            lines.append(f"content-length: {len(body)}")
        file = folder / "attack"
        file.write_bytes("\r\n".join([*lines, "", ""]).encode() + body)
        return file


def _many_pages() -> bytes:
    return json.dumps({f"example.com/page/{n}": {HOUR: 1} for n in range(MOST_ENTRIES // 2)}).encode()


def _many_hours(last: str) -> bytes:
    hours = (f"{2000 + n // 4000}-{n // 400 % 10 + 1:02}-{n // 20 % 20 + 1:02}T{n % 20:02}:{n % 60:02}:00.{n}Z"
             for n in range(MOST_ENTRIES - 2))  # fmt: skip
    return json.dumps({"example.com/page": dict.fromkeys([*hours, last], 1)}).encode()


def _small(pages: int) -> bytes:
    return json.dumps({f"example.com/{n:03}": {HOUR: 1} for n in range(pages)}).encode()


def _long_pages() -> bytes:
    return json.dumps({f"example.com/{n:06}/{'x' * 2_000}": {HOUR: 1} for n in range(4_000)}).encode()


def _empty_pages() -> bytes:
    return b'{"\\"":{},' + b",".join(b'"%d":{}' % n for n in range(700_000)) + b"}"


def _nested() -> bytes:
    return b'{"example.com/page":[' + b"[]," * (MOST_BYTES // 3 - 100) + b"[]]}"


def _single_members() -> bytes:
    members = ",".join(f'"{n}":0' for n in range(950))
    return f'{{"page":"example.com/page","timestamp":"{HOUR}",{members}}}'.encode()


TWO_YEARS = "from=2024-01-01&to=2026-04-01"
ALL = "from=1970-01-01&to=2169-12-31"
ODD = "tz=Australia/Lord_Howe"  # half an hour of summer time

READS = (
    Attack("read hours", "GET", f"/v1/timeseries?{TWO_YEARS}&interval=hour&compare=previous"),
    Attack("read hours as CSV", "GET", f"/v1/timeseries?{TWO_YEARS}&interval=hour&compare=year&{ODD}&format=csv"),
    Attack("read days", "GET", f"/v1/timeseries?from=2010-01-01&to=2023-08-01&interval=day&compare=year&{ODD}"),
    Attack("read months", "GET", f"/v1/timeseries?{ALL}&interval=month&compare=previous&{ODD}"),
    Attack("read totals", "GET", f"/v1/totals?{TWO_YEARS}&compare=previous"),
    Attack("read heatmap", "GET", f"/v1/heatmap?{TWO_YEARS}&{ODD}&format=csv"),
    Attack("read pages", "GET", f"/v1/pages?{ALL}&compare=previous&limit=10000&search=e"),
    Attack("read pages as CSV", "GET", f"/v1/pages?{ALL}&compare=previous&limit=10000&sort=name&format=csv"),
    Attack("read sites", "GET", f"/v1/sites?{ALL}&compare=previous&limit=10000&search=e"),
    Attack("read what is viewed now", "GET", "/v1/live?format=json&prefix=example.com/"),
    Attack("read reports", "GET", "/report?page=example.com/page/1&now=2025-07-16T11:00Z"),
    Attack("read a query of faults", "GET", "/report?" + "%ff&" * 16_000),
    Attack("read with a long Accept", "GET", "/v1/totals", {"accept": "a/b," * 12_000 + "text/csv"}),
    Attack("read metrics", "GET", "/metrics"),
    Attack("read the document", "GET", "/openapi.json"),
)

ATTACKS = (
    Attack("batch of many pages", "POST", MULTI, JSON, _many_pages),
    Attack("batch of many hours", "POST", MULTI, JSON, partial(_many_hours, HOUR)),
    Attack("batch of many hours and a fault", "POST", MULTI, JSON, partial(_many_hours, "?")),
    Attack("batch of 350 pages", "POST", MULTI, JSON, partial(_small, 350)),
    Attack("batch of long pages", "POST", MULTI, JSON, _long_pages),
    Attack("batch of empty pages", "POST", MULTI, JSON, _empty_pages),
    Attack("batch with a nested fault", "POST", MULTI, JSON, _nested),
    Attack("single with many members", "POST", "/page-views/single", JSON, _single_members),
    *READS,
)
