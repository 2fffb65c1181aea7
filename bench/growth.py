"""Measures a store that is full: filling it, its size, flushes and reports beside those of an empty one, and cleaning.

PostgreSQL with at least 20 million rows of hours, SQLite with a tenth of it.
"""

import asyncio
import os
import sqlite3
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

import asyncpg
import msgspec
import psutil

from bench.cluster import Cluster, cluster
from bench.history import HOURS_OF_DAY, History, filling
from bench.load import Result, load
from bench.servers import free_port, running
from bench.shapes import Shape, single
from hourmill.adapters.postgres.ledger import PostgresLedger
from hourmill.adapters.postgres.storage import PostgresStorage
from hourmill.adapters.postgres.store import PostgresStore
from hourmill.adapters.sqlite.connection import open_for_reading
from hourmill.adapters.sqlite.journal import Clocks
from hourmill.adapters.sqlite.ledger import SqliteLedger
from hourmill.adapters.sqlite.storage import SqliteStorage
from hourmill.adapters.sqlite.store import SqliteStore
from hourmill.core.batch import Batch, Cells
from hourmill.core.message import Claim
from hourmill.core.tally import cell_count
from hourmill.ports.storage import TableSize
from hourmill.ports.store import CounterReader

FLUSHES = 100
FLUSHED_VIEWS = 5_000
REPORTS = 1_000
PIECE_S = 4
CONNECTIONS = 64
QUIET_PIECES = 5
PARTITIONS = 10
KEPT = {"HOURMILL_RETENTION_HOURLY_DAYS": "200"}  # half of what is there goes
NEVER = {"HOURMILL_CLEAN_INTERVAL_SECONDS": "604800"}
CLEANED_WITHIN_S = 1800.0
TOOK = "SELECT took_ms / 1000.0 FROM janitor"


class Cleaned(msgspec.Struct):
    """Rolling up all days and dropping half of the hours, under load.

    meanwhile  pieces of the load, one after the other, until it was done; quiet: others, afterwards
    """

    seconds: float
    meanwhile: list[Result]
    quiet: list[Result]


class Grown(msgspec.Struct):
    """One store, empty and full. Rates are cells/s; sizes are those before and after it was cleaned."""

    name: str
    cells: int
    views: int
    filled_s: float
    empty_flush: float
    full_flush: float
    report_p50_ms: float
    report_p99_ms: float
    sizes: list[TableSize]
    cleaned: Cleaned = msgspec.field(default_factory=lambda: Cleaned(0.0, [], []))
    sizes_cleaned: list[TableSize] = []


