"""Who may open the data file: its owner, from the first moment; SQLite gives the files beside it the same mode."""

import os
import stat
from contextlib import suppress
from pathlib import Path

OWNER_ONLY = 0o600
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_private(path: Path) -> None:
    """Make an empty file that only its owner may open, if there is none; one that is there is left as it is.

    raises  OSError
    """
    with suppress(FileExistsError):
        descriptor = os.open(path.resolve(), os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OWNER_ONLY)
        try:
            os.fchmod(descriptor, OWNER_ONLY)  # whatever the umask takes away
        finally:
            os.close(descriptor)


def open_to_others(path: Path) -> list[Path]:
    """Of the data file and what SQLite keeps beside it, what others than the owner may read or write."""
    files = [path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm")]
    return [file for file in files if file.exists() and file.stat().st_mode & _OTHERS]
