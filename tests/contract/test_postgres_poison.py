"""What every store of workers promises (ports/store.py), on PostgreSQL: poison is refused, parked cells are kept."""

import pytest
from tests.contract.postgres_store import ask, claim

from hourmill.adapters.postgres.store import PostgresStore
from hourmill.core.batch import Batch, Cells
from hourmill.core.hour import LAST_HOUR
from hourmill.errors import Poison
from hourmill.ports.store import ParkedCell


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


async def test_a_broken_constraint_of_a_users_own_is_poison(url: str, store: PostgresStore) -> None:
    await ask(url, "ALTER TABLE page_views ADD CHECK (page <> 'bad')")
    with pytest.raises(Poison):
        await store.apply([claim(1)], Batch({"bad": {10: 1}}, {}))
    assert await store.apply([claim(1)], Batch({"good": {10: 1}}, {})) == []
