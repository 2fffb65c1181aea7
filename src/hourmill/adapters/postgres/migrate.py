"""Bringing the schema up to date: numbered files, each once; the functions whenever they have changed."""

import re
from hashlib import sha256

import asyncpg

from hourmill.adapters.postgres import adopt
from hourmill.adapters.postgres.connection import Connection, close, connect, reason
from hourmill.adapters.postgres.statements import SQL, statements
from hourmill.adapters.postgres.translate import DRIVER_ERRORS
from hourmill.errors import SchemaUnusable, Unreachable

OLDEST_SERVER = 14_00_00  # multiranges came with 14
FUNCTIONS = 0  # the number under which functions.sql is remembered

_MIGRATION = re.compile(r"([0-9]{4})_[a-z_]+\.sql")


async def migrate(url: str) -> list[str]:
    """Bring the schema of a database up to date; several processes may do so at once.

    returns what was done, in sentences
    raises  SchemaUnusable, Unreachable; nothing was changed
    """
    connection = await connect(url, answer_within_s=None)  # adopting a large table takes minutes
    try:
        return await migrate_on(connection)
    except asyncpg.PostgresError as error:
        raise SchemaUnusable(f"The schema could not be made: {error}. Nothing was changed.") from error
    except DRIVER_ERRORS as error:
        raise Unreachable(f"PostgreSQL was lost while the schema was made: {reason(error)}.") from error
    finally:
        await close(connection)


async def migrate_on(connection: Connection) -> list[str]:
    """As migrate, on a connection that is in no transaction; the driver's errors come as they are."""
    sql = statements()
    async with connection.transaction():
        await _check_server(connection)
        await connection.execute(sql["migrate_alone"])
        done: list[str] = []
        applied = await _applied(connection)
        if max(applied, default=0) > newest():
            raise _too_new(max(applied))
        if not applied:
            await adopt.set_aside(connection)
            await connection.execute(sql["make_migrations"])
        for number, script in _migrations():
            if number not in applied:
                await connection.execute(script)
                await connection.execute(sql["note_migration"], number, _digest(script))
                done.append(f"The schema has version {number}.")
        if applied.get(FUNCTIONS) != _digest(_functions()):
            await connection.execute(_functions())
            await connection.execute(sql["note_migration"], FUNCTIONS, _digest(_functions()))
            done.append("The functions in the server are those of this version.")
        await connection.execute(sql["make_parts"])
        if not applied:
            done += await adopt.bring_in(connection)
        return done or [f"The schema has version {newest()}; there was nothing to do."]


async def schema_version(connection: Connection) -> int:
    """The version of the schema, 0 where there is none."""
    return max(await _applied(connection), default=0)


async def schema_stands(connection: Connection) -> bool:
    """Whether the schema is that of this program.

    raises  SchemaUnusable  if it is a newer one's
    """
    applied = await _applied(connection)
    if max(applied, default=0) > newest():
        raise _too_new(max(applied))
    return max(applied, default=0) == newest() and applied.get(FUNCTIONS) == _digest(_functions())


def newest() -> int:
    """The version of the schema that this program knows."""
    return _migrations()[-1][0]


async def _check_server(connection: Connection) -> None:
    facts = await connection.fetchrow(statements()["server_facts"])
    if facts["version"] < OLDEST_SERVER:
        raise SchemaUnusable("Hourmill needs PostgreSQL 14 or newer.")
    if facts["encoding"] != "UTF8":
        raise SchemaUnusable(f"The database is encoded in {facts['encoding']}; pages need one in UTF8.")


async def _applied(connection: Connection) -> dict[int, str]:
    if not await connection.fetchval(statements()["look_for_migrations"]):
        return {}
    return {row["version"]: row["digest"] for row in await connection.fetch(statements()["read_migrations"])}


def _migrations() -> list[tuple[int, str]]:
    files = ((_MIGRATION.fullmatch(file.name), file) for file in SQL.iterdir())
    return sorted((int(match[1]), file.read_text()) for match, file in files if match)


def _functions() -> str:
    return (SQL / "functions.sql").read_text()


def _digest(script: str) -> str:
    return sha256(script.encode()).hexdigest()


def _too_new(version: int) -> SchemaUnusable:
    return SchemaUnusable(f"The schema is a newer Hourmill's (version {version}, this one knows {newest()}).")