def measure(folder: Path, cells_an_hour: int) -> list[Grown]:
    """PostgreSQL, then SQLite with a tenth."""
    today = int(time.time()) // 86_400
    with cluster() as nodes:
        of_postgres = asyncio.run(_postgres(nodes, History(cells_an_hour), today))
        of_postgres.cleaned = _clean_postgres(nodes, single(folder))
        of_postgres.sizes_cleaned = asyncio.run(_postgres_sizes(nodes.database_url))
    of_sqlite = asyncio.run(_sqlite(folder / "grown.db", History(cells_an_hour // 10), today))
    of_sqlite.cleaned = _clean_sqlite(folder, single(folder))
    of_sqlite.sizes_cleaned = asyncio.run(_sqlite_sizes(folder / "grown.db"))
    return [of_postgres, of_sqlite]


async def _postgres(nodes: Cluster, history: History, today: int) -> Grown:
    producer, seq = os.urandom(16), 0
    hour = today * HOURS_OF_DAY

    async def flush(cells: Cells) -> None:
        nonlocal seq
        seq += 1
        await store.apply([Claim(producer, 0, seq)], Batch(cells, {}))

    async with PostgresStore.open(nodes.database_url, PARTITIONS, 1) as store:
        await store.ready()
        empty = await _flush_rate(flush, history, hour)
        async with PostgresLedger.open(nodes.database_url, PARTITIONS) as ledger:
            cells, views, filled_s = await filling("PostgreSQL", ledger, history, today - 1)
        full = await _flush_rate(flush, history, hour + 1)
        p50, p99 = await _report_ms(store, history, hour - 1)
    sizes = await _postgres_sizes(nodes.database_url)
    return Grown("PostgreSQL", cells, views, filled_s, empty, full, p50, p99, sizes)


async def _sqlite(path: Path, history: History, today: int) -> Grown:
    clocks = Clocks(time.time, time.monotonic)
    hour = today * HOURS_OF_DAY

    async def flush(cells: Cells) -> None:
        await store.count(Batch(cells, {}))
        await store.hours("", 0, 0)  # folds

    async with SqliteStore.open(path, PARTITIONS, 0.0, clocks) as store:
        empty = await _flush_rate(flush, history, hour)
    with SqliteLedger.open(path, PARTITIONS) as ledger:
        cells, views, filled_s = await filling("SQLite", ledger, history, today - 1)
    async with SqliteStore.open(path, PARTITIONS, 0.0, clocks) as store:
        full = await _flush_rate(flush, history, hour + 1)
        p50, p99 = await _report_ms(store, history, hour - 1)
    return Grown("SQLite", cells, views, filled_s, empty, full, p50, p99, await _sqlite_sizes(path))


async def _postgres_sizes(url: str) -> list[TableSize]:
    async with PostgresStorage.open(url) as storage:
        return await storage.sizes()


async def _sqlite_sizes(path: Path) -> list[TableSize]:
    with closing(open_for_reading(path)) as connection:
        return await SqliteStorage(connection).sizes()


async def _flush_rate(flush: Callable[[Cells], Awaitable[None]], history: History, hour: int) -> float:
    rates = []
    for _ in range(FLUSHES):
        cells = history.flush(FLUSHED_VIEWS, hour)
        number = cell_count(cells)
        began_s = perf_counter()
        await flush(cells)
        rates.append(number / (perf_counter() - began_s))
    return median(rates)


async def _report_ms(reader: CounterReader, history: History, last: int) -> tuple[float, float]:
    took_ms = []
    for page in history.flush(50 * REPORTS, last):
        began_s = perf_counter()
        await reader.hours(page, last - 23, last)
        took_ms.append((perf_counter() - began_s) * 1000)
    percent = quantiles(took_ms[:REPORTS], n=100)
    return percent[49], percent[98]


def _clean_postgres(nodes: Cluster, shape: Shape) -> Cleaned:
    """By the worker, which cleans as soon as it runs."""

    def cleaned() -> float | None:
        return asyncio.run(_asked(nodes.database_url, TOOK))

    with nodes.api(), nodes.worker(KEPT | NEVER):
        nodes.settled()  # the API is ready
        found = _cleaned(cleaned, nodes.running["API"], nodes.port, shape)
        nodes.settled()
        found.quiet = [_piece(nodes.running["API"], nodes.port, shape) for _ in range(QUIET_PIECES)]
        return found


def _clean_sqlite(folder: Path, shape: Shape) -> Cleaned:
    """By the service, which cleans as soon as it runs."""
    path, port = folder / "grown.db", free_port()
    serve = ["-m", "hourmill", "serve", "--port", str(port), "--database", f"sqlite:///{path}"]

    def cleaned() -> float | None:
        with closing(sqlite3.connect(path)) as connection:
            row: tuple[float] | None = connection.execute(TOOK).fetchone()
        return row[0] if row else None

    with running(serve, folder, port, KEPT | NEVER) as service:
        found = _cleaned(cleaned, service, port, shape)
        found.quiet = [_piece(service, port, shape) for _ in range(QUIET_PIECES)]
        return found


def _cleaned(cleaned: Callable[[], float | None], server: psutil.Process, port: int, shape: Shape) -> Cleaned:
    """Load until the janitor has come to its end; `cleaned` says how long that took, None before."""
    found, until_s = Cleaned(0.0, [], []), perf_counter() + CLEANED_WITHIN_S
    while (seconds := cleaned()) is None and perf_counter() < until_s:
        found.meanwhile.append(_piece(server, port, shape))
    assert seconds is not None, "it is not clean after half an hour"
    found.seconds = float(seconds)
    return found


async def _asked(url: str, question: str) -> float | None:
    connection = await asyncpg.connect(url)
    try:
        answer: float | None = await connection.fetchval(question)
        return answer
    finally:
        await connection.close()


def _piece(server: psutil.Process, port: int, shape: Shape) -> Result:
    return load(server, port, shape, CONNECTIONS, PIECE_S)
