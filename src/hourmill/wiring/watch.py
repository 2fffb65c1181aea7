"""What lets people and Prometheus watch a process."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from hourmill.adapters.postgres.connection import Database
from hourmill.adapters.postgres.facts import PostgresWatch
from hourmill.adapters.postgres.progress import PostgresProgress
from hourmill.adapters.siblings.folder import Alone, SharedFolder
from hourmill.http.health import Health, Ready
from hourmill.http.metrics import Metrics, Sources, process_figures
from hourmill.http.server import Address, serve
from hourmill.http.watch_app import WatchApp
from hourmill.ports.progress import PartitionStates
from hourmill.ports.watch import StoreWatch
from hourmill.services.watch import Watched, leave_word
from hourmill.settings import Settings
from hourmill.wiring.parts import utc_now

log = structlog.get_logger()


def watched() -> Watched:
    """This process; its parts are put in where they are made."""
    return Watched(process_figures)


@asynccontextmanager
async def metrics(
    process: Watched, store: StoreWatch, states: PartitionStates | None, siblings: Path | None
) -> AsyncIterator[Metrics]:
    """The metrics of this process, and of those that leave word in the folder `siblings`."""
    if siblings is None:
        yield Metrics(Sources(process.snapshot, Alone(), store, states, utc_now))
        return
    folder = SharedFolder(siblings)
    leaving = asyncio.create_task(leave_word(process.snapshot, folder))
    try:
        yield Metrics(Sources(process.snapshot, folder, store, states, utc_now))
    finally:
        leaving.cancel()
        await asyncio.wait([leaving])
        folder.leave(process.snapshot())


async def answer_watchers(
    settings: Settings, process: Watched, database: Database, ready: Sequence[Ready], stop: asyncio.Event
) -> None:
    """A worker's own port, if it is to have one, until `stop` is set.

    raises  AddressInUse
    """
    if settings.worker_port is None:
        await stop.wait()
        return
    health = Health(ready)
    async with metrics(process, PostgresWatch(database), PostgresProgress(database), None) as told:
        starting = asyncio.create_task(health.start())
        address = Address(settings.host, settings.worker_port)
        try:
            await serve(WatchApp(health, told), address, stop, lambda: log.info("can be watched", **_place(address)))
        finally:
            starting.cancel()
            await asyncio.wait([starting])


def _place(address: Address) -> dict[str, str | int]:
    return {"host": address.host, "port": address.port}
