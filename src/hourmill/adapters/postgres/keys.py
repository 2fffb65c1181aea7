"""Access keys in PostgreSQL."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Any, TypeAlias

import asyncpg

from hourmill.adapters.postgres.connection import Connection, close, connect, reason
from hourmill.adapters.postgres.migrate import schema_stands
from hourmill.adapters.postgres.statements import statements
from hourmill.adapters.postgres.translate import DRIVER_ERRORS
from hourmill.core.access_key import AccessKey, KeyScope
from hourmill.errors import KeysAway, KeyTaken, SchemaUnusable, Unreachable

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

            @asynccontextmanager
            async def lent() -> AsyncIterator[Connection]:
                yield connection

            yield cls(lent)
        finally:
            await close(connection)

    async def keys(self) -> list[AccessKey]:
        rows = await self._ask("read_keys")
        return [AccessKey(**{**row, "scopes": frozenset(map(KeyScope, row["scopes"].split()))}) for row in rows]

    async def add(self, key: AccessKey) -> None:
        row = key._asdict() | {"scopes": " ".join(sorted(key.scopes))}
        await self._ask("add_key", *row.values())

    async def remove(self, key_id: str) -> bool:
        ((removed,),) = await self._ask("remove_key", key_id)
        return bool(removed)

    async def note_used(self, key_id: str, moment: datetime) -> None:
        await self._ask("note_key_used", key_id, moment)

    async def _ask(self, statement: str, *arguments: object) -> list[Any]:
        try:
            async with self._connection() as connection:
                rows: list[Any] = await connection.fetch(self._sql[statement], *arguments)
        except asyncpg.UniqueViolationError as error:
            raise KeyTaken from error
        except (Unreachable, *DRIVER_ERRORS) as error:
            raise KeysAway(f"The access keys cannot be asked for now ({reason(error)}).") from error
        return rows
