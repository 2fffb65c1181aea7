"""Looking at a database, whatever state it is in; nothing is changed."""

from datetime import UTC, datetime

import asyncpg

from hourmill.adapters.postgres.connection import Connection, close, connect, reason
from hourmill.adapters.postgres.migrate import schema_stands, schema_version
from hourmill.adapters.postgres.statements import statements
from hourmill.adapters.postgres.translate import DRIVER_ERRORS
from hourmill.errors import SchemaUnusable, Unreachable
from hourmill.ports.probe import DatabaseFacts, Schema


async def probe(url: str) -> DatabaseFacts:
    """What is found.

    raises  Unreachable
    """
    connection = await connect(url)
    try:
        asked_at = datetime.now(UTC)
        row = await connection.fetchrow(statements("probe.sql")["probe"])
        answered_at = datetime.now(UTC)
        schema = await _schema(connection)
    except DRIVER_ERRORS as error:
        raise Unreachable(f"PostgreSQL cannot be asked: {reason(error)}.") from error
    finally:
        await close(connection)
    ahead = row["now"] - (asked_at + (answered_at - asked_at) / 2)
    return DatabaseFacts(row["version"], row["version_number"], row["encoding"], schema, ahead, row["may_create"],
                         row["owns"], row["keeps_what_it_confirms"], row["is_replica"], row["is_read_only"],
                         row["connections"], row["connections_used"])  # fmt: skip


async def _schema(connection: Connection) -> Schema:
    try:
        if await schema_stands(connection):
            return Schema.STANDS
        return Schema.OLDER if await schema_version(connection) else Schema.MISSING
    except SchemaUnusable:
        return Schema.NEWER
    except asyncpg.InsufficientPrivilegeError:
        return Schema.DENIED
