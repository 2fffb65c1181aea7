"""Measures the statistics of a full store: each report as the API asks for it, without HTTP, and a first view.

PostgreSQL with at least 20 million rows of hours, SQLite with a tenth of it; all days rolled up but the running one.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

import asyncpg
import msgspec
import psutil

from bench.cluster import cluster, cpu_s
from bench.history import History, filling
from hourmill.adapters.direct.progress import DirectProgress
from hourmill.adapters.postgres.housekeeping import PostgresHousehold
from hourmill.adapters.postgres.ledger import PostgresLedger
from hourmill.adapters.postgres.store import PostgresStore
from hourmill.adapters.sqlite.household import SqliteHousehold
from hourmill.adapters.sqlite.ledger import SqliteLedger
from hourmill.adapters.sqlite.stats import SqliteStats
from hourmill.core.retention import Retention
from hourmill.ports.housekeeping import Household
from hourmill.ports.stats import StatsReader
from hourmill.services.janitor import Janitor
from hourmill.services.stats.analyst import Analyst
from hourmill.services.stats.question import ComparingQuestion, Question, RankingQuestion, SeriesQuestion
from hourmill.wiring.parts import utc_now

PARTITIONS = 10
TIMES = 30
WARM_UP = 2
FAR = "Pacific/Auckland"  # no day of it begins with one of UTC
SITE = "site-3.example"
PAGE = "site-3.example/0/article-53"  # one of the more read
MARK_MS = 200.0
VIEW_MARK_MS = 300.0

Report = Callable[[Analyst], Awaitable[object]]


class Reported(msgspec.Struct):
    """One report of one store.

    cpu_ms   of the store's processes and this one, on average: what is left of it on a machine that does other things
    mark_ms  what p95 may be
    """

    store: str
    report: str
    p50_ms: float
    p95_ms: float
    cpu_ms: float
    mark_ms: float


def measure(folder: Path, cells_an_hour: int) -> list[Reported]:
    """PostgreSQL, then SQLite with a tenth."""
    today = int(time.time()) // 86_400
    with cluster() as nodes:
        server = nodes.running["PostgreSQL"]
        reported = asyncio.run(_postgres(nodes.database_url, server, History(cells_an_hour), today))
    return reported + asyncio.run(_sqlite(folder / "reports.db", History(cells_an_hour // 10), today))


async def _postgres(url: str, server: psutil.Process, history: History, today: int) -> list[Reported]:
    async with PostgresLedger.open(url, PARTITIONS) as ledger:
        await filling("PostgreSQL", ledger, history, today)
    await _roll_up(PostgresHousehold(url, utc_now))
    await _vacuumed(url)
    return await of_postgres(url, server)


async def _vacuumed(url: str) -> None:
    """What autovacuum does in the minutes after so much was written; before that, reports read rows they need not."""
    connection = await asyncpg.connect(url)
    await connection.execute("VACUUM (ANALYZE)")
    await connection.close()


async def of_postgres(url: str, server: psutil.Process) -> list[Reported]:
    """The reports of a database that is filled."""
    async with PostgresStore.open(url, PARTITIONS, 0) as store:
        await store.ready()
        return await _reported("PostgreSQL", store.stats, server)


async def _sqlite(path: Path, history: History, today: int) -> list[Reported]:
    with SqliteLedger.open(path, PARTITIONS) as ledger:
        await filling("SQLite", ledger, history, today)
    await _roll_up(SqliteHousehold(path, time.time))
    return await of_sqlite(path)


async def of_sqlite(path: Path) -> list[Reported]:
    """The reports of a data file that is filled."""
    async with _stats(path) as stats:
        return await _reported("SQLite", stats, None)


@asynccontextmanager
async def _stats(path: Path) -> AsyncIterator[SqliteStats]:
    stats = SqliteStats(path)
    try:
        yield stats
    finally:
        stats.close()


async def _roll_up(household: Household) -> None:
    await Janitor(household, Retention(), utc_now).clean()


async def _reported(store: str, stats: StatsReader, server: psutil.Process | None) -> list[Reported]:
    analyst = Analyst(stats, DirectProgress(utc_now), utc_now)
    found = []
    for name, (report, mark_ms) in _reports().items():
        for _ in range(WARM_UP):
            await report(analyst)
        before_s = _cpu_s(server)
        took_ms = [await _took_ms(report, analyst) for _ in range(TIMES)]
        cpu_ms = (_cpu_s(server) - before_s) * 1000 / TIMES
        found.append(Reported(store, name, median(took_ms), quantiles(took_ms, n=20)[18], cpu_ms, mark_ms))
    return found


def _cpu_s(server: psutil.Process | None) -> float:
    processes = [psutil.Process()] + ([] if server is None else [server, *server.children(recursive=True)])
    return sum(cpu_s(process) for process in processes)


async def _took_ms(report: Report, analyst: Analyst) -> float:
    began_s = perf_counter()
    await report(analyst)
    return (perf_counter() - began_s) * 1000


def _reports() -> dict[str, tuple[Report, float]]:
    year: dict[str, Any] = {"period": "12mo", "tz": FAR}
    return {
        "pages of 12 months, all": (lambda a: a.pages(RankingQuestion(**year)), MARK_MS),
        "pages of 12 months, a site": (lambda a: a.pages(RankingQuestion(site=SITE, **year)), MARK_MS),
        "pages of 12 months, a search": (lambda a: a.pages(RankingQuestion(search="article-1", **year)), MARK_MS),
        "sites of 12 months": (lambda a: a.sites(RankingQuestion(**year)), MARK_MS),
        "12 months by the day, all": (lambda a: a.timeseries(SeriesQuestion(interval="day", **year)), MARK_MS),
        "12 months by the day, a site": (
            lambda a: a.timeseries(SeriesQuestion(interval="day", site=SITE, **year)),
            MARK_MS,
        ),
        "12 months by the day, a page": (
            lambda a: a.timeseries(SeriesQuestion(interval="day", page=PAGE, **year)),
            MARK_MS,
        ),
        "totals of 12 months": (lambda a: a.totals(ComparingQuestion(**year)), MARK_MS),
        "hours of the week, 30 days": (lambda a: a.heatmap(Question(period="30d", tz=FAR)), MARK_MS),
        "first view, 7 days": (lambda a: _first_view(a, "7d", "UTC"), VIEW_MARK_MS),
        "first view, 30 days": (lambda a: _first_view(a, "30d", "UTC"), VIEW_MARK_MS),
        "first view, 30 days, far": (lambda a: _first_view(a, "30d", FAR), VIEW_MARK_MS),
    }


async def _first_view(analyst: Analyst, period: Any, tz: str) -> None:
    """All that the dashboard asks for at once."""
    plain = {"period": period, "tz": tz}
    compared = {**plain, "compare": "previous"}
    await asyncio.gather(
        analyst.totals(ComparingQuestion(**compared)),
        analyst.timeseries(SeriesQuestion(**compared)),
        analyst.pages(RankingQuestion(**compared)),
        analyst.sites(RankingQuestion(**compared)),
        analyst.heatmap(Question(**plain)),
    )
