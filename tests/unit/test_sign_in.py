"""Signing in: bounded for each key and in all, whatever the store does."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hourmill.adapters.sqlite.connection import open_for_writing
from hourmill.adapters.sqlite.keys import SqliteKeys
from hourmill.core.access_key import AccessKey, KeyScope
from hourmill.errors import TooManyRequests, TooManySignIns
from hourmill.http.problems import problem
from hourmill.services.key_ring import Clocks, KeyRing
from hourmill.services.keys import Wanted, make_key
from hourmill.services.rates import Rates
from hourmill.services.sign_in import MOST_UNDER_WAY, SignIn
from hourmill.services.tarpit import Tarpit

NOW = datetime(2026, 5, 20, tzinfo=UTC)


class SlowKeys(SqliteKeys):
    """Keys in a data file, where sessions are kept once they may be."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.may_keep = asyncio.Event()
        self.asked = 0

    async def add(self, key: AccessKey) -> None:
        if key.parent is not None:
            self.asked += 1
            await self.may_keep.wait()
        await super().add(key)


def opened(path: Path, per_minute: int) -> tuple[SlowKeys, SignIn]:
    """An empty store, and who signs in with its keys."""
    open_for_writing(path, check=False, make=True).close()
    store = SlowKeys(path)
    ring = KeyRing(store, Clocks(lambda: NOW, lambda: 0.0), Tarpit())
    return store, SignIn(store, ring, lambda: NOW, Rates("sign-ins with key", per_minute, lambda: 0.0))


async def test_so_many_sign_in_at_the_same_time_and_no_more(tmp_path: Path) -> None:
    store, sign_in = opened(tmp_path / "views.db", 10 * MOST_UNDER_WAY)
    key = await make_key(store, Wanted("a", frozenset({KeyScope.READ})), NOW)
    waiting = [asyncio.create_task(sign_in.begin(key.text)) for _ in range(MOST_UNDER_WAY + 5)]
    done, under_way = await asyncio.wait(waiting, return_when=asyncio.FIRST_EXCEPTION)
    while len(done) < 5:
        done, under_way = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    assert (len(under_way), store.asked) == (MOST_UNDER_WAY, MOST_UNDER_WAY)
    answer = problem(next(iter(done)).exception() or TooManySignIns())  # type: ignore[arg-type]  # one of ours
    assert (answer.status, dict(answer.headers)["retry-after"]) == (429, "1")
    store.may_keep.set()
    await asyncio.gather(*under_way)
    assert (await sign_in.begin(key.text)).key.parent == key.key.key_id


async def test_a_key_begins_so_many_sessions_and_another_one_its_own(tmp_path: Path) -> None:
    store, sign_in = opened(tmp_path / "views.db", 2)
    store.may_keep.set()
    one, other = [await make_key(store, Wanted(name, frozenset({KeyScope.READ})), NOW) for name in "ab"]
    for key in (one, one, other):
        await sign_in.begin(key.text)
    with pytest.raises(TooManyRequests):
        await sign_in.begin(one.text)
    assert len(await store.keys()) == 5
