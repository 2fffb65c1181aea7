"""APIs, RabbitMQ, workers and PostgreSQL under load, with a proxy on every link."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

from tests.client import HOST, PATIENCE_S
from tests.cluster import PARTITIONS, Cluster
from tests.faults.evidence import LOOKS_EVERY_S, Evidence, Watch
from tests.faults.proxy import Proxy
from tests.faults.record import Record
from tests.faults.system import CLEANS_EVERY, misfits
from tests.servers.postgres import PostgresServer
from tests.servers.rabbitmq import RabbitMQNode
from tests.service import COMMAND, RunningCommand, RunningService
from tests.traffic import SLOW_S, Cell, Traffic

from hourmill.adapters.postgres.housekeeping import PostgresHousehold
from hourmill.wiring.parts import utc_now

APIS = 2
WORKERS = 2
HEARTBEAT_S = 2  # so that a pause past it is short


class Servers(NamedTuple):
    """What all systems of a run share."""

    postgres: PostgresServer
    rabbitmq: RabbitMQNode


class Distributed:
    """A System; distributed() makes one.

    links  "client to API" (one for each), "API to broker", "worker to broker", "worker to PostgreSQL"
    """

    def __init__(self, cluster: Cluster, links: Mapping[str, Sequence[Proxy]], record: Record, seed: int) -> None:
        self.cluster = cluster
        self.links = links
        self.of_worker: Mapping[str, str] = {}
        """Settings of a worker: its servers through their proxies."""
        self.record = record
        self.watch = Watch(lambda: [*cluster.apis, *cluster.workers])
        self.traffic = Traffic(seed=seed, record=record)
        self.dead_letters = 0
        """How many unreadable messages were put into the queues on purpose."""

    @property
    def apis(self) -> list[RunningService]:
        """The API processes."""
        return self.cluster.apis

    @property
    def workers(self) -> list[RunningCommand]:
        """The worker processes."""
        return self.cluster.workers

    async def covers(self, least: Mapping[Cell, int]) -> bool:
        """As System."""
        return await self.cluster.holds(least)

    async def settled(self) -> Counter[Cell]:
        """As System."""
        counted = await self.cluster.settle({}, self.dead_letters)
        counted.update(await self.cluster.parked())
        return counted

    async def misfits(self) -> list[str]:
        """As System."""
        return await misfits(PostgresHousehold(self.cluster.settings["DATABASE_URL"], utc_now))

    async def shared(self) -> None:
        """Wait until every worker that runs holds its share of the partitions."""
        workers = sum(worker.runs for worker in self.workers)
        async with asyncio.timeout(PATIENCE_S):
            while True:
                with suppress(OSError):
                    owners = await self.cluster.owners()
                    if len(owners) >= PARTITIONS and len(set(owners.values())) == min(workers, PARTITIONS):
                        return
                await asyncio.sleep(LOOKS_EVERY_S)

    def evidence(self) -> Evidence:
        """As System."""
        lines = self.cluster.lines()
        return Evidence(
            broken=self.traffic.lost,
            slow=self.traffic.slow + sum(line["event"] == "flushed" and line["ms"] > 1000 * SLOW_S for line in lines),
            refused=self.traffic.refused.total(),
            redelivered=sum(line["redelivered"] for line in lines if line["event"] == "flushed"),
            stale=sum(line["batches"] for line in lines if line["event"] == "delivered again"),
            republished=sum(line["messages"] for line in lines if line["event"] == "publishing again"),
            failed=sum(line["event"] == "flush failed, trying again" for line in lines),
            parked=sum(line["event"] == "cells parked" for line in lines),
            dead_letters=sum(line["event"] == "dead letter" for line in lines),
            died=len(self.watch.died),
        )


@asynccontextmanager
async def distributed(
    folder: Path,
    servers: Servers,
    seed: int,
    program: Sequence[str] = (COMMAND,),
    settings: Mapping[str, str] | None = None,
) -> AsyncIterator[Distributed]:
    """A system whose workers share the partitions, on a new database and new queues; nothing of it is left."""
    postgres, rabbitmq = servers
    database_url = await asyncio.to_thread(postgres.create_database)
    cluster = Cluster(folder, postgres, rabbitmq, database_url, f"f-{uuid4().hex[:12]}")
    cluster.program = program
    cluster.settings |= {"HOURMILL_LOG_LEVEL": "debug", **CLEANS_EVERY, **(settings or {})}
    async with AsyncExitStack() as stack:
        stack.push_async_callback(cluster.remove_queues)
        stack.callback(cluster.kill_all)
        record = stack.enter_context(Record(folder / "record.ndjson"))
        to_broker = [await stack.enter_async_context(Proxy.open(port_of(rabbitmq.url))) for _ in range(2)]
        to_postgres = await stack.enter_async_context(Proxy.open(port_of(database_url)))
        links = {"API to broker": [to_broker[0]], "worker to broker": [to_broker[1]],
                 "worker to PostgreSQL": [to_postgres], "client to API": list[Proxy]()}  # fmt: skip
        system = Distributed(cluster, links, record, seed)
        await asyncio.to_thread(cluster.migrate)
        system.of_worker = {"RABBITMQ_URL": through(rabbitmq.url, to_broker[1]),
                            "DATABASE_URL": through(database_url, to_postgres)}  # fmt: skip
        for _ in range(WORKERS):
            cluster.worker(**system.of_worker)
        api = {"RABBITMQ_URL": through(rabbitmq.url, to_broker[0])}
        await asyncio.gather(*(asyncio.to_thread(cluster.api, **api) for _ in range(APIS)))
        for service in cluster.apis:
            await cluster.ready(service)
            links["client to API"].append(await stack.enter_async_context(Proxy.open(service.port)))
        system.traffic.ports = [proxy.port for proxy in links["client to API"]]
        await system.shared()
        await stack.enter_async_context(system.watch.kept())
        yield system


def port_of(url: str) -> int:
    """The port that a URL names."""
    port = urlsplit(url).port
    assert port is not None
    return port


def through(url: str, proxy: Proxy) -> str:
    """The URL with a proxy's address in it; for a broker, with a short heartbeat."""
    parts = urlsplit(url)
    credentials = parts.netloc.rpartition("@")[0]
    query = f"heartbeat={HEARTBEAT_S}" if parts.scheme.startswith("amqp") else parts.query
    return urlunsplit(parts._replace(netloc=f"{credentials}@{HOST}:{proxy.port}", query=query))
