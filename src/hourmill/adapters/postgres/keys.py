"""Access keys in PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import TypeAlias

import asyncpg

from hourmill.adapters.postgres.connection import Connection, close, connect, reason
from hourmill.adapters.postgres.migrate import schema_stands
from hourmill.adapters.postgres.statements import statements
from hourmill.adapters.postgres.translate import DRIVER_ERRORS
from hourmill.core.access_key import MOST_SESSIONS, AccessKey, KeyScope
from hourmill.errors import KeysAway, KeyTaken, KeyUnknown, SchemaUnusable, Unreachable

Connect: TypeAlias = Callable[[], AbstractAsyncContextManager[Connection]]


class PostgresKeys:
    """A KeyStore on connections that are lent to it."""

    def __init__(self, connection: Connect) -> None:
        self._connection = connection
        self._sql = statements("keys.sql")

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str) -> AsyncIterator["PostgresKeys"]:
        """On a connection of its own; a server that is away is not waited for.

        raises  Unreachable, SchemaUnusable
        """
        connection = await connect(url)
        try:
            if not await schema_stands(connection):
                raise SchemaUnusable("The schema is missing or older: run `hourmill migrate`.")

            free = asyncio.Lock()

            @asynccontextmanager
            async def lent() -> AsyncIterator[Connection]:
                async with free:
                    yield connection

            yield cls(lent)
        finally:
            await close(connection)

    async def keys(self) -> list[AccessKey]:
        async with self._asked() as connection:
            rows = await connection.fetch(self._sql["read_keys"])
        return [AccessKey(**{**row, "scopes": frozenset(map(KeyScope, row["scopes"].split()))}) for row in rows]

    async def add(self, key: AccessKey) -> None:
        row = key._asdict() | {"scopes": " ".join(sorted(key.scopes))}
        async with self._asked() as connection, connection.transaction():
            if key.parent is not None:
                await self._make_room(connection, key.parent)
            await connection.execute(self._sql["add_key"], *row.values())

    async def remove(self, key_id: str) -> bool:
        async with self._asked() as connection, connection.transaction():
            await connection.fetch(self._sql["lock_key"], key_id)  # no session is begun with it meanwhile
            return bool(await connection.fetchval(self._sql["remove_key"], key_id))

    async def note_used(self, key_id: str, moment: datetime) -> None:
        async with self._asked() as connection:
            await connection.execute(self._sql["note_key_used"], key_id, moment)

    async def _make_room(self, connection: Connection, parent: str) -> None:
        """For one more session of a key; who begins another one waits for the end of this transaction."""
        if not await connection.fetch(self._sql["lock_key"], parent):
            raise KeyUnknown
        # a statement of its own, so that it sees the session of the one that we waited for
        await connection.execute(self._sql["end_oldest_sessions"], parent, MOST_SESSIONS - 1)

    @asynccontextmanager
    async def _asked(self) -> AsyncIterator[Connection]:
        """Within: a connection, whose errors become ours."""
        try:
            async with self._connection() as connection:
                yield connection
        except asyncpg.UniqueViolationError as error:
            raise KeyTaken from error
        except (Unreachable, *DRIVER_ERRORS) as error:
            raise KeysAway(f"The access keys cannot be asked for now ({reason(error)}).") from error
