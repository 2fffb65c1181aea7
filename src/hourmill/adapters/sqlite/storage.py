"""How large a data file is, and its copy."""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from tempfile import mkstemp

from hourmill.adapters.sqlite.connection import open_for_reading, statements
from hourmill.errors import DataFileUnusable, Unreadable
from hourmill.ports.housekeeping import GRAIN_OF
from hourmill.ports.storage import COLUMN_OF, TableSize


class SqliteStorage:
    """A Storage. Its calls block: a command has nothing else to do meanwhile."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._sql = statements("storage.sql")

    async def sizes(self) -> list[TableSize]:
        try:
            names = [name for (name,) in self._connection.execute(self._sql["list_tables"])]
            size = dict[str, int]()
            with suppress(sqlite3.OperationalError):  # SQLite was built without dbstat
                size = dict(self._connection.execute(self._sql["measure"]).fetchall())
            rows = {name: self._count(self._sql["count"].format(table=name)) for name in names}
            return [TableSize(name, GRAIN_OF.get(name), rows[name], size.get(name)) for name in names]
        except sqlite3.Error as error:
            raise Unreadable(f"The data file could not be read ({error}).") from error

    async def rows(self, table: str, first: int, before: int | None = None) -> int:
        return self._ask(f"count_by_{COLUMN_OF[table]}", table, first, before)

    async def first_day(self, table: str, first: int, before: int) -> int:
        return self._ask(f"first_by_{COLUMN_OF[table]}", table, first, before)

    def _ask(self, statement: str, table: str, first: int, before: int | None) -> int:
        try:
            return self._count(self._sql[statement].format(table=table), first=first, before=before)
        except sqlite3.Error as error:
            raise Unreadable(f"The data file could not be read ({error}).") from error

    def _count(self, statement: str, **named: int | None) -> int:
        number: int = self._connection.execute(statement, named).fetchone()[0]
        return number


def back_up(path: Path, copy: Path) -> int:
    """Copy a data file while a service writes to it; the copy is one moment of it, and appears whole or not at all.

    returns the bytes of the copy
    raises  DataFileUnusable
    """
    taken = DataFileUnusable(f"{copy} is there already; it was left as it is. Name another file, or remove it.")
    if copy.exists():
        raise taken
    try:
        descriptor, name = mkstemp(prefix=f"{copy.name}.", suffix=".partial", dir=copy.parent)
        partial = Path(name)
        try:
            with closing(open_for_reading(path, any_schema=True)) as connection:
                connection.execute("PRAGMA query_only = OFF")  # it forbids VACUUM INTO, too
                connection.execute("VACUUM INTO ?", [name])
            os.fsync(descriptor)
            os.link(partial, copy)  # unlike rename() it puts nothing in the place of another file
        finally:
            os.close(descriptor)
            partial.unlink()
        _keep_name(copy)
    except FileExistsError as error:
        raise taken from error
    except (sqlite3.Error, OSError) as error:
        raise DataFileUnusable(f"{copy}: the backup could not be made ({error}).") from error
    return copy.stat().st_size


def _keep_name(file: Path) -> None:
    """Have the name of a new file survive a crash of the system."""
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
