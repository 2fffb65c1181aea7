"""What every keeper of leases promises (ports/store.py), on PostgreSQL. Time passes by ageing what is written down."""

import asyncio
from collections.abc import AsyncIterator
from itertools import combinations
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.client import PATIENCE_S

from hourmill.adapters.postgres.connection import Database
from hourmill.adapters.postgres.leases import LEASE, PostgresLeases
from hourmill.errors import Unreachable
from hourmill.ports.store import Holding

TEN = frozenset(range(10))
ONE, TWO, THREE = (bytes([n]) * 16 for n in (1, 2, 3))


@pytest.fixture
async def leases(url: str) -> AsyncIterator[PostgresLeases]:
    async with Database.open(url) as database:
        await asyncio.wait_for(database.connected(), PATIENCE_S)
        yield PostgresLeases(database)


async def age(url: str, worker: bytes, seconds: float = LEASE.total_seconds() + 1) -> None:
    """Let a worker have been silent for so long."""
    connection = await asyncpg.connect(url)
    try:
        for table, column in (("workers", "seen_at"), ("leases", "expires_at")):
            sql = f"UPDATE {table} SET {column} = {column} - make_interval(secs => $2) WHERE worker = $1"
            await connection.execute(sql, UUID(bytes=worker), seconds)
    finally:
        await connection.close()


async def settle(leases: PostgresLeases, *workers: bytes) -> dict[bytes, frozenset[int]]:
    """What the workers hold when each has renewed and given back its surplus, and nothing changes any more."""
    for _ in range(3):
        for worker in workers:
            holding = await leases.renew(worker, TEN)
            surplus = frozenset(sorted(holding.held)[holding.fair_share :])
            if surplus:
                await leases.release(worker, surplus)
    return {worker: (await leases.renew(worker, TEN)).held for worker in workers}


async def test_one_worker_takes_all(leases: PostgresLeases) -> None:
    assert await leases.renew(ONE, TEN) == Holding(TEN, 10)
    assert await leases.renew(ONE, TEN) == Holding(TEN, 10)


async def test_a_worker_keeps_more_than_its_share_until_it_gives_it_back(leases: PostgresLeases) -> None:
    await leases.renew(ONE, TEN)
    assert await leases.renew(TWO, TEN) == Holding(frozenset(), 5)
    assert await leases.renew(ONE, TEN) == Holding(TEN, 5)
    await leases.release(ONE, frozenset({7, 8, 9}))
    assert await leases.renew(TWO, TEN) == Holding(frozenset({7, 8, 9}), 5)


async def test_two_share_fairly_and_a_third_joins(leases: PostgresLeases) -> None:
    shares = await settle(leases, ONE, TWO)
    assert sorted(map(len, shares.values())) == [5, 5]
    assert frozenset.union(*shares.values()) == TEN

    shares = await settle(leases, ONE, TWO, THREE)
    assert sorted(map(len, shares.values())) == [2, 4, 4]
    assert frozenset.union(*shares.values()) == TEN


async def test_a_worker_that_dies_is_replaced(url: str, leases: PostgresLeases) -> None:
    await settle(leases, ONE, TWO)
    await age(url, ONE)
    assert await leases.renew(TWO, TEN) == Holding(TEN, 10)
    assert await leases.renew(ONE, TEN) == Holding(frozenset(), 5)  # back again: what others took is theirs


async def test_a_lease_holds_until_it_expires(url: str, leases: PostgresLeases) -> None:
    await leases.renew(ONE, TEN)
    await age(url, ONE, LEASE.total_seconds() / 2)
    assert await leases.renew(TWO, TEN) == Holding(frozenset(), 5)


async def test_a_worker_that_was_silent_keeps_what_nobody_took(url: str, leases: PostgresLeases) -> None:
    await leases.renew(ONE, TEN)
    await age(url, ONE)
    assert await leases.renew(ONE, TEN) == Holding(TEN, 10)


