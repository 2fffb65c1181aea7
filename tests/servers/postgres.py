"""A PostgreSQL server of the tests: own data folder, own port, on the loopback only; or one that was given."""

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
from tests.client import HOST, PATIENCE_S
from tests.servers.install import postgres_programs
from tests.servers.keys import Keys
from tests.servers.process import Launch, Server, ServerProcess, as_user, awaited, plain_environment
from tests.service import free_port

USER = "hourmill"
NEVER_ROOT = "nobody"  # PostgreSQL refuses to run as root
GLANCE_S = 0.05


class PostgresServer(Server):
    """A server that can be stopped, killed and started again on the same data and port.

    any_url  the URL of one of its databases
    process  None if the server was given
    """

    def __init__(self, any_url: str, process: ServerProcess | None = None) -> None:
        super().__init__(process)
        self._any_url = any_url

    def url(self, database: str) -> str:
        """The URL of a database of this server, whether it exists or not."""
        return urlunsplit(urlsplit(self._any_url)._replace(path=f"/{database}"))

    def create_database(self) -> str:
        """The URL of a new, empty database."""
        name = f"hourmill_{uuid4().hex}"
        awaited(execute(self._any_url, f'CREATE DATABASE "{name}"'))
        return self.url(name)


@contextmanager
def postgres_server(folder: Path, keys: Keys | None = None) -> Iterator[PostgresServer]:
    """A started server with its data in a folder; what of it still runs at the end is stopped.

    folder  empty; not too deep, for it holds a Unix socket; if we are root, others must be able to reach it
    keys    with which it speaks TLS to those who ask for it
    """
    programs = postgres_programs()
    user = NEVER_ROOT if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    port = free_port()
    initialise(programs, folder, user)
    process = ServerProcess(
        launch(programs, folder, user, port, {} if keys is None else tls_settings(folder, keys, user))
    )
    process.start()
    try:
        yield PostgresServer(f"postgresql://{USER}@{HOST}:{port}/postgres", process)
    finally:
        if process.runs:
            process.stop()


def initialise(programs: Path, folder: Path, user: str | None) -> None:
    """Make the data folder."""
    options = ["--no-sync", "--auth=trust", f"--username={USER}", "--encoding=UTF8", "--locale=C"]
    command = [*as_user(user), str(programs / "initdb"), *options, f"--pgdata={folder / 'data'}"]
    made = subprocess.run(
        command, cwd=folder, env=plain_environment(folder), capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stdout + made.stderr


def tls_settings(folder: Path, keys: Keys, user: str | None) -> dict[str, object]:
    """What makes the server use these keys; it takes a private key only if none but itself can read it."""
    private = Path(shutil.copy(keys.private_key, folder / "server.key"))
    private.chmod(0o600)
    if user:
        shutil.chown(private, user)
    certificate = shutil.copy(keys.certificate, folder / "server.crt")
    return {"ssl": "on", "ssl_key_file": private, "ssl_cert_file": certificate}


def launch(
    programs: Path, folder: Path, user: str | None, port: int, further: Mapping[str, object] | None = None
) -> Launch:
    """How the server of a data folder is started; fsync and all that makes a commit durable stay on.

    further  settings of this server
    """
    settings = {
        "listen_addresses": HOST,
        "port": port,
        "unix_socket_directories": folder,
        "shared_buffers": "64MB",
        "max_connections": 200,
        **(further or {}),
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return Launch(
        arguments=[str(programs / "postgres"), "-D", str(folder / "data"), *options],
        environment=plain_environment(folder),
        log_file=folder / "postgres.log",
        answers=lambda pid: is_ready(pid, folder / "data" / "postmaster.pid"),
        user=user,
        stop_signal=signal.SIGINT,  # a fast shutdown: clients are cut off
    )


def is_ready(pid: int, pid_file: Path) -> bool:
    """Whether the server says in its file that it takes clients; what one before it said there does not count."""
    try:
        lines = pid_file.read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


async def execute(url: str, statement: str) -> None:
    """Run one statement, after the recovery of a server one of whose processes was killed."""
    connection = await connected(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def connected(url: str) -> asyncpg.Connection:
    """A connection, once the server takes any."""
    until_s = monotonic() + PATIENCE_S
    while True:
        try:
            return await asyncpg.connect(url)
        except asyncpg.CannotConnectNowError:
            if monotonic() > until_s:
                raise
            await asyncio.sleep(GLANCE_S)
