"""Locks beside the data file: one server, one import, one janitor at a time. They die with the process."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from hourmill.adapters.sqlite.place import check_folder
from hourmill.adapters.sqlite.translate import usable
from hourmill.errors import DataFileInUse


class Role(NamedTuple):
    """What only one process at a time may do; suffix of the lock's file, and what a second one is told."""

    suffix: str
    refusal: str


SERVER = Role(
    ".lock",
    "is served by another Hourmill (process {holder}). Stop that one, or give this one a data file of its own: "
    "--database sqlite:///OTHER.db",
)
IMPORT = Role(".import.lock", "is being imported into by process {holder}. Run this import again after that one.")
CLEAN = Role(".clean.lock", "is being cleaned by process {holder}.")


@contextmanager
def locked(path: Path, role: Role) -> Iterator[None]:
    """Hold the data file in a role.

    raises  DataFileInUse, naming the process that holds it
            DataFileUnusable if the lock's file cannot be made
    """
    check_folder(path)
    path = path.resolve()  # one lock for the file, by whatever name it is reached
    with usable(path):
        descriptor = os.open(_lock_file(path, role), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if os.geteuid() == 0 and path.exists():  # as SQLite does: root leaves nothing that the file's owner cannot use
            os.fchown(descriptor, path.stat().st_uid, path.stat().st_gid)
        _take(descriptor, path, role)
        with usable(path):
            os.ftruncate(descriptor, 0)
            os.write(descriptor, b"%d\n" % os.getpid())
        yield
    finally:
        os.close(descriptor)


def check_free(path: Path, role: Role) -> None:
    """That nobody holds the data file in a role; makes nothing.

    raises  DataFileInUse, naming the process that holds it
            DataFileUnusable if the lock's file cannot be opened
    """
    path = path.resolve()
    with usable(path), suppress(FileNotFoundError):
        descriptor = os.open(_lock_file(path, role), os.O_RDWR | os.O_CLOEXEC)
        try:
            _take(descriptor, path, role)
        finally:
            os.close(descriptor)


def _lock_file(path: Path, role: Role) -> Path:
    return path.with_name(path.name + role.suffix)


def _take(descriptor: int, path: Path, role: Role) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
        raise DataFileInUse(f"{path} {role.refusal.format(holder=holder)}") from None
