"""The real command hourmill as a process of its own."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.client import HOST, JSON, PATIENCE_S, Answer, Connection, HeaderLines

COMMAND = str(Path(sys.executable).with_name("hourmill"))
PORTS = range(20_000, 32_768)  # below those that Linux gives to clients: a restart finds its port still free
GLANCE_S = 0.01  # between two looks whether a process has died or answers


class RunningCommand:
    """A command that goes on until it is told to end; it can be started again with the same arguments.

    folder     its working directory, with its log
    arguments  of hourmill
    program    what is run with them
    settings   environment variables; nothing else of ours is in its environment
    """

    def __init__(self, folder: Path, arguments: Sequence[str], settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.log_file = folder / "service.log"
        self.arguments = arguments
        self.program: Sequence[str] = (COMMAND,)
        self.settings = dict(settings or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._logged_before = 0

    @property
    def pid(self) -> int:
        """The process that runs now."""
        assert self._process is not None, "the command does not run"
        return self._process.pid

    @property
    def runs(self) -> bool:
        """Whether it was started and not ended since."""
        return self._process is not None

    @property
    def died(self) -> bool:
        """Whether it ended although nobody told it to."""
        return self._process is not None and self._process.poll() is not None

    def start(self) -> None:
        """Start the command."""
        assert self._process is None, "the command runs already"
        environment = {"PATH": os.environ["PATH"], **self.settings}
        with self.log_file.open("ab") as log:
            self._logged_before = log.tell()
            self._process = subprocess.Popen(
                [*self.program, *self.arguments], cwd=self.folder, env=environment, stdout=log, stderr=log
            )

    def pause(self) -> None:
        """Make it stand still (SIGSTOP)."""
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on where it stood still (SIGCONT)."""
        os.kill(self.pid, signal.SIGCONT)

    def stop(self) -> int:
        """Ask it to end (SIGTERM) once it has begun, which its first log line shows; its exit code."""
        assert self._process is not None, "the command does not run"
        for _ in range(int(PATIENCE_S / GLANCE_S)):
            if self.log_file.stat().st_size > self._logged_before:
                break
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(GLANCE_S)
        return self.end(signal.SIGTERM)

    def kill(self) -> int:
        """Kill it (SIGKILL)."""
        return self.end(signal.SIGKILL)

    def end(self, signal_number: signal.Signals, within_s: float = PATIENCE_S) -> int:
        """Send it a signal that ends it; its exit code.

        raises  subprocess.TimeoutExpired if it goes on for longer
        """
        assert self._process is not None, "the command does not run"
        process, self._process = self._process, None
        process.send_signal(signal_number)
        try:
            return process.wait(within_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise

    def logged(self, event: str) -> list[dict[str, Any]]:
        """Every line of that event that it has written so far: who waits for what a line tells waits for the line."""
        return [line for line in log_lines(self.log_file) if line["event"] == event]

    def restart(self) -> None:
        """Stop it in good order, start it again."""
        assert self.stop() == 0, self.log_file.read_text()
        self.start()


class RunningService(RunningCommand):
    """A service that can be stopped, killed and started again on the same data file and port.

    folder   its working directory: data file, log
    command  what is run, without the port
    """

    def __init__(
        self, folder: Path, settings: Mapping[str, str] | None = None, command: Sequence[str] = ("serve",)
    ) -> None:
        self.port = free_port()
        self.data_file = folder / "hourmill.db"
        store = [] if "DATABASE_URL" in (settings or {}) else ["--database", f"sqlite:///{self.data_file}"]
        super().__init__(folder, [*command, "--port", str(self.port), *store], settings)

    def start(self) -> None:
        """Start the command and wait until it answers."""
        super().start()
        assert self._process is not None
        try:
            self._until_it_answers(self._process)
        except BaseException:
            self.kill()
            raise

    def connection(self) -> Connection:
        """A new connection, to be used in a with statement."""
        return Connection(self.port)

    def request(self, method: str, target: str | bytes, body: bytes | None = None, headers: HeaderLines = ()) -> Answer:
        """One request on a connection of its own."""
        with self.connection() as connection:
            return connection.request(method, target, body, headers)

    def post(self, path: str, value: object, headers: HeaderLines = ()) -> Answer:
        """POST a value as JSON (bytes are sent as they are)."""
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        return self.request("POST", path, body, [*JSON, *headers])

    def get(self, target: str | bytes, headers: HeaderLines = ()) -> Answer:
        """GET."""
        return self.request("GET", target, None, headers)

    def report(self, page: str, **parameters: str) -> list[tuple[int, int]]:
        """The (hour of day, views) that GET /report gives."""
        answer = self.get("/report?" + urlencode({"page": page, **parameters}))
        assert answer.status == 200, answer
        return [(entry["h"], entry["v"]) for entry in answer.json()["data"]]

    def views(self, page: str, timestamp: str) -> int:
        """The views of a page in the hour of a timestamp."""
        return self.report(page, now=timestamp)[-1][1]

    def _until_it_answers(self, process: "subprocess.Popen[bytes]") -> None:
        for _ in range(int(PATIENCE_S / GLANCE_S)):
            try:
                assert self.get("/health").status == 200
            except ConnectionError:
                pass
            else:
                return
            try:
                code = process.wait(GLANCE_S)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError(f"hourmill {self.arguments[0]} ended with {code}:\n{self.log_file.read_text()}")
        raise AssertionError(f"hourmill {self.arguments[0]} does not answer:\n{self.log_file.read_text()}")


@contextmanager
def running_service(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[RunningService]:
    """A started service; what of it still runs at the end is stopped."""
    service = RunningService(folder, settings)
    service.start()
    try:
        yield service
    finally:
        if service.runs:
            service.stop()


def log_lines(log_file: Path) -> list[dict[str, Any]]:
    """What a command has logged as JSON, as far as it is written out."""
    lines = log_file.read_text(errors="replace").splitlines()
    return [json.loads(line) for line in lines if line.startswith('{"') and line.endswith("}")]


def free_port() -> int:
    """A port on which nobody listens."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