async def test_a_worker_releases_only_what_is_its_own(leases: PostgresLeases) -> None:
    await leases.renew(ONE, TEN)
    await leases.release(TWO, TEN)
    assert await leases.renew(TWO, TEN) == Holding(frozenset(), 5)


async def test_a_worker_that_leaves_gives_back_everything_and_counts_no_more(leases: PostgresLeases) -> None:
    await settle(leases, ONE, TWO)
    await leases.leave(ONE)
    assert await leases.renew(TWO, TEN) == Holding(TEN, 10)


async def test_partitions_that_are_no_more_are_let_go_and_new_ones_are_taken(leases: PostgresLeases) -> None:
    await leases.renew(ONE, TEN)
    assert await leases.renew(ONE, frozenset({3, 11})) == Holding(frozenset({3, 11}), 2)
    assert await leases.renew(ONE, frozenset()) == Holding(frozenset(), 0)


async def test_workers_silent_for_long_are_forgotten(url: str, leases: PostgresLeases) -> None:
    await leases.renew(ONE, TEN)
    await age(url, ONE, 2 * 24 * 3600)
    await leases.renew(TWO, TEN)
    connection = await asyncpg.connect(url)
    assert [row["worker"].bytes for row in await connection.fetch("SELECT worker FROM workers")] == [TWO]
    await connection.close()


async def test_no_partition_is_given_to_two_that_ask_at_once(leases: PostgresLeases) -> None:
    workers = [uuid4().bytes for _ in range(8)]
    for _ in range(5):
        holdings = await asyncio.gather(*[leases.renew(worker, TEN) for worker in workers])
        for one, two in combinations(holdings, 2):
            assert not one.held & two.held
        surplus = [frozenset(sorted(held)[share:]) for held, share in holdings]
        await asyncio.gather(*[leases.release(*given) for given in zip(workers, surplus, strict=True)])
    assert sorted(len(holding.held) for holding in holdings) == [0, 0, 0, 2, 2, 2, 2, 2]


async def test_leases_cannot_be_had_from_a_server_that_is_away() -> None:
    async with Database.open("postgresql://nobody@127.0.0.1:1/none") as database:
        with pytest.raises(Unreachable):
            await PostgresLeases(database).renew(ONE, TEN)


async def test_leases_cannot_be_had_without_a_schema(database_url: str) -> None:
    async with Database.open(database_url) as database:
        await asyncio.wait_for(database.connected(), PATIENCE_S)
        with pytest.raises(Unreachable):
            await PostgresLeases(database).renew(ONE, TEN)


STEPS = st.lists(st.tuples(st.sampled_from([ONE, TWO, THREE]), st.sampled_from(["renew", "release", "leave", "die"])))


@given(steps=STEPS)
@settings(max_examples=40)
def test_whatever_workers_do_no_partition_is_held_by_two(shared_url: str, steps: list[tuple[bytes, str]]) -> None:
    asyncio.run(play(shared_url, steps))


async def play(url: str, steps: list[tuple[bytes, str]]) -> None:
    held: dict[bytes, frozenset[int]] = {}
    async with Database.open(url) as database:
        await asyncio.wait_for(database.connected(), PATIENCE_S)
        leases = PostgresLeases(database)
        for worker in (ONE, TWO, THREE):
            await leases.leave(worker)
        for worker, step in steps:
            match step:
                case "renew":
                    held[worker], share = await leases.renew(worker, TEN)
                    assert share == -(-10 // len(held))
                case "release":
                    given = frozenset(sorted(held.get(worker, ()))[::2])
                    await leases.release(worker, given)
                    if worker in held:
                        held[worker] -= given
                case "leave":
                    await leases.leave(worker)
                    held.pop(worker, None)
                case "die":
                    await age(url, worker)
                    held.pop(worker, None)
            for one, two in combinations(held.values(), 2):
                assert not one & two
