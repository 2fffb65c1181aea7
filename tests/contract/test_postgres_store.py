"""What every store of workers promises (ports/store.py), on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs
from tests.servers.postgres import PostgresServer
from tests.servers.process import awaited

from hourmill.adapters.postgres.connection import address
from hourmill.adapters.postgres.migrate import migrate, newest, schema_stands
from hourmill.adapters.postgres.months import make_months
from hourmill.adapters.postgres.store import PostgresStore
from hourmill.core.batch import Batch, Cells
from hourmill.core.hour import FIRST_HOUR, LAST_HOUR
from hourmill.core.message import Claim
from hourmill.core.partition import partition_of
from hourmill.errors import NotAccepted, OutcomeUnknown, Poison, SchemaUnusable, Unreadable
from hourmill.ports.store import ParkedCell

PARTITIONS = 4
PRODUCER = bytes(range(16))
OTHER = bytes(16)
MONTH = 730
WITHIN_S = 60.0  # in which what must come comes


def claim(seq: int, partition: int = 0, producer: bytes = PRODUCER) -> Claim:
    return Claim(producer, partition, seq)


@asynccontextmanager
async def opened(url: str, shard_key: int = 0) -> AsyncIterator[PostgresStore]:
    async with PostgresStore.open(url, PARTITIONS, shard_key) as store:
        await asyncio.wait_for(store.ready(), WITHIN_S)
        yield store


async def ask(url: str, statement: str, *arguments: Any) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(statement, *arguments)]
    finally:
        await connection.close()


async def applied_at_last(store: PostgresStore, claims: Sequence[Claim], batch: Batch) -> Sequence[Claim]:
    """As a worker does it: again, until the store answers."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            try:
                return await store.apply(claims, batch)
            except (NotAccepted, OutcomeUnknown):
                await store.ready()


@pytest.fixture
async def url(database_url: str) -> str:
    """A database with our schema."""
    await migrate(database_url)
    return database_url


@pytest.fixture(scope="module")
def shared_url(postgres: PostgresServer) -> str:
    """A database with our schema for all generated cases of one test."""
    url = postgres.create_database()
    awaited(migrate(url))
    return url


@pytest.fixture
async def store(url: str) -> AsyncIterator[PostgresStore]:
    async with opened(url) as store:
        yield store


async def test_a_counted_batch_is_read_at_once(store: PostgresStore) -> None:
    assert await store.apply([claim(1)], Batch({"a": {10: 2, 11: 3}, "b": {10: 4}}, {})) == []
    assert await store.hours("a", 10, 11) == {10: 2, 11: 3}
    assert await store.hours("a", 11, 99) == {11: 3}
    assert await store.hours("a", -5, 10**9) == {10: 2, 11: 3}
    assert await store.hours("c", 10, 11) == {}


async def test_batches_add_up_over_restarts_and_shard_keys(url: str) -> None:
    for shard_key in range(3):
        async with opened(url, shard_key) as store:
            await store.apply([claim(2 * shard_key + 1)], Batch({"a": {10: 2}}, {}))
            await store.apply([claim(2 * shard_key + 2)], Batch({"a": {10: 1}}, {}))
            assert await store.hours("a", 10, 10) == {10: 3 * shard_key + 3}
    assert len(await ask(url, "SELECT FROM page_views")) == 3


async def test_the_table_has_the_documented_columns(url: str, store: PostgresStore) -> None:
    await store.apply([claim(1)], Batch({'"q\\é😀/~': {486_729: 5}}, {}))
    rows = await ask(url, "SELECT page, view_hour, views, partition, shard_key FROM page_views")
    hour = datetime(2025, 7, 11, 9, tzinfo=UTC)
    assert rows == [('"q\\é😀/~', hour, 5, partition_of('"q\\é😀/~', PARTITIONS), 0)]


