"""The janitor's hands in PostgreSQL: a connection of its own that waits for no lock so long that it holds others up."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import asyncpg
import structlog

from hourmill.adapters.postgres.connection import Connection, connect, reason
from hourmill.adapters.postgres.migrate import schema_stands
from hourmill.adapters.postgres.statements import statements
from hourmill.adapters.postgres.translate import DRIVER_ERRORS
from hourmill.errors import NotCleaned, SchemaUnusable, Unreachable
from hourmill.ports.housekeeping import FEW_DAYS, GRAIN_OF, Freed, Grain, Misfit, Misfits

AT_ONCE = 2_000  # cells, or rows, in one transaction: some 20 ms
TRIES = 20  # for a lock; each waits half a second at most
CLOCKS_DIFFER = timedelta(hours=1)
BETWEEN_TRIES_S = 0.5  # on average: who was held up by a try goes first

COUNT_OLD = {Grain.HOURLY: "count_old_hours", Grain.DAILY: "count_old_days"}
DROP = {Grain.HOURLY: "drop_part", Grain.DAILY: "drop_days"}
TRIM = {Grain.HOURLY: ("trim_hours", AT_ONCE), Grain.DAILY: ("trim_days", AT_ONCE // 10)}  # a month has many days
COUNT_ADDABLE = {Grain.HOURLY: "count_addable_sites", Grain.DAILY: "count_addable_days"}

log = structlog.get_logger()

Result = TypeVar("Result")


class PostgresHousehold:
    """A Household: its turn is an advisory lock, which ends no later than the connection.

    clock  of this machine: where it is wrong nothing is cleaned, for it says what is old
    """

    def __init__(self, url: str, clock: Callable[[], datetime]) -> None:
        self._url = url
        self._clock = clock
        self._sql = statements("housekeeping.sql")

    @asynccontextmanager
    async def turn(self, every_s: float) -> AsyncIterator["PostgresHousekeeping | None"]:
        try:
            connection = await connect(self._url, answer_within_s=None)
        except Unreachable as error:
            raise NotCleaned(str(error)) from error
        try:
            with _cleaning():
                ours = await self._ours(connection, every_s)
            yield PostgresHousekeeping(connection) if ours else None
            with suppress(*DRIVER_ERRORS):
                await connection.execute(self._sql["end_turn"])
        finally:
            connection.terminate()

    async def _ours(self, connection: Connection, every_s: float) -> bool:
        await connection.execute(self._sql["have_patience"])
        if not await schema_stands(connection):
            raise NotCleaned("The schema is missing or older: run `hourmill migrate`.")
        theirs, ours = await connection.fetchval(self._sql["read_clock"]), self._clock()
        if abs(theirs - ours) > CLOCKS_DIFFER:
            said = f"{ours:%Y-%m-%d %H:%M} UTC, PostgreSQL's {theirs:%Y-%m-%d %H:%M}"
            raise NotCleaned(f"This machine's clock says {said}.")
        if not await connection.fetchval(self._sql["take_turn"]):
            return False
        return not every_s or bool(await connection.fetchval(self._sql["is_due"], timedelta(seconds=every_s)))


class PostgresHousekeeping:
    """Housekeeping on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sql = statements() | statements("housekeeping.sql")

    async def prepare(self) -> None:
        await self._patiently(lambda: self._value("make_parts"))

    async def dirty_days(self) -> list[int]:
        return [row["day"] for row in await self._rows("read_dirty_days")]

    async def compactable(self, first: int, before: int) -> int:
        return int(await self._value("count_compactable", first, before))

    async def compact(self, first: int, before: int) -> int:
        spared = 0
        if await self.compactable(first, before):
            for hour in range(first, before):  # by the hour: each transaction looks at all that there is in its span
                while went := await self._patiently(partial(self._value, "compact", hour, hour + 1, AT_ONCE)):
                    spared += went
        return spared

    async def begin_roll_up(self, day: int) -> None:
        await self._value("begin_roll_up", day)
        await self._patiently(lambda: self._value("wait_for_flushes"))

    async def roll_up(self, day: int) -> bool:
        await self._patiently(lambda: self._value("roll_up", day))
        return bool(await self._value("is_clean", day))

    async def addable(self, grain: Grain, day: int) -> int:
        return int(await self._value(COUNT_ADDABLE[grain], day))

    async def hours_kept_from(self) -> int:
        return int(await self._value("read_kept_from"))

    async def keep_hours_from(self, day: int) -> bool:
        return bool(await self._patiently(lambda: self._value("keep_hours_from", day, FEW_DAYS)))

    async def old(self, grain: Grain, before: int) -> Freed:
        parts = sum(part["bytes"] for part in await self._parts(grain, before))
        (row,) = await self._rows(COUNT_OLD[grain], before)
        return Freed(row["rows"], parts)

    async def drop(self, grain: Grain, before: int) -> Freed:
        freed = await self.old(grain, before)
        for table, name, size in await self._parts(grain, before):
            arguments = (name, before) if grain is Grain.DAILY else (name,)
            await self._patiently(partial(self._value, DROP[grain], *arguments))
            log.info("partition dropped", table=table, partition=name, bytes=size)
        statement, at_once = TRIM[grain]
        while await self._patiently(partial(self._value, statement, before, at_once)):
            pass
        return freed

    async def days(self) -> tuple[int, int]:
        (row,) = await self._rows("read_days")
        return row["first"], row["after"]

    async def misfits(self, first: int, before: int, most: int) -> Misfits:
        rows = [tuple(row) for row in await self._rows("find_misfits", first, before, most)]
        return Misfits({day: of_day for *_, day, of_day in rows}, [Misfit(*found) for *found, _, _ in rows])

    async def rebuild(self, day: int) -> None:
        await self._patiently(lambda: self._value("forget_day", day))

    async def month_misfits(self, first: int) -> list[Misfit]:
        return [Misfit(*row) for row in await self._rows("find_month_misfits", first)]

    async def rebuild_month(self, first: int) -> None:
        await self._patiently(lambda: self._value("remake_month", first))

    async def expired(self) -> int:
        return int(await self._value("count_expired"))

    async def forget(self) -> int:
        forgotten = 0
        while went := await self._value("forget", AT_ONCE):
            forgotten += went
        return forgotten

    async def done(self, took_s: float, freed: Freed) -> None:
        await self._value("remember_turn", timedelta(seconds=took_s), freed.rows, freed.bytes)

    async def _parts(self, grain: Grain, before: int) -> list[Any]:
        tables = [table for table, of in GRAIN_OF.items() if of is grain]
        return await self._rows("list_parts", tables, before)

    async def _rows(self, statement: str, *arguments: Any) -> list[Any]:
        with _cleaning():
            rows: list[Any] = await self._connection.fetch(self._sql[statement], *arguments)
        return rows

    async def _value(self, statement: str, *arguments: Any) -> Any:
        with _cleaning():
            return await self._connection.fetchval(self._sql[statement], *arguments)

    async def _patiently(self, attempt: Callable[[], Awaitable[Result]]) -> Result:
        """The outcome of an attempt, made again while others hold a lock that it needs."""
        for _ in range(TRIES - 1):
            try:
                return await attempt()
            except NotCleaned as error:
                if not isinstance(error.__cause__, asyncpg.LockNotAvailableError | asyncpg.DeadlockDetectedError):
                    raise
            await asyncio.sleep(BETWEEN_TRIES_S * random.uniform(0.5, 1.5))  # noqa: S311 not for secrets
        return await attempt()


@contextmanager
def _cleaning() -> Iterator[None]:
    try:
        yield
    except SchemaUnusable as error:
        raise NotCleaned(str(error)) from error
    except DRIVER_ERRORS as error:
        raise NotCleaned(f"PostgreSQL could not be cleaned: {reason(error)}.") from error
