"""API and worker processes of one Hourmill on a PostgreSQL and a RabbitMQ, and what they have counted."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any

import aiormq
import asyncpg
from tests.client import PATIENCE_S
from tests.servers.postgres import PostgresServer
from tests.servers.process import awaited
from tests.servers.rabbitmq import RabbitMQNode
from tests.service import COMMAND, GLANCE_S, RunningCommand, RunningService, log_lines
from tests.tables import Tables
from tests.traffic import Cell, Traffic

from hourmill.adapters.postgres.migrate import migrate

PARTITIONS = 4
AWAY = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, aiormq.AMQPError)


class Cluster(Tables):
    """Processes of one Hourmill; what of them still runs at the end is killed.

    folder    holds a folder for each process
    settings  of every process
    """

    def __init__(
        self, folder: Path, postgres: PostgresServer, rabbitmq: RabbitMQNode, database_url: str, queue_prefix: str
    ) -> None:
        self.postgres = postgres
        self.rabbitmq = rabbitmq
        self.prefix = queue_prefix
        self.settings = {
            "DATABASE_URL": database_url,
            "RABBITMQ_URL": rabbitmq.url,
            "HOURMILL_QUEUE_PREFIX": queue_prefix,
            "NUM_PARTITIONS": str(PARTITIONS),
            "FLUSH_INTERVAL_MS": "20",
        }
        self.program: Sequence[str] = (COMMAND,)
        self.apis: list[RunningService] = []
        self.workers: list[RunningCommand] = []
        self._folder = folder
        self._processes = 0

    def migrate(self) -> None:
        """Do what `hourmill migrate` does."""
        awaited(migrate(self.settings["DATABASE_URL"]))

    def api(self, *options: str, command: str = "api", **settings: str) -> RunningService:
        """A started API, which answers."""
        made = RunningService(self._new_folder(command), self.settings | settings, (command, *options))
        made.program = self.program
        made.start()
        self.apis.append(made)
        return made

    def worker(self, **settings: str) -> RunningCommand:
        """A started worker."""
        made = RunningCommand(self._new_folder("worker"), ["worker"], self.settings | settings)
        made.program = self.program
        made.start()
        self.workers.append(made)
        return made

    async def ready(self, service: RunningService, within_s: float = PATIENCE_S) -> RunningService:
        """Wait until /readyz says so."""
        await eventually(lambda: asyncio.to_thread(is_ready, service), within_s)
        return service

    async def ready_api(self, *options: str, **settings: str) -> RunningService:
        """A started API that is ready."""
        return await self.ready(await asyncio.to_thread(lambda: self.api(*options, **settings)))

    def kill_all(self) -> None:
        """Kill what runs."""
        for process in [*self.apis, *self.workers]:
            if process.runs:
                process.kill()

    async def counts(self) -> None:
        """Wait until more is counted than now."""
        before = (await self.counted()).total()

        async def more() -> bool:
            return (await self.counted()).total() > before

        await eventually(more)

    async def holds(self, least: Mapping[Cell, int]) -> bool:
        """Whether all of that is counted, as far as can be seen now."""
        with suppress(*AWAY):
            counted = await self.counted()
            return all(counted[cell] >= views for cell, views in least.items())
        return False

    async def queued(self) -> int:
        """Messages that are ready in the queues of the partitions, also in those of an earlier, larger number."""
        messages, partition = 0, 0
        with suppress(aiormq.ChannelNotFoundEntity):
            while True:
                messages += await self.length(f"views.{partition}")
                partition += 1
        return messages

    async def length(self, queue: str) -> int:
        """Messages that are ready in a queue of ours: views.0, views.1, ... or dead."""
        async with self.channel() as channel:
            declared = await channel.queue_declare(f"{self.prefix}.{queue}", passive=True)
            return declared.message_count or 0

    @asynccontextmanager
    async def channel(self) -> AsyncIterator[aiormq.abc.AbstractChannel]:
        """Into the broker, past Hourmill."""
        async with aiormq.connect(self.rabbitmq.url) as connection:
            yield await connection.channel()

    async def settle(self, least: Mapping[Cell, int], dead_letters: int = 0) -> Counter[Cell]:
        """What is counted when nothing can change any more: all processes have stopped and no message is left.

        least         what must be counted; waiting for it first is the quicker way
        dead_letters  how many messages were put aside
        """
        with suppress(TimeoutError):  # what is missing then is told cell by cell
            await eventually(lambda: self.holds(least))
        for api in self.apis:
            if api.runs:
                assert await asyncio.to_thread(api.stop) == 0, api.log_file.read_text()[-4000:]
        if "RABBITMQ_URL" in self.settings and any(worker.runs for worker in self.workers):
            with suppress(TimeoutError):  # then one more of them is needed, below
                await eventually(self._empty)
        for worker in self.workers:
            if worker.runs:
                assert await asyncio.to_thread(worker.stop) == 0, worker.log_file.read_text()[-4000:]
        if "RABBITMQ_URL" not in self.settings:
            return await self.counted()
        # What a worker had not acknowledged is ready again, and so can be seen.
        while await self.queued():
            worker = self.worker()
            await eventually(self._empty)
            assert await asyncio.to_thread(worker.stop) == 0

        async def put_aside() -> bool:  # the broker does that a moment after it has taken them from their queues
            return await self.length("dead") == dead_letters

        await eventually(put_aside)
        return await self.counted()

    async def exact(self, traffic: Traffic) -> None:
        """Assert that every cell holds what it should, and that every answer was as documented."""
        counted = await self.settle(traffic.least())
        differences = traffic.differences(counted)
        assert not differences, differences[:20]
        assert not traffic.odd, traffic.odd[:20]

    @asynccontextmanager
    async def flush_under_way(self, begin: Callable[[], None] = lambda: None) -> AsyncIterator[None]:
        """Within: a flush has reached PostgreSQL and waits there; on leaving it is committed.

        Whoever is killed within has it committed all the same: the server learns of it only when it answers.

        begin  called when no flush can be committed any more
        """
        connection = await asyncpg.connect(self.settings["DATABASE_URL"])
        try:
            async with connection.transaction():
                await connection.execute("LOCK TABLE page_views IN SHARE ROW EXCLUSIVE MODE")
                begin()

                async def under_way() -> bool:
                    waiting = "SELECT count(*) FROM pg_locks WHERE relation = 'page_views'::regclass AND NOT granted"
                    return bool(await connection.fetchval(waiting))

                await eventually(under_way)
                yield
        finally:
            await connection.close()

    def logged(self, event: str) -> list[dict[str, Any]]:
        """Every line of that event in the logs of all processes."""
        return [line for line in self.lines() if line["event"] == event]

    def lines(self) -> list[dict[str, Any]]:
        """Every line in the logs of all processes."""
        return [line for log in self._folder.glob("*/service.log") for line in log_lines(log)]

    async def has_logged(self, event: str) -> bool:
        """Whether some process has."""
        return bool(self.logged(event))

    async def remove_queues(self) -> None:
        """Free the broker of our queues and exchanges."""
        async with self.channel() as channel:
            for queue in ("dead", "notes"):
                await channel.queue_delete(f"{self.prefix}.{queue}")
            for exchange in ("views", "notes"):
                await channel.exchange_delete(f"{self.prefix}.{exchange}")
            partition = 0
            with suppress(aiormq.ChannelNotFoundEntity):
                while True:
                    await channel.queue_declare(f"{self.prefix}.views.{partition}", passive=True)
                    await channel.queue_delete(f"{self.prefix}.views.{partition}")
                    partition += 1

    async def _empty(self) -> bool:
        return await self.queued() == 0

    def _new_folder(self, name: str) -> Path:
        self._processes += 1
        folder = self._folder / f"{self._processes}-{name}"
        folder.mkdir()
        return folder


def is_ready(service: RunningService) -> bool:
    """What /readyz says."""
    return service.get("/readyz").status == 200


async def eventually(holds: Callable[[], Awaitable[bool]], within_s: float = PATIENCE_S) -> None:
    """Wait until it holds.

    raises  TimeoutError: it will not
    """
    until_s = monotonic() + within_s
    while not await holds():
        if monotonic() > until_s:
            raise TimeoutError(f"it does not hold after {within_s} s")
        await asyncio.sleep(GLANCE_S)