async def test_claims_made_before_are_told_and_change_nothing(store: PostgresStore) -> None:
    await store.apply([claim(1), claim(2)], Batch({"a": {10: 2}}, {}))
    claims = [claim(3), claim(2), claim(4), claim(1)]
    assert await store.apply(claims, Batch({"a": {10: 9}}, {b"k": {"b": {10: 1}}})) == [claim(2), claim(1)]
    assert await store.apply([claim(3), claim(4)], Batch({"a": {10: 5}}, {b"k": {"b": {10: 1}}})) == []
    assert await store.hours("a", 10, 10) == {10: 7}
    assert await store.hours("b", 10, 10) == {10: 1}


async def test_claims_of_other_producers_and_partitions_are_others(store: PostgresStore) -> None:
    for other in (claim(1), claim(1, partition=1), claim(1, producer=OTHER), claim(2)):
        assert await store.apply([other], Batch({"a": {10: 1}}, {})) == []
    assert await store.hours("a", 10, 10) == {10: 4}


async def test_a_claim_that_comes_twice_in_one_call_is_a_mistake_of_the_caller(store: PostgresStore) -> None:
    with pytest.raises(ValueError, match="twice"):
        await store.apply([claim(1), claim(1)], Batch({"a": {10: 2}}, {}))
    assert await store.apply([claim(1)], Batch({"a": {10: 1}}, {})) == []
    assert await store.hours("a", 10, 10) == {10: 1}


async def test_claims_melt_into_one_range_in_whatever_order_they_come(url: str, store: PostgresStore) -> None:
    for seqs in ([5, 3], [1], [9], [2, 4]):
        assert await store.apply([claim(seq) for seq in seqs], Batch({"a": {10: 1}}, {})) == []
    assert await ask(url, "SELECT producer, partition, applied::text FROM claims") == [
        (UUID(bytes=PRODUCER), 0, "{[1,6),[9,10)}")
    ]
    assert await store.apply([claim(seq) for seq in (6, 7, 8)], Batch({}, {})) == []
    assert await ask(url, "SELECT applied::text FROM claims") == [("{[1,10)}",)]


async def test_the_largest_number_that_can_travel_is_claimed(store: PostgresStore) -> None:
    last = Claim(PRODUCER, 2**31 - 1, 2**62)
    assert await store.apply([last], Batch({"a": {10: 1}}, {})) == []
    assert await store.apply([last], Batch({"a": {10: 1}}, {})) == [last]


async def test_claims_of_producers_silent_for_30_days_go_when_a_new_producer_comes(
    url: str, store: PostgresStore
) -> None:
    await store.apply([claim(1, partition) for partition in range(3)], Batch({}, {}))
    await ask(url, "UPDATE claims SET changed_at = now() - interval '31 days' WHERE partition > 0")
    await store.apply([claim(1, producer=OTHER)], Batch({}, {}))
    left = await ask(url, "SELECT producer, partition FROM claims ORDER BY 1")
    assert left == [(UUID(bytes=OTHER), 0), (UUID(bytes=PRODUCER), 0)]


async def test_the_same_batches_applied_by_many_stores_at_once_count_once(url: str) -> None:
    pages = {f"page {n}": {10: 1} for n in range(200)}
    async with opened(url) as one, opened(url) as two, opened(url) as three:
        await one.apply([claim(99)], Batch({"a": {10: 1}}, {}))
        for seq in range(1, 30, 3):
            claims = [claim(seq + n, partition) for n in range(3) for partition in range(4)]
            backwards = claims[::-1]
            answers = await asyncio.gather(
                one.apply(claims, Batch(pages, {})),
                two.apply(backwards, Batch(dict(reversed(pages.items())), {})),
                three.apply(claims[5:] + claims[:5], Batch(pages, {})),
            )
            assert sorted(map(len, answers)) == [0, 12, 12]
        assert await one.hours("page 7", 10, 10) == {10: 10}


async def test_overlapping_sets_of_cells_and_keys_never_wait_for_each_other(url: str) -> None:
    async with opened(url) as one, opened(url) as two:

        async def count(store: PostgresStore, producer: bytes, step: int) -> None:
            for seq in range(1, 21):
                cells = {f"p{n}": {10: 1} for n in range(300)[::step]}
                keyed = {b"%d-%d" % (seq, n): {f"p{n}": {10: 1}} for n in range(50)[::step]}
                assert await store.apply([claim(seq, producer=producer)], Batch(cells, keyed)) == []

        async with asyncio.TaskGroup() as group:
            group.create_task(count(one, PRODUCER, 1))
            group.create_task(count(two, OTHER, -1))
        assert await one.hours("p7", 10, 10) == {10: 60}  # 20 from each, and 20 keys once


