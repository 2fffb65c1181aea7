"""What every store of access keys promises (ports/keys.py)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hourmill.adapters.postgres.connection import Database
from hourmill.adapters.postgres.keys import PostgresKeys
from hourmill.adapters.postgres.migrate import migrate
from hourmill.adapters.sqlite.connection import open_for_writing
from hourmill.adapters.sqlite.keys import SqliteKeys
from hourmill.core.access_key import MOST_SESSIONS, AccessKey, KeyScope, digest_of
from hourmill.errors import KeysAway, KeyTaken, KeyUnknown
from hourmill.ports.keys import KeyStore

NOW = datetime(2026, 5, 20, 13, 30, tzinfo=UTC)
FIRST = AccessKey("00000001", digest_of("first"), "web shop Ü", frozenset({KeyScope.WRITE}), "example.com", NOW)
SECOND = AccessKey(
    "00000002",
    digest_of("second"),
    "reports",
    frozenset({KeyScope.READ, KeyScope.ADMIN}),
    None,
    NOW + timedelta(seconds=1),
    NOW + timedelta(days=9),
)
BROWSER = SECOND._replace(key_id="00000003", digest=digest_of("third"), parent="00000002")


def session(number: int) -> AccessKey:
    """One of many browsers that are signed in with the second key, the newer the higher its number."""
    began = NOW + timedelta(minutes=number)
    return BROWSER._replace(key_id=f"{0x100 + number:08x}", digest=digest_of(str(number)), created_at=began)


@asynccontextmanager
async def sqlite_keys(path: Path) -> AsyncIterator[KeyStore]:
    open_for_writing(path, check=False, make=True).close()
    yield SqliteKeys(path)


@asynccontextmanager
async def postgres_keys(url: str) -> AsyncIterator[KeyStore]:
    await migrate(url)
    async with Database.open(url) as database:
        await database.connected()
        yield PostgresKeys(database.connection)


@pytest.fixture(params=["sqlite", "postgres", "postgres of a command"])
async def keys(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[KeyStore]:
    opening: AbstractAsyncContextManager[KeyStore]
    if request.param == "sqlite":
        opening = sqlite_keys(tmp_path / "views.db")
    else:
        url = request.getfixturevalue("database_url")
        await migrate(url)
        opening = postgres_keys(url) if request.param == "postgres" else PostgresKeys.open(url)
    async with opening as store:
        yield store


async def test_keys_are_kept_as_they_are_oldest_first(keys: KeyStore) -> None:
    assert await keys.keys() == []
    for key in (SECOND, FIRST, BROWSER):
        await keys.add(key)
    assert await keys.keys() == [FIRST, SECOND, BROWSER]


async def test_a_second_key_of_an_id_is_refused_and_the_first_stays(keys: KeyStore) -> None:
    await keys.add(FIRST)
    with pytest.raises(KeyTaken):
        await keys.add(SECOND._replace(key_id=FIRST.key_id))
    assert await keys.keys() == [FIRST]


async def test_with_a_key_go_those_who_are_signed_in_with_it(keys: KeyStore) -> None:
    for key in (FIRST, SECOND, BROWSER):
        await keys.add(key)
    assert await keys.remove(SECOND.key_id)
    assert await keys.keys() == [FIRST]
    assert not await keys.remove(SECOND.key_id)


async def test_signing_out_leaves_the_key(keys: KeyStore) -> None:
    for key in (SECOND, BROWSER):
        await keys.add(key)
    assert await keys.remove(BROWSER.key_id)
    assert await keys.keys() == [SECOND]


async def test_the_last_use_is_remembered_and_never_goes_back(keys: KeyStore) -> None:
    await keys.add(FIRST)
    for minutes in (1, 5, 3):
        await keys.note_used(FIRST.key_id, NOW + timedelta(minutes=minutes))
    await keys.note_used("ffffffff", NOW)
    assert await keys.keys() == [FIRST._replace(used_at=NOW + timedelta(minutes=5))]


async def test_what_has_expired_is_forgotten_with_the_next_one(keys: KeyStore) -> None:
    await keys.add(SECOND)
    await keys.add(FIRST._replace(created_at=NOW + timedelta(days=9)))
    assert [key.key_id for key in await keys.keys()] == [FIRST.key_id]


async def test_a_key_has_so_many_sessions_however_many_are_begun_at_the_same_time(keys: KeyStore) -> None:
    await keys.add(FIRST)
    await keys.add(SECOND)
    for number in range(MOST_SESSIONS - 5):
        await keys.add(session(number))
    at_once = [session(number) for number in range(MOST_SESSIONS, MOST_SESSIONS + 20)]
    await asyncio.gather(*map(keys.add, at_once))
    kept = [key for key in await keys.keys() if key.parent == SECOND.key_id]
    assert len(kept) == MOST_SESSIONS
    assert kept[-20:] == at_once  # the oldest ended
    assert (await keys.keys())[:2] == [FIRST, SECOND]


async def test_no_session_is_begun_with_a_key_that_is_gone(keys: KeyStore) -> None:
    with pytest.raises(KeyUnknown):
        await keys.add(BROWSER)
    assert await keys.keys() == []


async def test_a_key_that_is_revoked_while_sessions_begin_leaves_none(keys: KeyStore) -> None:
    await keys.add(SECOND)
    beginning = [keys.add(session(number)) for number in range(10)]
    await asyncio.gather(*beginning[:5], keys.remove(SECOND.key_id), *beginning[5:], return_exceptions=True)
    assert await keys.keys() == []


async def test_a_data_file_that_is_away_says_so(tmp_path: Path) -> None:
    with pytest.raises(KeysAway):
        await SqliteKeys(tmp_path / "none.db").keys()


async def test_a_database_that_is_away_or_has_no_table_says_so(database_url: str) -> None:
    async with Database.open(database_url) as database:
        keys = PostgresKeys(database.connection)
        with pytest.raises(KeysAway):
            await keys.keys()
        await database.connected()
        with pytest.raises(KeysAway):
            await keys.add(FIRST)
