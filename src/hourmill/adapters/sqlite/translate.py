"""SQLite's errors as ours."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hourmill.errors import DataFileUnusable, HourmillError, InputUnreadable, NotAccepted, OutcomeUnknown

# SQLite rolls the transaction back before it reports these: nothing of it is left.
_ROLLED_BACK = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
}


def translate(error: sqlite3.Error) -> HourmillError:
    """What a failed transaction means for those who wait for it."""
    code = getattr(error, "sqlite_errorcode", None)  # absent where the module itself, not SQLite, found the fault
    if code is not None and code & 0xFF in _ROLLED_BACK:
        return NotAccepted(f"The data file could not be written ({error}); nothing was counted. Send it again later.")
    return OutcomeUnknown()


@contextmanager
def usable(path: Path) -> Iterator[None]:
    """Within: opening the data file; what fails there is a DataFileUnusable."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise DataFileUnusable(f"{path} cannot be opened: {reason}.") from error


@contextmanager
def roomy() -> Iterator[None]:
    """Within: a temporary database; what fails there, mostly for want of room, is an InputUnreadable."""
    try:
        yield
    except sqlite3.Error as error:
        raise InputUnreadable(
            f"Temporary files could not be written ({error}). Set TMPDIR to a folder with room for the unpacked input."
        ) from error
