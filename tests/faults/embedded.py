"""One process and one SQLite file under load."""

import asyncio
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager
from datetime import datetime
from pathlib import Path

from tests.faults.evidence import Evidence, Watch
from tests.faults.record import Record
from tests.faults.system import CLEANS_EVERY, misfits
from tests.service import COMMAND, RunningCommand, RunningService
from tests.traffic import Cell, Traffic

from hourmill.adapters.sqlite.household import SqliteHousehold

SIZE_MB = 64


class Embedded:
    """A System; embedded() makes one."""

    def __init__(self, service: RunningService, record: Record, seed: int) -> None:
        self.apis = [service]
        self.workers: list[RunningCommand] = []
        self.record = record
        self.watch = Watch(lambda: self.apis)
        self.traffic = Traffic(service.port, seed=seed, record=record)
        self.folder = service.folder
        self._service = service

    async def covers(self, least: Mapping[Cell, int]) -> bool:
        """As System; the service says so to itself: an answered view is counted."""
        return True

    async def settled(self) -> Counter[Cell]:
        """As System."""
        assert await asyncio.to_thread(self._service.stop) == 0, self._service.log_file.read_text()[-4000:]
        with closing(sqlite3.connect(self._service.data_file)) as connection:
            rows = connection.execute("SELECT page, view_hour, SUM(views) FROM page_views GROUP BY 1, 2").fetchall()
        return Counter({(page, hours_since_1970(hour)): views for page, hour, views in rows})

    async def misfits(self) -> list[str]:
        """As System."""
        return await misfits(SqliteHousehold(self._service.data_file, time.time))

    def evidence(self) -> Evidence:
        """As System."""
        broken, refused = self.traffic.lost, self.traffic.refused.total()
        failed = len(self._service.logged("write failed"))
        slow = self.traffic.slow
        return Evidence(broken=broken, slow=slow, refused=refused, failed=failed, died=len(self.watch.died))


@asynccontextmanager
async def embedded(folder: Path, seed: int, program: Sequence[str] = (COMMAND,)) -> AsyncIterator[Embedded]:
    """A system on a new data file in a file system of its own; its process is ended."""
    async with AsyncExitStack() as stack:
        record = stack.enter_context(Record(folder / "record.ndjson"))
        home = stack.enter_context(small_file_system(folder / "home"))
        service = RunningService(home, {"HOURMILL_LOG_LEVEL": "debug", "FLUSH_INTERVAL_MS": "20", **CLEANS_EVERY})
        service.program = program
        await asyncio.to_thread(service.start)
        stack.callback(lambda: service.runs and service.kill())
        system = Embedded(service, record, seed)
        await stack.enter_async_context(system.watch.kept())
        yield system


@contextmanager
def small_file_system(folder: Path) -> Iterator[Path]:
    """An empty folder that can be filled up: memory of SIZE_MB; mounting it takes the rights of root."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "hourmill-faults", str(folder)]
    mounted = subprocess.run(mount, check=False, capture_output=True).returncode == 0
    try:
        yield folder
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def hours_since_1970(view_hour: str) -> int:
    """Of SQLite's text."""
    return round(datetime.fromisoformat(view_hour + "+00:00").timestamp() / 3600)
