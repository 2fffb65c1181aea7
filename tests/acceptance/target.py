"""A service that is attacked: what it counts, what its routes answer afterwards, and how large it has become."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

import psutil
from tests.acceptance.access_keys import bearer, store_of
from tests.acceptance.answers import success
from tests.acceptance.routes import MULTI, SINGLE
from tests.client import head
from tests.cluster import Cluster, eventually
from tests.command import run
from tests.data_file import held
from tests.faults.embedded import hours_since_1970
from tests.service import RunningCommand, RunningService
from tests.traffic import FIRST_HOUR, Cell, Traffic, timestamp

NEW_PAGES = 5_000
SETTINGS = {
    "HOURMILL_ACCESS": "read",  # whoever attacks counts without a key, and holds one that reads
    "HOURMILL_NEW_PAGES_PER_HOUR": str(NEW_PAGES),
}
KEY_NAME = "attacker"
ALL_TIME = "from=1970-01-01&to=2027-12-31"
ROUTES = [
    "/", "/health", "/livez", "/readyz", "/metrics", "/openapi.json", "/docs", "/session", "/report?page=a",
    f"/v1/timeseries?{ALL_TIME}&interval=month", f"/v1/totals?{ALL_TIME}", f"/v1/pages?{ALL_TIME}",
    f"/v1/pages?{ALL_TIME}&search=months", f"/v1/sites?{ALL_TIME}", "/v1/heatmap?period=year",
]  # fmt: skip
COMMANDS = [["status", "--port", "{port}"], ["top", "--period", "year"], ["clean"], ["verify"]]

# docs/schema.md: 29 for each of three tables, and one more a month
MOST_PARTITIONS = 3 * 31
# docs/on-postgresql.md: 8 of each partition and its indexes, and a dozen more
MOST_LOCKS = MOST_PARTITIONS // 3 * 8 + 12
MOST_STORE_BYTES = 64 << 20  # some 50,000 counters, by page and by site, of hours and days; and free space
MOST_RSS_BYTES = 500 << 20  # of a process, as in tests/faults/rounds.py

PARTITIONS = "SELECT count(*) FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid AND relkind = 'r'"
LOCKS = """
    SELECT max(held) FROM (
        SELECT count(*) AS held FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE application_name = 'hourmill' AND datname = current_database() GROUP BY pid
    ) AS by_process"""
TRUTH_HOLDS = """
    WITH truth AS MATERIALIZED (SELECT page, view_hour, SUM(views) FROM page_views GROUP BY 1, 2)
    SELECT count(*) AS locks, (SELECT count(*) FROM truth) FROM pg_locks WHERE pid = pg_backend_pid()"""


@dataclass
class Target:
    """A service, and the servers behind it, if there are any.

    key    reads everything
    locks  the most that a process of PostgreSQL was seen to hold for us at one time
    """

    service: RunningService
    cluster: Cluster | None
    key: str
    locks: int = 0

    async def counted(self) -> Counter[Cell]:
        """What is counted now."""
        if self.cluster:
            return await self.cluster.counted()
        views = (await asyncio.to_thread(held, self.service.data_file)).views
        return Counter({(page, hours_since_1970(hour)): count for (page, hour), count in views.items()})

    async def views(self) -> Counter[str]:
        """Of each site."""
        found: Counter[str] = Counter()
        for (page, _), views in (await self.counted()).items():
            found[page.partition("/")[0]] += views
        return found

    async def watched(self) -> None:
        """Look at the locks, until cancelled."""
        while self.cluster:
            ((most,),) = await self.cluster.rows(LOCKS)
            self.locks = max(self.locks, most or 0)

    async def answers(self) -> None:
        """Assert that every route and every command that reads all answers as ever."""
        for route in ROUTES:
            await eventually(partial(self._answers, route))
        with self.service.connection() as connection:
            connection.send(head("GET", "/v1/live", bearer(self.key)))
            assert connection.socket.recv(1000).startswith(b"HTTP/1.1 200")
        hour = timestamp(FIRST_HOUR)
        assert success(await asyncio.to_thread(self.service.post, SINGLE, {"page": "after/x", "timestamp": hour}))
        assert success(await asyncio.to_thread(self.service.post, MULTI, {"after/x": {hour: 1}}))
        for arguments in COMMANDS:
            await eventually(partial(self._runs, [argument.format(port=self.service.port) for argument in arguments]))

    async def is_bounded(self) -> None:
        """Assert that partitions, locks, bytes and memory are within what the documentation states."""
        for process in self._processes():
            assert psutil.Process(process.pid).memory_info().rss <= MOST_RSS_BYTES, process.arguments
        if not self.cluster:
            files = self.service.data_file.parent.glob(f"{self.service.data_file.name}*")
            assert sum(file.stat().st_size for file in files) <= MOST_STORE_BYTES
            return
        ((partitions,),) = await self.cluster.rows(PARTITIONS)
        ((locks, _),) = await self.cluster.rows(TRUTH_HOLDS)
        ((size,),) = await self.cluster.rows("SELECT pg_database_size(current_database())")
        assert partitions <= MOST_PARTITIONS
        assert max(locks, self.locks) <= MOST_LOCKS, (locks, self.locks)
        assert size <= MOST_STORE_BYTES

    async def others_are_exact(self, traffic: Traffic) -> None:
        """Assert that what others sent is counted: every view that was answered, and no other."""
        if self.cluster:
            counted = await self.cluster.settle(traffic.least())
        else:
            assert await asyncio.to_thread(self.service.stop) == 0
            counted = await self.counted()
        theirs = Counter({cell: views for cell, views in counted.items() if cell[0].startswith("site")})
        assert not (differences := traffic.differences(theirs)), differences[:20]
        assert not traffic.odd, traffic.odd[:20]

    def _processes(self) -> list[RunningCommand]:
        return [self.service, *(self.cluster.workers if self.cluster else [])]

    async def _answers(self, route: str) -> bool:
        """Whether it does; a busy machine may need more time than a question has, once or twice."""
        return (await asyncio.to_thread(self.service.get, route, bearer(self.key))).status == HTTPStatus.OK

    async def _runs(self, arguments: list[str]) -> bool:
        """Whether it ends well; it says so if the service is cleaning at that moment."""
        settings = {**self.service.settings, "DATABASE_URL": store_of(self.service)}
        done = await asyncio.to_thread(run, self.service.folder, *arguments, settings=settings)
        assert done.returncode == 0 or "try again" in done.stdout + done.stderr, (arguments, done)
        return done.returncode == 0
