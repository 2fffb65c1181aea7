"""The keys in memory: known at once, forgotten within 10 seconds."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hourmill.adapters.sqlite.connection import open_for_writing
from hourmill.adapters.sqlite.keys import SqliteKeys
from hourmill.core.access_key import AccessKey, KeyScope, key_text
from hourmill.errors import KeysAway, KeyTaken
from hourmill.services.key_ring import (
    AGAIN_S,
    FRESH_S,
    LOOKS_PER_MINUTE,
    NOTED_EVERY_S,
    READ_WITHIN_S,
    TRUSTED_S,
    Clocks,
    KeyRing,
)
from hourmill.services.keys import TRIES, Made, Wanted, make_key
from hourmill.services.tarpit import MOST_HELD, Tarpit

NOW = datetime(2026, 5, 20, tzinfo=UTC)
READ = frozenset({KeyScope.READ})


FLOOD = 2_000


class CountedKeys(SqliteKeys):
    """Keys in a data file; counts how often they are read."""

    reads = 0

    async def keys(self) -> list[AccessKey]:
        self.reads += 1
        return await super().keys()


class World:
    """A data file, its keys in memory, and the time."""

    def __init__(self, path: Path) -> None:
        open_for_writing(path, check=False, make=True).close()
        self.path = path
        self.store = CountedKeys(path)
        self.passed_s = 0.0
        self.held = 0
        self.ring = KeyRing(self.store, Clocks(self.now, lambda: self.passed_s), Tarpit(self.hold))

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.passed_s)

    async def hold(self, seconds: float) -> None:
        self.held += 1

    async def make(self, lasts: timedelta | None = None) -> Made:
        return await make_key(self.store, Wanted("a", READ, lasts=lasts), self.now())

    async def knows(self, made: Made) -> bool:
        return await self.ring.find(made.text) is not None


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path / "views.db")
    yield world
    await world.ring.close()


def test_a_revoked_key_opens_nothing_after_10_s() -> None:
    assert TRUSTED_S + READ_WITHIN_S <= 10


async def test_a_new_key_is_known_at_once(world: World) -> None:
    assert await world.knows(await world.make())
    world.passed_s += 0.001
    second = await world.make()
    assert await world.knows(second)


async def test_another_text_with_the_id_of_a_key_is_none(world: World) -> None:
    made = await world.make()
    assert await world.ring.find(made.text[:-8] + "00000000") is None
    assert await world.ring.find("hm_00000000_" + "0" * 64) is None
    assert await world.ring.find("") is None


async def flood(world: World, known_id: str | None = None) -> None:
    """Present FLOOD keys that are none, within two seconds."""
    for number in range(FLOOD):
        world.passed_s += 2.0 / FLOOD
        made_up = key_text(bytes.fromhex(known_id) if known_id else number.to_bytes(4), number.to_bytes(32))
        assert await world.ring.find(made_up) is None


async def test_a_flood_of_unknown_keys_does_not_reach_the_store(world: World) -> None:
    await flood(world)
    assert world.store.reads <= LOOKS_PER_MINUTE + 2 * LOOKS_PER_MINUTE // 60 + 1
    assert world.held >= FLOOD - world.store.reads


async def test_what_does_not_even_look_like_a_key_is_held_too_and_never_asked_for(world: World) -> None:
    for _ in range(FLOOD):
        assert await world.ring.find("hm_") is None
    assert (world.store.reads, world.held) == (0, FLOOD - LOOKS_PER_MINUTE)


async def test_so_many_are_held_and_no_more() -> None:
    free, held = asyncio.Event(), list[float]()

    async def hold(seconds: float) -> None:
        held.append(seconds)
        await free.wait()

    tarpit = Tarpit(hold)
    waiting = [asyncio.create_task(tarpit.hold()) for _ in range(MOST_HELD + 10)]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    assert (len(held), sum(one.done() for one in waiting)) == (MOST_HELD, 10)
    free.set()
    await asyncio.gather(*waiting)
    await tarpit.hold()
    assert len(held) == MOST_HELD + 1


async def test_whether_the_id_of_a_wrong_key_exists_makes_no_difference(world: World) -> None:
    made, reads = await world.make(), list[int]()
    for known_id in (made.key.key_id, None):
        before = world.store.reads
        await flood(world, known_id)
        reads.append(world.store.reads - before)
        world.passed_s += 60
        assert await world.knows(made)
        await world.ring.close()
    assert reads[0] == reads[1]


async def test_in_a_flood_of_unknown_keys_a_new_one_is_known_after_half_a_second(world: World) -> None:
    await flood(world)
    made = await world.make()
    world.passed_s += 0.5
    await world.ring.find("hm_00000000_" + "0" * 64)  # which looks, for all
    assert await world.knows(made)


async def test_a_store_that_is_away_is_not_asked_for_every_request(world: World) -> None:
    made = await world.make()
    world.path.rename(world.path.with_name("away"))
    for _ in range(100):
        with pytest.raises(KeysAway, match="no such data file"):  # each knows why, for the log
            await world.ring.find(made.text)
    assert world.store.reads == 1


async def test_what_is_changed_here_is_known_at_once_without_asking(world: World) -> None:
    assert await world.knows(await world.make())
    reads = world.store.reads
    made = await world.make()
    world.ring.added(made.key)
    assert await world.knows(made)
    world.ring.removed(made.key)
    assert not await world.knows(made)
    assert world.store.reads == reads


@pytest.mark.parametrize("asked_every_s", [0.4, 2.9, 3.1, 7.9, 60.0])
async def test_a_revoked_key_is_forgotten_within_its_time_however_often_it_is_used(
    world: World, asked_every_s: float
) -> None:
    made = await world.make()
    assert await world.knows(made)
    await world.store.remove(made.key.key_id)
    revoked_s = world.passed_s
    while await world.knows(made):
        assert world.passed_s <= revoked_s + TRUSTED_S
        world.passed_s += asked_every_s
    assert not await world.ring.holds(made.key)


async def test_a_key_that_is_asked_for_again_is_read_again_beside_the_request(world: World) -> None:
    made = await world.make()
    assert await world.knows(made)
    await world.store.remove(made.key.key_id)
    world.passed_s += FRESH_S + 0.1
    assert await world.knows(made)  # answered from memory, while it is read
    await world.ring.close()
    assert not await world.knows(made)


async def test_an_expired_key_is_none(world: World) -> None:
    made = await world.make(lasts=timedelta(seconds=2))
    assert await world.knows(made)
    assert await world.ring.holds(made.key)
    world.passed_s += 2
    assert not await world.knows(made)
    assert not await world.ring.holds(made.key)


async def test_while_the_store_is_away_keys_are_believed_for_their_time_only(world: World) -> None:
    made = await world.make()
    assert await world.knows(made)
    await world.ring.close()
    world.path.rename(world.path.with_name("away"))
    world.passed_s += TRUSTED_S
    assert await world.knows(made)
    world.passed_s += 0.1
    with pytest.raises(KeysAway):
        await world.ring.find(made.text)
    world.path.with_name("away").rename(world.path)
    world.passed_s += AGAIN_S
    assert await world.knows(made)


async def test_a_use_is_noted_once_a_minute(world: World) -> None:
    made = await world.make()
    for passed_s in (0.0, 1.0, NOTED_EVERY_S, NOTED_EVERY_S + 1):
        world.passed_s = passed_s
        assert await world.knows(made)
        await world.ring.close()
    (kept,) = await world.store.keys()
    assert kept.used_at == NOW + timedelta(seconds=NOTED_EVERY_S)


async def test_no_key_at_all_is_told(world: World) -> None:
    assert await world.ring.empty()
    await world.make()
    world.passed_s += 0.001
    assert not await world.ring.empty()


async def test_an_id_that_is_taken_is_not_given_again(world: World) -> None:
    chances = iter([bytes(4), bytes(32), bytes(4), bytes(32), b"\x01" * 4, bytes(32)])
    made = [await make_key(world.store, Wanted("a", READ), NOW, lambda size: next(chances)) for _ in range(2)]
    assert [one.key.key_id for one in made] == ["00000000", "01010101"]
    with pytest.raises(KeyTaken):
        await make_key(world.store, Wanted("a", READ), NOW, bytes)
    assert TRIES < 10
