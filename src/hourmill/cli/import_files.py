"""The files named on the command line: checked, opened, and how far they are read."""

import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from hourmill.errors import InputUnreadable
from hourmill.services.log_input import ByteStream

STDIN = "-"


def check(names: tuple[str, ...]) -> None:
    """See that every file is there and may be read.

    raises  InputUnreadable, naming all that cannot be
    """
    faults = [f"{name}: {fault}" for name in names if name != STDIN and (fault := _fault(Path(name)))]
    if faults:
        raise InputUnreadable("\n".join([*faults, "Nothing was imported."]))


@contextmanager
def opened(name: str) -> Iterator[ByteStream]:
    """The bytes of a file, or of standard input for "-"."""
    with ExitStack() as stack:
        try:
            file = sys.stdin.fileno() if name == STDIN else name
            stream = stack.enter_context(open(file, "rb", closefd=name != STDIN))
        except OSError as error:
            raise InputUnreadable(f"{name}: {error.strerror}") from error
        yield stream


@contextmanager
def progress(names: tuple[str, ...]) -> Iterator[Callable[[str, int], None]]:
    """What is to be told of each read (name, bytes): shows how far, how fast, how long yet, on a terminal only."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("", total=_bytes(names))
        yield lambda name, size: bar.update(task, description=name, advance=size)


def _fault(path: Path) -> str | None:
    try:
        if path.is_dir():
            return "is a directory"
        path.stat()
    except OSError as error:
        return error.strerror
    return None if os.access(path, os.R_OK) else "may not be read"


def _bytes(names: tuple[str, ...]) -> int | None:
    """How much there is to read; None if a pipe is among it."""
    if STDIN in names:
        return None
    found = [Path(name).stat() for name in names]
    return sum(one.st_size for one in found) if all(stat.S_ISREG(one.st_mode) for one in found) else None
