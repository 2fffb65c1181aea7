"""The servers that are measured, each a process of its own on loopback."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import psutil

STARTS_WITHIN_S = 20.0


@contextmanager
def running(
    arguments: Sequence[str], folder: Path, port: int | None, settings: Mapping[str, str] | None = None
) -> Iterator[psutil.Process]:
    """The process of `python ARGUMENTS`, once it listens on the port (if it has one)."""
    # as a service would run it: what it has to say once goes to a file, not to the terminal
    environment = {**os.environ, "HOURMILL_LOG_LEVEL": "warning", **(settings or {})}
    with (folder / f"{port or arguments[-1]}.log").open("ab") as log:
        process = subprocess.Popen([sys.executable, *arguments], stdout=log, stderr=log, env=environment)
    try:
        if port is not None:
            _wait_until_it_listens(process, port)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_it_listens(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = monotonic() + STARTS_WITHIN_S
    while monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=0.1).close()
        except OSError:
            try:
                process.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
            break
        return
    raise SystemExit(f"a server did not come up on port {port}")
