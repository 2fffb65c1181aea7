"""The keys in memory: known at once, forgotten within 10 seconds."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hourmill.adapters.sqlite.connection import open_for_writing
from hourmill.adapters.sqlite.keys import SqliteKeys
from hourmill.core.access_key import KeyScope
from hourmill.errors import KeysAway, KeyTaken
from hourmill.services.key_ring import AGAIN_S, FRESH_S, NOTED_EVERY_S, READ_WITHIN_S, TRUSTED_S, Clocks, KeyRing
from hourmill.services.keys import TRIES, Made, Wanted, make_key

NOW = datetime(2026, 5, 20, tzinfo=UTC)
READ = frozenset({KeyScope.READ})


class World:
    """A data file, its keys in memory, and the time."""

    def __init__(self, path: Path) -> None:
        open_for_writing(path, check=False).close()
        self.path = path
        self.store = SqliteKeys(path)
        self.passed_s = 0.0
        self.ring = KeyRing(self.store, Clocks(self.now, lambda: self.passed_s))

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.passed_s)

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
    world.passed_s += AGAIN_S
    second = await world.make()
    assert await world.knows(second)


async def test_another_text_with_the_id_of_a_key_is_none(world: World) -> None:
    made = await world.make()
    assert await world.ring.find(made.text[:-8] + "00000000") is None
    assert await world.ring.find("hm_00000000_" + "0" * 64) is None
    assert await world.ring.find("") is None


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
    world.passed_s += AGAIN_S
    assert not await world.ring.empty()


async def test_an_id_that_is_taken_is_not_given_again(world: World) -> None:
    chances = iter([bytes(4), bytes(32), bytes(4), bytes(32), b"\x01" * 4, bytes(32)])
    made = [await make_key(world.store, Wanted("a", READ), NOW, lambda size: next(chances)) for _ in range(2)]
    assert [one.key.key_id for one in made] == ["00000000", "01010101"]
    with pytest.raises(KeyTaken):
        await make_key(world.store, Wanted("a", READ), NOW, bytes)
    assert TRIES < 10
