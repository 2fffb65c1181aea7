"""The connections to PostgreSQL: made in the background, made again after every loss."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from time import monotonic
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import asyncpg
import structlog

from hourmill.adapters.postgres.translate import DRIVER_ERRORS
from hourmill.errors import Unreachable

CONNECTIONS = 6  # of a process, at most: two for reports of a page, two for stats, and two that write or renew leases
READING = 2
STATS = 2
CONNECT_WITHIN_S = 5.0
STATEMENT_WITHIN_S = 30.0  # the server's limit; a flush takes some 10 ms
ANSWER_WITHIN_S = 35.0  # ours: after the server's, so that mostly the server tells how it ended
LOCK_WITHIN_S = 10.0  # another worker's flush of the same batches
TRY_AGAIN_S = 0.1
TRY_AGAIN_AT_MOST_S = 5.0
SAY_AGAIN_AFTER = timedelta(seconds=10)

SESSION = {
    "application_name": "hourmill",
    "synchronous_commit": "on",  # off loses what was acknowledged when the server is killed
    "default_transaction_isolation": "read committed",  # the functions look again after they have waited
    "statement_timeout": f"{STATEMENT_WITHIN_S:.0f}s",
    "lock_timeout": f"{LOCK_WITHIN_S:.0f}s",
    "idle_in_transaction_session_timeout": f"{STATEMENT_WITHIN_S:.0f}s",
    "TimeZone": "UTC",
    "plan_cache_mode": "force_custom_plan",  # only a plan for these very bounds leaves the other partitions alone
    "jit": "off",  # compiling takes longer than any statement of ours
}

log = structlog.get_logger()

Connection: TypeAlias = Any  # asyncpg has no types


class _Connection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    def get_reset_query(self) -> str:
        return ""  # spares a round trip: nothing of ours outlives its transaction


def address(url: str) -> dict[str, str | int | None]:
    """Host, port and database of a URL, for people; never the password."""
    parts = urlsplit(url)
    server = parts.netloc.rpartition("@")[2]
    host, _, port = server.rpartition(":") if server[-1:] != "]" and ":" in server else (server, "", "5432")
    return {"host": host, "port": port, "database": parts.path.lstrip("/")}


async def connect(url: str, *, answer_within_s: float | None = ANSWER_WITHIN_S) -> Connection:
    """A single connection, with the session settings that every connection of ours has.

    url     postgresql://user:password@host:port/database; sslmode, sslrootcert and the like mean in its query what
            they mean to libpq, as far as asyncpg knows them (its documentation, "connect")
    raises  Unreachable
    """
    try:
        return await asyncpg.connect(
            url, timeout=CONNECT_WITHIN_S, command_timeout=answer_within_s, server_settings=SESSION
        )
    except DRIVER_ERRORS as error:
        raise Unreachable(f"PostgreSQL cannot be reached: {reason(error)}.") from error


async def close(connection: Connection) -> None:
    """End a single connection, in good order if the server still answers."""
    with suppress(*DRIVER_ERRORS):
        await connection.close(timeout=CONNECT_WITHIN_S)  # after that it is cut off


def reason(error: BaseException) -> str:
    """What an error says, or what it is where it says nothing."""
    return str(error) or type(error).__name__


class Database:
    """A pool of connections to one database. PgBouncer is not supported: the session settings come with the start."""

    def __init__(self, url: str, pool: Any) -> None:
        self._url = url
        self._pool = pool
        self._up = asyncio.Event()
        self._lost = asyncio.Event()
        self._why = "not connected yet"

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, connections: int = CONNECTIONS) -> AsyncIterator["Database"]:
        """A pool that connects in the background; a server that is away is waited for.

        url          as connect()
        connections  of this process, at most; each is made when it is first needed and then kept
        """
        pool = await asyncpg.create_pool(
            url,
            min_size=0,  # with any other it would fail where the server is away
            max_size=connections,
            max_inactive_connection_lifetime=0,
            max_queries=1_000_000,
            timeout=CONNECT_WITHIN_S,
            command_timeout=ANSWER_WITHIN_S,
            server_settings=SESSION,
            connection_class=_Connection,
        )
        database = cls(url, pool)
        keeper = asyncio.create_task(database._keep())
        try:
            yield database
        finally:
            keeper.cancel()
            await asyncio.wait([keeper])
            await database._close()

    async def connected(self) -> None:
        """Return once the server answers."""
        await self._up.wait()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """One of the connections.

        raises  Unreachable  at once, while the server is away; nothing was sent
        """
        if not self._up.is_set():
            raise Unreachable(f"PostgreSQL cannot be reached: {self._why}.")
        try:
            connection = await self._pool.acquire(timeout=ANSWER_WITHIN_S)
        except TimeoutError as error:
            raise Unreachable("PostgreSQL cannot be asked: all connections are busy.") from error
        except DRIVER_ERRORS as error:
            self._note_loss(reason(error))
            raise Unreachable(f"PostgreSQL cannot be reached: {reason(error)}.") from error
        try:
            yield connection
        finally:
            if _is_lost(connection):
                self._note_loss("the connection was lost")
            await self._pool.release(connection, timeout=CONNECT_WITHIN_S)

    async def _close(self) -> None:
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                await self._pool.close()
        except DRIVER_ERRORS:
            self._pool.terminate()

    def _note_loss(self, why: str) -> None:
        self._why = why
        self._up.clear()
        self._lost.set()

    async def _keep(self) -> None:
        while True:
            await self._reach()
            self._lost.clear()
            self._up.set()
            log.info("connected to PostgreSQL", **address(self._url))
            await self._lost.wait()

    async def _reach(self) -> None:
        pause = Pause("waiting for PostgreSQL", address(self._url))
        while True:
            try:
                connection = await connect(self._url)
            except Unreachable as error:
                self._why = reason(error.__cause__ or error)
                await pause.wait(self._why)
            else:
                await close(connection)
                return


def _is_lost(connection: Connection) -> bool:
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:  # the pool has taken it back by itself, as it does when a connection is lost
        return True


class Pause:
    """Waits between attempts, longer each time, and says now and then that it waits."""

    def __init__(self, event: str, details: dict[str, str | int | None]) -> None:
        self._event = event
        self._details = details
        self._pause_s = TRY_AGAIN_S
        self._said_s = float("-inf")

    async def wait(self, why: str) -> None:
        """Wait, because of `why`."""
        if monotonic() - self._said_s >= SAY_AGAIN_AFTER.total_seconds():
            self._said_s = monotonic()
            log.warning(self._event, **self._details, reason=why)
        await asyncio.sleep(self._pause_s * random.uniform(0.5, 1.0))  # noqa: S311 not for secrets
        self._pause_s = min(2 * self._pause_s, TRY_AGAIN_AT_MOST_S)
