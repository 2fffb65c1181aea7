"""Opening the data file: recognised, its schema brought up to date, on demand checked after an unclean stop."""

import re
import sqlite3
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import structlog

from hourmill.adapters.named_sql import named_statements
from hourmill.adapters.sqlite.place import check_folder
from hourmill.adapters.sqlite.privacy import make_private
from hourmill.adapters.sqlite.translate import usable
from hourmill.errors import DataFileUnusable

APPLICATION_ID = 0x484D494C  # "HMIL" in the file's header: what is not ours is not touched
BUSY_TIMEOUT_S = 10.0  # an import's transaction takes milliseconds; a server that waits longer answers 503
INCREMENTAL = 2  # auto_vacuum: pages that are free are given back when the janitor says so
CACHE_KIB = 64 * 1024  # holds the cells of the running hours of a busy site
TEMPORARY_CACHE_KIB = 16 * 1024  # sorts a million rows in a few runs, and is little beside what a command takes
MAX_CHECKED_BYTES = 1 << 30  # quick_check reads the whole file: seconds for a GiB, too long for more

log = structlog.get_logger()

_PACKAGE = "hourmill.adapters.sqlite"
_SQL = resources.files(_PACKAGE) / "sql"
_MIGRATION = re.compile(r"([0-9]{4})_[a-z_]+\.sql")


def statements(file: str = "statements.sql") -> dict[str, str]:
    """The named statements of a file."""
    return named_statements(_PACKAGE, file)


def open_for_writing(path: Path, *, check: bool, make: bool = False) -> sqlite3.Connection:
    """A connection that may write; brings the schema up to date.

    check   read through the file if its WAL tells of an unclean stop; nobody else may write to it meanwhile
    make    if there is no such file, in a folder that is there, make it
    raises  DataFileUnusable
    """
    check_folder(path)
    wal = path.with_name(path.name + "-wal")
    with usable(path):
        if make:
            make_private(path)
        elif not path.exists():
            raise DataFileUnusable(f"{path} is not there any more.")
        unclean = check and wal.exists() and wal.stat().st_size > 0
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    try:
        with usable(path):
            is_new = _recognise(connection, path) == 0
            connection.execute(f"PRAGMA auto_vacuum = {INCREMENTAL}")  # must be said before a new file has a page
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")  # a commit returns after its fsync
            connection.execute(
                "PRAGMA secure_delete = OFF"
            )  # on in Debian's build: would write each journal page twice
            connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            if unclean and path.stat().st_size <= MAX_CHECKED_BYTES:
                _check(connection, path)
            _migrate(connection)
            _let_it_shrink(connection, path)
    except BaseException:
        connection.close()
        raise
    if is_new:  # an empty counter, where there may have been a full one: on a disk that is not mounted, for example
        log.warning("made a new data file", path=str(path.resolve()))
    return connection


def open_temporary() -> sqlite3.Connection:
    """A connection to a new database in a nameless file, which is gone with the connection, also after a kill."""
    connection = sqlite3.connect("", isolation_level=None)
    connection.execute("PRAGMA temp_store = FILE")  # what is sorted may be larger than memory
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute(f"PRAGMA cache_size = -{TEMPORARY_CACHE_KIB}")
    return connection


def open_empty() -> sqlite3.Connection:
    """A connection to an empty store that is gone when it is closed."""
    connection = open_temporary()
    _migrate(connection)
    return connection


def open_for_reading(path: Path, *, any_schema: bool = False) -> sqlite3.Connection:
    """A connection that cannot write.

    any_schema  of an older version, too
    raises  DataFileUnusable, also when there is no such file
    """
    if not path.exists():
        raise DataFileUnusable(f"{path}: no such data file. `hourmill serve` or `hourmill import` makes it.")
    with usable(path):
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    try:
        with usable(path):
            if _recognise(connection, path) != _newest() and not any_schema:
                raise DataFileUnusable(f"{path} has an older schema; `hourmill serve` brings it up to date.")
            connection.execute("PRAGMA query_only = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _let_it_shrink(connection: sqlite3.Connection, path: Path) -> None:
    """Write a file of schema 1 anew, once: until then it cannot give pages back."""
    if connection.execute("PRAGMA auto_vacuum").fetchone()[0] == INCREMENTAL:
        return
    try:
        connection.execute("VACUUM")
    except sqlite3.OperationalError as error:  # no room for a second copy, mostly: no reason not to count
        log.warning("the data file cannot get smaller", path=str(path), reason=str(error))


def _recognise(connection: sqlite3.Connection, path: Path) -> int:
    """The schema version of a file of ours, 0 for a new one."""
    application: int = connection.execute("PRAGMA application_id").fetchone()[0]
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if application != APPLICATION_ID and connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        raise DataFileUnusable(f"{path} is a SQLite file of another program; it was left alone.")
    if version > _newest():
        raise DataFileUnusable(
            f"{path} was written by a newer Hourmill (schema {version}, this one knows {_newest()})."
        )
    return version


def _check(connection: sqlite3.Connection, path: Path) -> None:
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise DataFileUnusable(f"{path} is damaged ({found}). Restore it from a backup; it was not changed.")


def _migrations() -> list[tuple[int, str]]:
    files = ((_MIGRATION.fullmatch(file.name), file) for file in _SQL.iterdir())
    return sorted((int(match[1]), file.read_text()) for match, file in files if match)


def _newest() -> int:
    return _migrations()[-1][0]


def _migrate(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")  # a second process waits here and finds the work done
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    for number, script in _migrations():
        if number > version:
            for statement in _split(script):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute("COMMIT")


def _split(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
