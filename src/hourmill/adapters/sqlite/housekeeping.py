"""The janitor's hands in SQLite: a connection of its own, and transactions so short that others can wait for them."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from time import perf_counter
from typing import Any

from hourmill.adapters.sqlite.connection import statements
from hourmill.adapters.sqlite.counters import kept_from
from hourmill.adapters.sqlite.journal import KEY_LIFE
from hourmill.adapters.sqlite.sums import SUMS, SUMS_OF, Sums, addable, find_wrong, misfits
from hourmill.adapters.sqlite.writing import Result, RunWriting, in_a_thread, undisturbed
from hourmill.core.retention import day_of
from hourmill.errors import NotCleaned
from hourmill.ports.housekeeping import FEW_DAYS, Freed, Grain, Misfit, Misfits

AT_ONCE = 500  # rows in one transaction: some 3 ms
RESTS = 3  # times as long as each of them took
MOST_FREE_PAGES = 4_096  # the journal needs some now and then
PAGES_AT_ONCE = 64  # of the file, given back in one transaction

COUNT = {Grain.HOURLY: "count_old_hours", Grain.DAILY: "count_old_days"}
DROP = {Grain.HOURLY: ("drop_page_hours", "drop_site_hours"), Grain.DAILY: ("drop_page_days",)}


class SqliteHousekeeping:
    """Housekeeping on one connection, which is used by one thread at a time."""

    def __init__(self, connection: sqlite3.Connection, clock: Callable[[], float], run: RunWriting) -> None:
        self._connection = connection
        self._clock = clock
        self._run = run
        self._sql = statements() | statements("housekeeping.sql")

    async def prepare(self) -> None:
        pass  # no table is divided

    async def dirty_days(self) -> list[int]:
        return [day for (day,) in await self._rows("read_dirty_days")]

    async def compactable(self, first: int, before: int) -> int:  # noqa: ARG002 the port's
        return 0  # one writer, one shard key

    async def compact(self, first: int, before: int) -> int:  # noqa: ARG002 the port's
        return 0

    async def begin_roll_up(self, day: int) -> None:
        await self._write("begin_roll_up", day=day)

    async def roll_up(self, day: int) -> bool:
        for sums in SUMS:
            wrong = await self._politely(partial(self._find_wrong, sums, day), in_a_thread)
            for first in range(1, wrong + 1, AT_ONCE):
                await self._write(*sums.set, first=first, last=first + AT_ONCE - 1)
        return await self._write("end_roll_up", day=day) > 0

    async def addable(self, grain: Grain, day: int) -> int:
        return await undisturbed(in_a_thread(partial(self._addable, SUMS_OF[grain], day)))

    async def hours_kept_from(self) -> int:
        with cleaning():
            return kept_from(self._connection, self._sql)

    async def keep_hours_from(self, day: int) -> bool:
        return await self._politely(lambda: self._keep_hours_from(day), self._run)

    async def old(self, grain: Grain, before: int) -> Freed:
        rows = await self._number(COUNT[grain], before=before)
        of = await self._number("count_rows")
        size = self._size()
        return Freed(rows, size * rows // max(1, of))

    async def drop(self, grain: Grain, before: int) -> Freed:
        rows = 0
        for statement in DROP[grain]:
            while went := await self._write(statement, before=before, most=AT_ONCE):
                rows += went
        if grain is Grain.DAILY:  # only now: until it is gone a month is whole
            rows += await self._write("drop_months", "drop_page_days", before=before, most=AT_ONCE)
        full_of_holes = self._pragma("freelist_count") > MOST_FREE_PAGES  # a turn that was killed has left them
        return Freed(rows, await self._give_back() if rows or full_of_holes else 0)

    async def days(self) -> tuple[int, int]:
        first, after = (await self._rows("read_days"))[0]
        return first, after

    async def misfits(self, first: int, before: int, most: int) -> Misfits:
        of_day: dict[int, int] = {}
        some: list[Misfit] = []
        if not await self._number("has_days", first=first, before=before):
            return Misfits(of_day, some)
        dirty = set(await self.dirty_days())
        for day in range(max(first, await self.hours_kept_from()), before):
            if day not in dirty and (found := await undisturbed(in_a_thread(partial(self._misfits, day)))):
                of_day[day] = len(found)
                some += found[:most]
        now_dirty = set(await self.dirty_days())  # what was raised meanwhile only seemed to be wrong
        of_day = {day: number for day, number in of_day.items() if day not in now_dirty}
        return Misfits(of_day, [misfit for misfit in some if day_of(misfit.hour) in of_day])

    async def rebuild(self, day: int) -> None:
        if day >= await self.hours_kept_from():
            await self._write("mark_day", day=day)
            await self._write("forget_page_day", "forget_month", "sum_up_month", day=day)
            await self._write("forget_site_day", day=day)

    async def month_misfits(self, first: int) -> list[Misfit]:
        rows = await self._rows("find_month_misfits", day=first)
        return [Misfit("page_views_monthly", *row) for row in rows]

    async def rebuild_month(self, first: int) -> None:
        await self._write("forget_month", "sum_up_month", day=first)

    async def expired(self) -> int:
        return await self._number("count_expired", before=self._oldest_key_s())

    async def forget(self) -> int:
        forgotten = 0
        while went := await self._write("forget_keys", before=self._oldest_key_s(), most=AT_ONCE):
            forgotten += went
        return forgotten

    async def done(self, took_s: float, freed: Freed) -> None:
        began_at = int(self._clock() - took_s)  # never later than it was
        turn = {"began_at": began_at, "took_ms": round(took_s * 1000), "rows": freed.rows, "bytes": freed.bytes}
        await self._write("forget_turn", "remember_turn", **turn)

    def _oldest_key_s(self) -> int:
        return int(self._clock() - KEY_LIFE.total_seconds())

    def _keep_hours_from(self, day: int) -> bool:
        with self._transaction():
            dirty = [day for (day,) in self._connection.execute(self._sql["read_dirty_days"])]
            early = [other for other in dirty if other < day]
            if len(early) > FEW_DAYS:
                return False
            for other in early:
                self._connection.execute(self._sql["begin_roll_up"], {"day": other})
                for sums in SUMS:
                    wrong = self._find_wrong(sums, other)
                    for statement in sums.set:
                        self._connection.execute(self._sql[statement], {"first": 1, "last": wrong})
                self._connection.execute(self._sql["end_roll_up"], {"day": other})
            self._connection.execute(self._sql["keep_hours_from"], {"day": day})
        return True

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with cleaning():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    def _find_wrong(self, sums: Sums, day: int) -> int:
        with cleaning():
            return find_wrong(self._connection, self._sql, sums, day)

    def _addable(self, sums: Sums, day: int) -> int:
        with cleaning():
            return addable(self._connection, self._sql, sums, day)

    def _misfits(self, day: int) -> list[Misfit]:
        with cleaning():
            return [found for sums in SUMS for found in misfits(self._connection, self._sql, sums, day)]

    async def _give_back(self) -> int:
        """Shorten the file by its free pages; the bytes given back."""
        before = self._pragma("page_count")
        while free := self._pragma("freelist_count"):
            await self._politely(self._shorten, self._run)
            if self._pragma("freelist_count") == free:
                break
        return (before - self._pragma("page_count")) * self._pragma("page_size")

    def _shorten(self) -> None:
        with cleaning():
            self._connection.execute(f"PRAGMA incremental_vacuum({PAGES_AT_ONCE})").fetchall()  # a page for each step

    def _size(self) -> int:
        return (self._pragma("page_count") - self._pragma("freelist_count")) * self._pragma("page_size")

    def _pragma(self, name: str) -> int:
        with cleaning():
            value: int = self._connection.execute(f"PRAGMA {name}").fetchone()[0]
        return value

    async def _number(self, statement: str, **named: int) -> int:
        return int((await self._rows(statement, **named))[0][0])

    async def _rows(self, statement: str, **named: int) -> list[Any]:
        def read() -> list[Any]:
            with cleaning():
                return self._connection.execute(self._sql[statement], named).fetchall()

        return await undisturbed(asyncio.to_thread(read))

    async def _write(self, *statements: str, **named: int) -> int:
        """Run statements in one transaction; how many rows of its table the last one changed."""

        def write() -> int:
            with self._transaction():
                return [self._connection.execute(self._sql[statement], named).rowcount for statement in statements][-1]

        return await self._politely(write, self._run)

    async def _politely(self, job: Callable[[], Result], run: RunWriting) -> Result:
        """Run it, then leave others several times as long as it took."""
        began_s = perf_counter()
        result = await undisturbed(run(job))
        await asyncio.sleep(RESTS * (perf_counter() - began_s))
        return result


@contextmanager
def cleaning() -> Iterator[None]:
    """Within: trouble of SQLite is NotCleaned."""
    try:
        yield
    except sqlite3.Error as error:
        raise NotCleaned(f"The data file could not be cleaned: {error}.") from error
