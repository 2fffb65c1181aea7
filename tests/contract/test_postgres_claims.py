"""What every store of workers promises (ports/store.py), on PostgreSQL: it takes a claim once."""

from uuid import UUID

import pytest
from tests.contract.postgres_store import OTHER, PRODUCER, ask, claim

from hourmill.adapters.postgres.store import PostgresStore
from hourmill.core.batch import Batch
from hourmill.core.message import Claim


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
