"""The distributed system on one machine: PostgreSQL, RabbitMQ, an API and a worker, each measured with its children."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import asyncpg
import psutil
from tests.servers.postgres import postgres_server
from tests.servers.rabbitmq import rabbitmq_node

from bench.servers import free_port, running

COUNTED_WITHIN_S = 300.0
LOOK_S = 0.02
SETTLED_S = 2.5  # without a change: longer than a worker keeps what it has
VIEWS = "SELECT coalesce(sum(views), 0)::bigint FROM page_views"


class Cluster:
    """What runs of it, and what that has used."""

    def __init__(self, folder: Path, database_url: str, rabbitmq_url: str) -> None:
        self.database_url = database_url
        self.rabbitmq_url = rabbitmq_url
        self.port = free_port()
        self.running: dict[str, psutil.Process] = {}
        self._folder = folder
        self._settings = {"DATABASE_URL": database_url, "RABBITMQ_URL": rabbitmq_url}
        migrate = [sys.executable, "-m", "hourmill", "migrate"]
        subprocess.run(migrate, env={**os.environ, **self._settings}, check=True, stdout=subprocess.DEVNULL)

    @contextmanager
    def api(self) -> Iterator[None]:
        """With an API process."""
        with self._role("API", ["api", "--port", str(self.port)], self.port):
            yield

    @contextmanager
    def worker(self, settings: Mapping[str, str] | None = None) -> Iterator[None]:
        """With a worker."""
        with self._role("worker", ["worker"], None, settings):
            yield

    def cpu_s(self) -> dict[str, float]:
        """CPU seconds used so far, by role."""
        return {role: sum(map(cpu_s, _family(process))) for role, process in self.running.items()}

    def rss_mib(self) -> dict[str, float]:
        """Resident memory, by role; what the processes of PostgreSQL share is in each of them."""
        return {role: sum(map(_rss, _family(process))) / 2**20 for role, process in self.running.items()}

    def wait_for(self, views: int) -> float:
        """Seconds until so many views are counted."""
        return asyncio.run(self._wait_for(views))

    def settled(self) -> int:
        """The views counted, once they grow no more."""
        return asyncio.run(self._settled())

    @contextmanager
    def _role(
        self, role: str, arguments: Sequence[str], port: int | None, settings: Mapping[str, str] | None = None
    ) -> Iterator[None]:
        with running(
            ["-m", "hourmill", *arguments], self._folder, port, {**self._settings, **(settings or {})}
        ) as process:
            self.running[role] = process
            yield
            del self.running[role]

    async def _wait_for(self, views: int) -> float:
        connection = await asyncpg.connect(self.database_url)
        began_s = perf_counter()
        async with asyncio.timeout(COUNTED_WITHIN_S):
            while await connection.fetchval(VIEWS) < views:  # noqa: ASYNC110 the table tells nobody
                await asyncio.sleep(LOOK_S)
        took_s = perf_counter() - began_s
        await connection.close()
        return took_s

    async def _settled(self) -> int:
        connection = await asyncpg.connect(self.database_url)
        async with asyncio.timeout(COUNTED_WITHIN_S):
            before, views = -1, await connection.fetchval(VIEWS)
            while views != before:
                await asyncio.sleep(SETTLED_S)
                before, views = views, await connection.fetchval(VIEWS)
        await connection.close()
        return int(views)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Own nodes of PostgreSQL and RabbitMQ, no API and no worker yet."""
    with ExitStack() as stack:
        folders = [Path(stack.enter_context(TemporaryDirectory(prefix="hm-", dir="/tmp"))) for _ in range(3)]
        folders[0].chmod(0o755)
        postgres = stack.enter_context(postgres_server(folders[0]))
        rabbitmq = stack.enter_context(rabbitmq_node(folders[1]))
        made = Cluster(folders[2], postgres.create_database(), rabbitmq.url)
        made.running |= {"PostgreSQL": psutil.Process(postgres.pid), "RabbitMQ": psutil.Process(rabbitmq.pid)}
        yield made


def _family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def cpu_s(process: psutil.Process) -> float:
    """CPU seconds of a process and of its children that have ended."""
    with suppress(psutil.NoSuchProcess):  # a child that has just ended: its parent has its times
        times = process.cpu_times()
        return float(times.user + times.system + times.children_user + times.children_system)
    return 0.0


def _rss(process: psutil.Process) -> int:
    with suppress(psutil.NoSuchProcess):
        return int(process.memory_info().rss)
    return 0