async def test_a_commit_whose_answer_was_lost_is_known_by_applying_again(url: str, store: PostgresStore) -> None:
    calls = [asyncio.create_task(store.apply([claim(seq)], Batch({"a": {10: 1}}, {}))) for seq in range(1, 4)]
    of_the_store = "datname = current_database() AND application_name = 'hourmill'"
    await ask(url, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {of_the_store}")
    for outcome in await asyncio.gather(*calls, return_exceptions=True):
        assert not isinstance(outcome, BaseException) or isinstance(outcome, NotAccepted | OutcomeUnknown)
    for seq in range(1, 4):
        assert await applied_at_last(store, [claim(seq)], Batch({"a": {10: 1}}, {})) in ([], [claim(seq)])
    assert await store.hours("a", 10, 10) == {10: 3}


async def test_a_worker_that_is_cancelled_meanwhile_leaves_all_or_nothing(url: str, store: PostgresStore) -> None:
    pages = {f"page {n}": {10: 1} for n in range(500)}
    for seq in range(1, 11):
        applying = asyncio.create_task(store.apply([claim(seq)], Batch(pages, {})))
        await asyncio.wait([applying], timeout=0.002 * seq)
        applying.cancel()
        await asyncio.wait([applying])
        await applied_at_last(store, [claim(seq)], Batch(pages, {}))
    assert await store.hours("page 0", 10, 10) == {10: 10}
    assert await ask(url, "SELECT count(DISTINCT views) FROM page_views") == [(1,)]


async def test_a_repeated_key_counts_once_and_its_batch_counts_all_the_same(store: PostgresStore) -> None:
    await store.apply([claim(1)], Batch({}, {b"k1": {"a": {10: 5}}}))
    await store.apply([claim(2)], Batch({"a": {10: 1}}, {b"k1": {"a": {10: 5}}, b"k2": {"a": {10: 7}, "b": {11: 1}}}))
    assert await store.hours("a", 10, 10) == {10: 13}
    assert await store.hours("b", 11, 11) == {11: 1}


async def test_a_key_in_concurrent_batches_counts_once(url: str) -> None:
    async with opened(url) as one, opened(url) as two:
        for seq in range(1, 11):
            keyed = {b"%d-%d" % (seq, n): {"a": {10: 1}, f"{n}": {11: 1}} for n in range(20)}
            answers = await asyncio.gather(
                one.apply([claim(seq)], Batch({}, keyed)),
                two.apply([claim(seq, producer=OTHER)], Batch({}, dict(reversed(keyed.items())))),
            )
            assert list(answers) == [[], []]
        assert await one.hours("a", 10, 10) == {10: 200}
        assert await one.hours("7", 11, 11) == {11: 10}


@pytest.mark.parametrize(("age", "views"), [("71 hours 59 minutes", 5), ("72 hours 1 second", 10)])
async def test_a_key_is_remembered_for_72_hours(url: str, store: PostgresStore, age: str, views: int) -> None:
    await store.apply([claim(1)], Batch({}, {b"k": {"a": {10: 5}}}))
    await ask(url, f"UPDATE idempotency_keys SET claimed_at = now() - interval '{age}'")
    await store.apply([claim(2)], Batch({}, {b"k": {"a": {10: 5}}}))
    await store.apply([claim(3)], Batch({}, {b"k": {"a": {10: 5}}}))
    assert await store.hours("a", 10, 10) == {10: views}


async def test_expired_keys_leave_the_table(url: str, store: PostgresStore) -> None:
    await store.apply([claim(1)], Batch({}, {b"%d" % n: {"a": {10: 1}} for n in range(500)}))
    await ask(url, "UPDATE idempotency_keys SET claimed_at = now() - interval '73 hours'")
    await store.apply([claim(2)], Batch({}, {b"new": {"a": {10: 1}}}))
    assert await ask(url, "SELECT key_hash FROM idempotency_keys") == [(b"new",)]


async def test_a_counter_at_the_ceiling_of_64_bits_stays_there(store: PostgresStore) -> None:
    for seq in range(1, 4):
        await store.apply([claim(seq)], Batch({"a": {10: 2**62}}, {}))
    assert await store.hours("a", 10, 10) == {10: 2**63 - 1}
    keyed = {b"%d" % n: {"b": {10: 2**63 - 1}} for n in range(3)}
    await store.apply([claim(4)], Batch({"b": {10: 2**63 - 1}}, keyed))
    assert await store.hours("b", 10, 10) == {10: 2**63 - 1}


@pytest.mark.parametrize(
    "cells",
    [
        {"a\0b": {10: 1}},
        {"\ud800": {10: 1}},
        {"a": {10: 2**63}},
        {"a": {10: -1}},
        {"a": {10: 0}},
        {"a": {-1: 1}},
        {"a": {LAST_HOUR + 1: 1}},
        {"a": {2**70: 1}},
        {"".join(map(chr, range(0x4E00, 0x4E00 + 5000))): {10: 1}},
    ],
    ids=["NUL", "surrogate", "65 bits", "negative", "zero", "1969", "2201", "far away", "too long for an index"],
)
async def test_poison_is_refused_and_changes_nothing(url: str, store: PostgresStore, cells: Cells) -> None:
    assert not await store.accepts(cells)
    for batch in (Batch({"good": {10: 1}} | cells, {}), Batch({"good": {10: 1}}, {b"k": cells})):
        with pytest.raises(Poison):
            await store.apply([claim(1)], batch)
    for table in ("claims", "idempotency_keys", "page_views", "parked_cells"):
        assert await ask(url, f"SELECT FROM {table}") == []
    assert await store.apply([claim(1)], Batch({"good": {10: 1}}, {})) == []


async def test_a_key_too_long_for_its_index_is_poison(store: PostgresStore) -> None:
    key = b"".join(n.to_bytes(2, "big") for n in range(5000))
    with pytest.raises(Poison):
        await store.apply([claim(1)], Batch({}, {key: {"a": {10: 1}}}))


async def test_asking_whether_cells_are_accepted_counts_nothing(url: str, store: PostgresStore) -> None:
    assert await store.accepts({"a": {10: 1, LAST_HOUR: 2**63 - 1}, "b": {10: 3}})
    assert await store.accepts({})
    assert await ask(url, "SELECT FROM page_views") == []


async def test_parked_cells_are_kept_as_they_are_with_their_claim(url: str, store: PostgresStore) -> None:
    parked = [
        ParkedCell(claim(2), None, "a\0b", 10, 1, "no \0 in a text"),
        ParkedCell(claim(1), b"k", "\ud800", -(2**80), 2**80, "\udfff"),
    ]
    assert await store.apply([claim(1), claim(2)], Batch({"a": {10: 1}}, {b"k": {"a": {10: 2}}}), parked) == []
    assert await store.hours("a", 10, 10) == {10: 3}
    sql = "SELECT seq, key_hash, page, hour::text, views::text, reason FROM parked_cells ORDER BY seq"
    assert await ask(url, sql) == [
        (1, b"k", "\ud800".encode(errors="surrogatepass"), str(-(2**80)), str(2**80), "?"),
        (2, None, b"a\0b", "10", "1", "no \\0 in a text"),
    ]


async def test_parked_cells_of_a_claim_or_key_made_before_are_not_parked_again(url: str, store: PostgresStore) -> None:
    cell = ParkedCell(claim(1), b"k", "a\0b", 10, 1, "NUL")
    assert await store.apply([claim(1)], Batch({}, {}), [cell]) == []
    assert await store.apply([claim(1)], Batch({}, {}), [cell]) == [claim(1)]
    keyed = {b"k": {"a": {10: 1}}}  # the key is claimed, though none of its cells was counted
    assert await store.apply([claim(2)], Batch({}, keyed), [cell._replace(claim=claim(2))]) == []
    assert await ask(url, "SELECT seq FROM parked_cells") == [(1,)]
    assert await store.hours("a", 10, 10) == {}


async def test_a_parked_cell_of_no_claim_is_a_mistake_of_the_caller(store: PostgresStore) -> None:
    with pytest.raises(ValueError, match="not in list"):
        await store.apply([claim(1)], Batch({}, {}), [ParkedCell(claim(2), None, "a", 10, 1, "")])


async def test_hours_of_hundreds_of_months_from_1970_to_2200_are_counted(url: str, store: PostgresStore) -> None:
    hours = dict.fromkeys([*range(FIRST_HOUR, LAST_HOUR, 9 * MONTH), LAST_HOUR], 1)
    assert await store.apply([claim(1)], Batch({"a": hours}, {})) == []
    assert await store.apply([claim(2)], Batch({"a": hours}, {})) == []
    assert await store.hours("a", FIRST_HOUR, LAST_HOUR) == dict.fromkeys(hours, 2)
    options = await ask(url, "SELECT DISTINCT reloptions FROM pg_class WHERE relname LIKE 'page\\_views\\_____\\___'")
    assert options == [(["fillfactor=70"],)]


async def test_the_hours_at_the_edges_of_a_month_are_counted(store: PostgresStore) -> None:
    july, august = 486_480, 487_224
    hours = {july - 1: 1, july: 2, august - 1: 3, august: 4}
    await store.apply([claim(1)], Batch({"a": hours}, {}))
    assert await store.hours("a", july - 1, august) == hours


async def test_a_month_that_was_dropped_is_made_again(url: str, store: PostgresStore) -> None:
    await store.apply([claim(1)], Batch({"a": {0: 1}}, {}))
    await ask(url, "DROP TABLE page_views_1970_01")
    assert await store.accepts({"a": {0: 1}})
    assert await store.apply([claim(2)], Batch({"a": {0: 2}}, {})) == []
    assert await store.hours("a", 0, 0) == {0: 2}


async def test_a_month_that_was_detached_is_left_alone_and_made_anew(url: str, store: PostgresStore) -> None:
    for seq in (1, 2, 3):
        await store.apply([claim(seq)], Batch({"a": {0: seq}}, {}))
        if seq < 3:
            await ask(url, f"ALTER TABLE page_views DETACH PARTITION page_views_1970_01{(seq - 1) * '_again'}")
    assert await store.hours("a", 0, 0) == {0: 3}
    assert await ask(url, "SELECT views FROM page_views_1970_01") == [(1,)]


async def test_a_partition_of_somebody_elses_making_is_used(url: str, store: PostgresStore) -> None:
    await ask(
        url, "CREATE TABLE year PARTITION OF page_views FOR VALUES FROM ('1970-01-01 00:00Z') TO ('1971-01-01 00:00Z')"
    )
    await make_months(store.database, [0])
    await store.apply([claim(1)], Batch({"a": {0: 1}}, {}))
    assert await ask(url, "SELECT views FROM year") == [(1,)]


async def test_months_made_by_two_stores_at_once_stand_once(url: str) -> None:
    hours = dict.fromkeys(range(0, 40 * MONTH, MONTH), 1)
    async with opened(url) as one, opened(url) as two:
        async with asyncio.TaskGroup() as group:
            group.create_task(one.apply([claim(1)], Batch({"a": hours}, {})))
            group.create_task(two.apply([claim(2)], Batch({"a": hours}, {})))
        assert await one.hours("a", 0, 40 * MONTH) == dict.fromkeys(hours, 2)


async def test_counting_goes_on_while_months_are_made(url: str) -> None:
    async with opened(url) as one, opened(url) as two:
        await one.apply([claim(10**6)], Batch({"a": {0: 1}}, {}))
        making = asyncio.create_task(make_months(two.database, range(MONTH, 60 * MONTH, MONTH)))
        seq = 0
        while not making.done():
            seq += 1
            assert await one.apply([claim(seq)], Batch({"a": {0: 1}}, {})) == []
        await making
        assert await one.hours("a", 0, 0) == {0: seq + 1}


async def test_a_broken_constraint_of_a_users_own_is_poison_not_a_missing_month(url: str, store: PostgresStore) -> None:
    await ask(url, "ALTER TABLE page_views ADD CHECK (page <> 'bad')")
    with pytest.raises(Poison):
        await store.apply([claim(1)], Batch({"bad": {10: 1}}, {}))
    assert await store.apply([claim(1)], Batch({"good": {10: 1}}, {})) == []


async def test_several_processes_migrate_at_once(database_url: str) -> None:
    done = await asyncio.gather(*[migrate(database_url) for _ in range(4)])
    assert sorted(map(len, done)) == [1, 1, 1, 2]
    async with opened(database_url) as store:
        assert await store.apply([claim(1)], Batch({"a": {10: 1}}, {})) == []


async def test_changed_functions_are_put_in_again(url: str) -> None:
    await ask(url, "UPDATE hourmill_migrations SET digest = 'other' WHERE version = 0")
    connection = await asyncpg.connect(url)
    assert not await schema_stands(connection)
    assert await migrate(url) == ["The functions in the server are those of this version."]
    assert await schema_stands(connection)
    await connection.close()


async def test_a_newer_schema_is_left_alone(url: str) -> None:
    await ask(url, "INSERT INTO hourmill_migrations (version, digest) VALUES ($1, '')", newest() + 1)
    with pytest.raises(SchemaUnusable, match="newer"):
        await migrate(url)
    async with PostgresStore.open(url, PARTITIONS, 0) as store:
        with pytest.raises(SchemaUnusable, match="newer"):
            await store.ready()


async def test_page_views_of_another_program_are_left_alone(database_url: str) -> None:
    await ask(database_url, "CREATE TABLE page_views (id integer)")
    with pytest.raises(SchemaUnusable):
        await migrate(database_url)
    assert await ask(database_url, "SELECT relname FROM pg_class WHERE relname LIKE 'hourmill%'") == []


async def test_a_store_waits_for_its_schema(database_url: str) -> None:
    async with PostgresStore.open(database_url, PARTITIONS, 0) as store:
        with capture_logs() as logs:
            waiting = asyncio.create_task(store.ready())
            await until(lambda: any("hourmill migrate" in line["event"] for line in logs))
        await migrate(database_url)
        await asyncio.wait_for(waiting, WITHIN_S)
        assert await store.apply([claim(1)], Batch({"a": {10: 1}}, {})) == []


async def test_a_server_that_is_away_refuses_at_once_and_is_found_when_it_comes(
    postgres: PostgresServer, url: str
) -> None:
    postgres.stop()
    try:
        with capture_logs() as logs:
            async with PostgresStore.open(url, PARTITIONS, 0) as store:
                await until(lambda: bool(logs))
                with pytest.raises(NotAccepted):
                    await store.apply([claim(1)], Batch({"a": {10: 1}}, {}))
                with pytest.raises(NotAccepted):
                    await store.accepts({"a": {10: 1}})
                with pytest.raises(Unreadable):
                    await store.hours("a", 10, 10)
                postgres.start()
                await asyncio.wait_for(store.ready(), WITHIN_S)
                assert await store.apply([claim(1)], Batch({"a": {10: 1}}, {})) == []
    finally:
        if not postgres.runs:
            postgres.start()
    events = [line["event"] for line in logs]
    assert events == ["waiting for PostgreSQL", "connected to PostgreSQL", *events[2:]]
    assert {key: str(logs[0][key]) for key in address(url)} == {key: str(value) for key, value in address(url).items()}


@pytest.mark.parametrize("end", [PostgresServer.stop, PostgresServer.kill], ids=["stopped", "killed"])
async def test_nothing_is_lost_or_counted_twice_when_the_server_ends_in_between(
    postgres: PostgresServer, url: str, end: Callable[[PostgresServer], None]
) -> None:
    async with opened(url) as store:

        async def count(producer: int) -> None:
            for seq in range(1, 101):
                await applied_at_last(store, [claim(seq, producer)], Batch({"a": {10: 1}, f"{producer}": {10: 1}}, {}))

        async with asyncio.TaskGroup() as group:
            for producer in range(3):
                group.create_task(count(producer))
            await until_counted(store, 30)
            await asyncio.to_thread(end, postgres)
            await asyncio.to_thread(postgres.start)
        assert await store.hours("a", 10, 10) == {10: 300}
        assert await store.hours("2", 10, 10) == {10: 100}


def test_an_address_never_holds_the_password() -> None:
    url = "postgresql://me:s3cret@db.example:5433/views?sslmode=require&password=s3cret"
    assert address(url) == {"host": "db.example", "port": "5433", "database": "views"}
    assert address("postgresql://db/views") == {"host": "db", "port": "5432", "database": "views"}
    assert address("postgresql://[::1]/views") == {"host": "[::1]", "port": "5432", "database": "views"}


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not holds():  # noqa: ASYNC110 nobody else tells when a line is logged
            await asyncio.sleep(0)


async def until_counted(store: PostgresStore, views: int) -> None:
    async with asyncio.timeout(WITHIN_S):
        while (await store.hours("a", 10, 10)).get(10, 0) < views:
            pass


CELLS = st.dictionaries(
    st.sampled_from(["a", "b", "ü/1", ""]),
    st.dictionaries(st.integers(0, 3), st.integers(1, 9), min_size=1),
    min_size=1,
)
CLAIMS = st.builds(claim, st.integers(1, 6), st.integers(0, 1), st.sampled_from([PRODUCER, OTHER]))
CALLS = st.tuples(st.sets(CLAIMS, min_size=1, max_size=4), st.sampled_from([None, b"k1", b"k2"]), CELLS)
AT_ONCE = st.lists(st.lists(CALLS, min_size=1, max_size=3), max_size=8)


@given(rounds=AT_ONCE)
@settings(max_examples=40)
def test_any_interleaving_of_claims_and_keys_gives_the_sums_of_a_plain_dictionary(
    shared_url: str, rounds: list[list[tuple[set[Claim], bytes | None, Cells]]]
) -> None:
    """The answers say which calls counted: of those that share a claim exactly one, of those that share a key one."""
    asyncio.run(play(shared_url, rounds))


async def play(url: str, rounds: list[list[tuple[set[Claim], bytes | None, Cells]]]) -> None:
    await ask(url, "TRUNCATE page_views, claims, idempotency_keys")
    made: set[Claim] = set()
    plain: dict[tuple[str, int], int] = {}
    keyed: dict[bytes, list[Cells]] = {}
    async with opened(url) as one, opened(url, 1) as two:
        for calls in rounds:
            batches = [Batch(cells, {}) if key is None else Batch({}, {key: cells}) for _, key, cells in calls]
            stores = [one, two, one][: len(calls)]
            applying = [s.apply(list(call[0]), b) for s, call, b in zip(stores, calls, batches, strict=True)]
            answers = await asyncio.gather(*applying)
            now: dict[bytes, list[Cells]] = {}
            for (claims, key, cells), stale in zip(calls, answers, strict=True):
                if stale:
                    assert set(stale) <= claims
                    continue
                assert not claims & made
                made |= claims
                if key is None:
                    add(plain, cells)
                else:
                    now.setdefault(key, []).append(cells)
            keyed = now | keyed  # a key of an earlier round counts no more
            for (claims, _, _), stale in zip(calls, answers, strict=True):
                assert set(stale) <= made & claims
    counted = {
        (page, int(hour.timestamp()) // 3600): int(views)
        for page, hour, views in await ask(url, "SELECT page, view_hour, sum(views) FROM page_views GROUP BY 1, 2")
    }
    assert counted in possible(plain, list(keyed.values()))


def add(total: dict[tuple[str, int], int], cells: Cells) -> None:
    for page, hours in cells.items():
        for hour, views in hours.items():
            total[page, hour] = total.get((page, hour), 0) + views


def possible(plain: dict[tuple[str, int], int], keyed: list[list[Cells]]) -> list[dict[tuple[str, int], int]]:
    """The sums, whichever of the batches with the same key came first."""
    sums = [plain]
    for choices in keyed:
        nexts = []
        for total in sums:
            for cells in choices:
                chosen = dict(total)
                add(chosen, cells)
                nexts.append(chosen)
        sums = nexts
    return sums
