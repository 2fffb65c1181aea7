"""Access keys in the data file."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hourmill.adapters.sqlite.connection import open_for_reading, open_for_writing, statements
from hourmill.adapters.sqlite.writing import RunWriting, in_a_thread
from hourmill.core.access_key import MOST_SESSIONS, AccessKey, KeyScope
from hourmill.errors import DataFileUnusable, KeysAway, KeyTaken, KeyUnknown


class SqliteKeys:
    """A KeyStore. Keys are read every few seconds and seldom written: a connection for each time."""

    def __init__(self, path: Path, run: RunWriting = in_a_thread) -> None:
        self._path = path
        self._run = run
        self._sql = statements("keys.sql")

    async def keys(self) -> list[AccessKey]:
        return await asyncio.to_thread(self._read)

    async def add(self, key: AccessKey) -> None:
        row = key._asdict() | {"scopes": " ".join(sorted(key.scopes))}
        row |= {name: _seconds(row[name]) for name in ("created_at", "expires_at", "used_at")}

        def add(connection: sqlite3.Connection) -> None:
            connection.execute(self._sql["forget_expired_keys"], {"now": row["created_at"]})
            if key.parent is not None:
                self._make_room(connection, key.parent)
            try:
                connection.execute(self._sql["add_key"], row)
            except sqlite3.IntegrityError as error:
                raise KeyTaken from error

        await self._write(add)

    async def remove(self, key_id: str) -> bool:
        removed: int = await self._write(lambda on: on.execute(self._sql["remove_key"], {"key_id": key_id}).rowcount)
        return removed > 0

    async def note_used(self, key_id: str, moment: datetime) -> None:
        used = {"key_id": key_id, "used_at": _seconds(moment)}
        await self._write(lambda on: on.execute(self._sql["note_key_used"], used))

    def _make_room(self, connection: sqlite3.Connection, parent: str) -> None:
        """For one more session of a key."""
        if connection.execute(self._sql["find_key"], {"key_id": parent}).fetchone() is None:
            raise KeyUnknown
        connection.execute(self._sql["end_oldest_sessions"], {"parent": parent, "kept": MOST_SESSIONS - 1})

    def _read(self) -> list[AccessKey]:
        try:
            with closing(open_for_reading(self._path)) as connection:
                return [_key(*row) for row in connection.execute(self._sql["read_keys"])]
        except (sqlite3.Error, DataFileUnusable) as error:
            raise KeysAway(f"The access keys cannot be read now ({error}).") from error

    async def _write(self, change: Callable[[sqlite3.Connection], Any]) -> Any:
        """Make a change in a transaction of its own; what it gives."""

        def write() -> Any:
            with closing(open_for_writing(self._path, check=False)) as connection:
                connection.execute("BEGIN IMMEDIATE")  # what is not committed goes with the connection
                result = change(connection)
                connection.execute("COMMIT")
                return result

        try:
            return await self._run(write)
        except (sqlite3.Error, DataFileUnusable) as error:
            raise KeysAway(f"The access keys cannot be written now ({error}).") from error


def _key(key_id: str, digest: bytes, name: str, scopes: str, site: str | None, *more: Any) -> AccessKey:
    *moments, parent = more
    created, expires, used = (None if at is None else datetime.fromtimestamp(at, UTC) for at in moments)
    assert created is not None  # the column says so
    return AccessKey(
        key_id, digest, name, frozenset(map(KeyScope, scopes.split())), site, created, expires, used, parent
    )


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())
