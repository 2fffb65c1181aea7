"""What workers note of their partitions, and what is read of it, in PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from tests.client import PATIENCE_S
from tests.contract.postgres_store import ask

from hourmill.adapters.direct.progress import DirectProgress
from hourmill.adapters.postgres.connection import Database
from hourmill.adapters.postgres.leases import PostgresLeases
from hourmill.adapters.postgres.progress import PostgresProgress
from hourmill.core.hour import EPOCH
from hourmill.errors import Unreachable, Unreadable
from hourmill.ports.progress import Level, PartitionState

START = datetime(2025, 7, 16, 10, tzinfo=UTC)
TWO = frozenset({0, 1})


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    async with Database.open(url) as database:
        await asyncio.wait_for(database.connected(), PATIENCE_S)
        yield database


@pytest.fixture
def progress(database: Database) -> PostgresProgress:
    return PostgresProgress(database)


async def test_nothing_is_complete_before_a_worker_has_told(progress: PostgresProgress) -> None:
    assert await progress.complete_until() == EPOCH
    assert await progress.states() == []
    await progress.note(TWO, {0: Level(3, at(0))})
    assert await progress.complete_until() == EPOCH  # of partition 1 nothing is known


async def test_the_partition_that_is_furthest_behind_tells(progress: PostgresProgress) -> None:
    await progress.note(TWO, {0: Level(0, at(5)), 1: Level(7, at(1))})
    assert await progress.complete_until() == at(1)
    await progress.note(TWO, {1: Level(0, at(9))})
    assert await progress.complete_until() == at(5)


async def test_a_moment_never_goes_back_and_what_is_not_known_stays(progress: PostgresProgress) -> None:
    await progress.note(TWO, {0: Level(0, at(5)), 1: Level(0, at(5))})
    await progress.note(TWO, {0: Level(4, at(2)), 1: Level(9, None)})
    states = await progress.states()
    assert [(state.waiting, state.counted_until) for state in states] == [(4, at(5)), (9, at(5))]
    await progress.note(TWO, {})
    assert [state.waiting for state in await progress.states()] == [4, 9]


async def test_a_new_partition_begins_where_the_others_stand(progress: PostgresProgress) -> None:
    await progress.note(TWO, {0: Level(0, at(5)), 1: Level(0, at(3))})
    await progress.note(TWO | {2}, {0: Level(0, at(9)), 1: Level(0, at(9))})
    assert await progress.complete_until() == at(3)
    assert (await progress.states())[2] == PartitionState(2, None, None, at(3), None)


async def test_a_partition_that_is_gone_holds_nobody_up(url: str, progress: PostgresProgress) -> None:
    await progress.note(TWO | {2}, {0: Level(0, at(5)), 1: Level(0, at(5)), 2: Level(0, at(1))})
    await ask(url, "UPDATE partition_progress SET seen_at = seen_at - interval '2 minutes' WHERE partition = 2")
    assert await progress.complete_until() == at(5)
    await ask(url, "UPDATE partition_progress SET seen_at = seen_at - interval '2 days' WHERE partition = 2")
    await progress.note(TWO, {})
    assert await ask(url, "SELECT count(*) FROM partition_progress") == [(2,)]


async def test_when_all_workers_are_gone_all_partitions_stay(url: str, progress: PostgresProgress) -> None:
    await progress.note(TWO, {0: Level(0, at(5)), 1: Level(0, at(4))})
    await ask(url, "UPDATE partition_progress SET seen_at = seen_at - interval '3 days'")
    assert await progress.complete_until() == at(4)
    await progress.note(TWO, {0: Level(0, at(6))})
    assert await progress.complete_until() == at(4)


async def test_the_holder_of_a_partition_is_told(database: Database, progress: PostgresProgress) -> None:
    worker = bytes(range(16))
    await PostgresLeases(database).renew(worker, frozenset({0}))
    await progress.note(TWO, {})
    holders = [state.worker for state in await progress.states()]
    assert holders == ["00010203-0405-0607-0809-0a0b0c0d0e0f", None]


async def test_workers_that_note_at_once_do_not_hinder_each_other(progress: PostgresProgress) -> None:
    there = frozenset(range(20))
    await asyncio.gather(*[progress.note(there, {place: Level(0, at(place))}) for place in range(20) for _ in range(3)])
    assert [state.counted_until for state in await progress.states()] == [at(place) for place in range(20)]


async def test_a_server_that_is_away_is_told_as_ours() -> None:
    async with Database.open("postgresql://nobody@127.0.0.1:1/none") as database:
        progress = PostgresProgress(database)
        with pytest.raises(Unreachable):
            await progress.note(TWO, {})
        with pytest.raises(Unreadable):
            await progress.complete_until()


async def test_without_a_broker_everything_answered_is_counted() -> None:
    assert await DirectProgress(lambda: at(7)).complete_until() == at(7)
