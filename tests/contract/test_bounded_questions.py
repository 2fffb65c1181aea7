"""A question that takes too long is given up, in the store as well; the next one is answered."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.contract.postgres_store import PARTITIONS, ask, claim
from tests.contract.stores import sqlite_store

from hourmill.adapters.direct.progress import DirectProgress
from hourmill.adapters.postgres.stats import PostgresStats
from hourmill.adapters.postgres.store import PostgresStore
from hourmill.adapters.sqlite.snapshots import Snapshots
from hourmill.adapters.sqlite.stats import SqliteStats
from hourmill.core.batch import Batch
from hourmill.core.hour import hour_of_moment
from hourmill.errors import TakesTooLong, Unreadable
from hourmill.ports.stats import PageViews, Ranking
from hourmill.services.stats.analyst import Analyst
from hourmill.services.stats.question import ComparingQuestion, Question, RankingQuestion
from hourmill.services.stats.ranking import MAX_NAMES_BYTES

NOW = datetime(2026, 5, 20, 13, 30, tzinfo=UTC)
HOUR = hour_of_moment(NOW)
WITHIN_S = 2.0  # ample for what is answered at all
ENDLESS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


def clock() -> datetime:
    return NOW


class Endless(SqliteStats):
    """Whose pages are never read to their end."""

    async def pages(self, ranking: Ranking) -> list[PageViews]:
        rows: list[Any] = await self._snapshots.read(lambda connection: connection.execute(ENDLESS).fetchall())
        return rows


class EndlessPostgres(PostgresStats):
    """Likewise."""

    async def pages(self, ranking: Ranking) -> list[PageViews]:
        async with self._moment() as (connection, _):
            rows: list[Any] = await connection.fetch("SELECT pg_sleep(3600)")
            return rows


class Silent(DirectProgress):
    """Of a store that does not answer."""

    async def complete_until(self) -> datetime:
        await asyncio.Event().wait()
        return NOW


async def filled(path: Path, batch: Batch) -> None:
    async with sqlite_store(path) as store:
        await store.count(batch)


async def test_sqlite_ends_what_nobody_waits_for_and_reads_on(tmp_path: Path) -> None:
    await filled(tmp_path / "views.db", Batch({"a": {HOUR: 1}}))
    with closing(Snapshots(tmp_path / "views.db", "test")) as snapshots:
        began = asyncio.Event()
        loop = asyncio.get_running_loop()

        def endless(connection: sqlite3.Connection) -> None:
            loop.call_soon_threadsafe(began.set)
            connection.execute(ENDLESS).fetchall()

        for _ in range(3):
            began.clear()
            reading = asyncio.create_task(snapshots.read(endless))
            await began.wait()
            reading.cancel()
            assert await snapshots.read(lambda c: c.execute("SELECT count(*) FROM page_views").fetchone()) == (1,)


@pytest.mark.parametrize(
    ("question", "parameters"),
    [
        (RankingQuestion(search="x"), ["period", "site", "search"]),
        (RankingQuestion(from_="2020-01-01", site="a"), ["from"]),
    ],
)
async def test_a_question_that_takes_too_long_says_what_to_narrow(
    tmp_path: Path, question: RankingQuestion, parameters: list[str]
) -> None:
    await filled(tmp_path / "views.db", Batch({"a": {HOUR: 3}}))
    with closing(Endless(tmp_path / "views.db")) as stats:
        with pytest.raises(TakesTooLong, match="takes longer than 2 s") as refused:
            await Analyst(stats, DirectProgress(clock), clock, WITHIN_S).pages(question)
        assert [fault.parameter for fault in refused.value.faults] == parameters
        assert (await Analyst(stats, DirectProgress(clock), clock).totals(ComparingQuestion())).views == 3


async def test_a_store_that_does_not_answer_at_all_is_not_the_fault_of_the_question(tmp_path: Path) -> None:
    await filled(tmp_path / "views.db", Batch({}))
    with closing(SqliteStats(tmp_path / "views.db")) as stats, pytest.raises(Unreadable, match="did not answer"):
        await Analyst(stats, Silent(clock), clock, 0.01).heatmap(Question())


async def test_postgresql_ends_what_nobody_waits_for_and_reads_on(url: str) -> None:
    async with PostgresStore.open(url, PARTITIONS, 0) as store:
        await store.ready()
        await store.apply([claim(1)], Batch({"a": {HOUR: 3}}, {}))
        for _ in range(3):  # more often than there are connections for statistics
            with pytest.raises(TakesTooLong):
                await Analyst(EndlessPostgres(store.database), DirectProgress(clock), clock, 1.0).pages(
                    RankingQuestion()
                )
        found = await Analyst(store.stats, DirectProgress(clock), clock).pages(RankingQuestion())
        running = await ask(url, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(3600)'")
    assert ([(entry.page, entry.views) for entry in found.pages], running) == ([("a", 3)], [(0,)])


async def test_an_answer_of_long_names_ends_sooner_and_goes_on_in_the_next(tmp_path: Path) -> None:
    names = [f"a/{number:04}".ljust(2048, "x") for number in range(MAX_NAMES_BYTES // 2048 + 5)]
    await filled(tmp_path / "views.db", Batch({name: {HOUR: 1} for name in names}))
    with closing(SqliteStats(tmp_path / "views.db")) as stats:
        analyst = Analyst(stats, DirectProgress(clock), clock)
        first = await analyst.pages(RankingQuestion(limit=10_000))
        second = await analyst.pages(RankingQuestion(limit=10_000, after=first.next))
    assert [entry.page for entry in [*first.pages, *second.pages]] == names
    assert (len(second.pages), second.next) == (5, None)
