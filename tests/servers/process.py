"""A server as a process of its own: started, waited for, stopped, killed; and a server that is not ours to stop."""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil
from tests.client import PATIENCE_S
from tests.service import GLANCE_S

T = TypeVar("T")


@dataclass(frozen=True)
class Launch:
    """How a server is started, and when it is up.

    arguments    the command; it must not leave its process
    environment  all of it: nothing of ours is added
    log_file     takes what the server says
    user         whom it runs as; None is whoever we are
    stop_signal  what asks it to end in good order, at once
    answers      whether the process of that id takes clients; is asked again and again
    """

    arguments: Sequence[str]
    environment: Mapping[str, str]
    log_file: Path
    answers: Callable[[int], bool]
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM


class ServerProcess:
    """A process that is started again after it was stopped or killed. It ends, at the latest, when we do."""

    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        self._process: subprocess.Popen[bytes] | None = None
        # Linux sends the death signal when the thread ends that started the process, so this thread starts nothing else
        self._starter = ThreadPoolExecutor(1)

    @property
    def pid(self) -> int:
        """The process that runs now."""
        assert self._process is not None, "the server does not run"
        return self._process.pid

    @property
    def user(self) -> str | None:
        """Whom it runs as; None is whoever we are."""
        return self._launch.user

    def said(self) -> str:
        """All that it has said, since it was first started."""
        return self._launch.log_file.read_text(errors="replace")

    @property
    def runs(self) -> bool:
        """Whether it was started and not ended since."""
        return self._process is not None

    def start(self) -> None:
        """Start it and wait until it takes clients."""
        assert self._process is None, "the server runs already"
        self._process = self._starter.submit(self._popen).result()
        try:
            self._until_it_answers(self._process)
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """Ask it to end and wait for that; one that does not is killed, and that is an error."""
        assert self._process is not None, "the server does not run"
        self._process.send_signal(self._launch.stop_signal)
        try:
            self._process.wait(PATIENCE_S)
        except BaseException:
            self.kill()
            raise
        self._process = None

    def kill(self) -> None:
        """Kill it and all it started (SIGKILL), and wait until nothing of it is left."""
        assert self._process is not None, "the server does not run"
        process, self._process = self._process, None
        family: list[psutil.Process] = []
        with suppress(psutil.NoSuchProcess):
            parent = psutil.Process(process.pid)
            parent.suspend()  # it starts no child that we do not see
            family = parent.children(recursive=True)
        process.kill()
        for member in family:
            with suppress(psutil.NoSuchProcess):
                member.kill()
        process.wait()
        _, alive = psutil.wait_procs(family, timeout=PATIENCE_S)
        assert not alive, alive

    def _popen(self) -> "subprocess.Popen[bytes]":
        # in this order: a change of the user takes the death signal away
        arguments = [*as_user(self._launch.user), *with_death_signal(), *self._launch.arguments]
        with self._launch.log_file.open("ab") as log:
            return subprocess.Popen(
                arguments,
                cwd=self._launch.log_file.parent,
                env=self._launch.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us; we stop it
            )

    def _until_it_answers(self, process: "subprocess.Popen[bytes]") -> None:
        for _ in range(int(PATIENCE_S / GLANCE_S)):
            if self._launch.answers(process.pid):
                return
            try:
                code = process.wait(GLANCE_S)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError(f"{self._launch.arguments[0]} ended with {code}:\n{self._said()}")
        raise AssertionError(f"{self._launch.arguments[0]} does not answer:\n{self._said()}")

    def _said(self) -> str:
        return self._launch.log_file.read_text(errors="replace")[-8_000:]


class Server:
    """A server of the tests: a process of ours, or (None) one that was given by its URL and is not ours to stop."""

    def __init__(self, process: ServerProcess | None) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """The process that runs now."""
        return self._own().pid

    @property
    def user(self) -> str | None:
        """Whom it runs as; None is whoever we are."""
        return self._own().user

    def said(self) -> str:
        """All that is in its log."""
        return self._own().said()

    @property
    def runs(self) -> bool:
        """Whether clients may come."""
        return self._process is None or self._process.runs

    def start(self) -> None:
        """Start it on what it held before, and wait until it takes clients."""
        self._own().start()

    def stop(self) -> None:
        """Stop it in good order; clients are cut off."""
        self._own().stop()

    def kill(self) -> None:
        """Kill it and all its processes (SIGKILL)."""
        self._own().kill()

    def restart(self) -> None:
        """Stop it in good order, start it again."""
        self.stop()
        self.start()

    def _own(self) -> ServerProcess:
        if self._process is None:
            raise RuntimeError("this server was given by its URL: the tests cannot stop, kill or start it")
        return self._process


def with_death_signal() -> list[str]:
    """What makes a command end when we end, however we end; nothing where the system cannot (Linux can)."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []


def as_user(user: str | None) -> list[str]:
    """What makes a command run as a user."""
    if user is None:
        return []
    setpriv = shutil.which("setpriv")
    assert setpriv, "setpriv (util-linux) is needed to run a server as another user than root"
    return [setpriv, "--reuid", user, "--regid", user_group(user), "--clear-groups"]


def user_group(user: str) -> str:
    """The id of the first group of a user."""
    return str(pwd.getpwnam(user).pw_gid)


def plain_environment(folder: Path) -> dict[str, str]:
    """The environment of a server that lives in a folder."""
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"}


def awaited(coroutine: Coroutine[Any, Any, T]) -> T:
    """What a coroutine gives, also if a loop runs in this thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()
