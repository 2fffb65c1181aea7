"""What every store of workers promises (ports/store.py), on PostgreSQL: a key counts once in 72 hours."""

import asyncio

import pytest
from tests.contract.postgres_store import OTHER, ask, claim, opened

from hourmill.adapters.postgres.store import PostgresStore
from hourmill.core.batch import Batch


async def test_a_repeated_key_counts_once_and_its_batch_counts_all_the_same(store: PostgresStore) -> None:
    await store.apply([claim(1)], Batch({}, {b"k1": {"a": {10: 5}}}))
    await store.apply([claim(2)], Batch({"a": {10: 1}}, {b"k1": {"a": {10: 5}}, b"k2": {"a": {10: 7}, "b": {11: 1}}}))
    assert await store.hours("a", 10, 10) == {10: 13}
    assert await store.hours("b", 11, 11) == {11: 1}


async def test_a_key_of_a_stale_batch_is_no_repeated_request(store: PostgresStore) -> None:
    keyed = Batch({}, {b"k": {"a": {10: 5}}})
    await store.apply([claim(1)], keyed)
    assert await store.apply([claim(1), claim(2)], keyed) == [claim(1)]
    assert store.repeated == 0
    await store.apply([claim(2)], keyed)
    assert store.repeated == 1


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
        assert one.repeated + two.repeated == 200


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
