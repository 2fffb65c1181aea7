"""What was accepted before the moment up to which the counters are complete is in them, whatever happens to workers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from tests.cluster import Cluster, eventually
from tests.service import RunningService

from hourmill.adapters.postgres.connection import Database
from hourmill.adapters.postgres.progress import PostgresProgress

PAGES = 12  # over all partitions


def now() -> datetime:
    return datetime.now(UTC)


class Witness:
    """Posts views one after the other, and knows when each was answered."""

    def __init__(self, cluster: Cluster, api: RunningService, progress: PostgresProgress) -> None:
        self._cluster = cluster
        self._api = api
        self._progress = progress
        self._answered: list[datetime] = []

    async def post(self, views: int) -> None:
        await asyncio.to_thread(self._post, views)

    async def testify(self) -> None:
        """Look at the moment, then at the counters: it must hold, now and for ever."""
        complete_until = await self._progress.complete_until()
        counted = (await self._cluster.counted()).total()
        assert counted >= sum(answered < complete_until for answered in self._answered)

    async def catch_up(self) -> None:
        """Wait until all of before this moment is counted; testify at every look."""
        moment = now()

        async def caught_up() -> bool:
            await self.testify()
            return await self._progress.complete_until() > moment

        await eventually(caught_up)

    def _post(self, views: int) -> None:
        with self._api.connection() as connection:
            for number in range(views):
                timestamp = now().isoformat()
                view = f'{{"page": "example.com/{number % PAGES}", "timestamp": "{timestamp}"}}'.encode()
                answer = connection.request("POST", "/page-views/single", view, [("content-type", "application/json")])
                assert answer.status == 200, answer
                self._answered.append(now())


@asynccontextmanager
async def witness(cluster: Cluster) -> AsyncIterator[Witness]:
    cluster.migrate()
    api = await cluster.ready_api()
    async with Database.open(cluster.settings["DATABASE_URL"]) as database:
        await database.connected()
        yield Witness(cluster, api, PostgresProgress(database))


async def test_what_is_said_to_be_complete_is_while_workers_come_and_go(cluster: Cluster) -> None:
    async with witness(cluster) as views:
        await views.post(50)
        await views.testify()  # no worker has come yet
        workers = [cluster.worker(), cluster.worker()]
        await views.catch_up()
        for victim in workers:
            posting = asyncio.create_task(views.post(300))
            while not posting.done():
                await views.testify()
            victim.kill()
            await views.post(20)
            victim.start()
            await cluster.forget_leases()
            await views.catch_up()


async def test_what_a_worker_holds_that_stands_still_is_not_said_to_be_counted(cluster: Cluster) -> None:
    impatient = cluster.rabbitmq.url + "?heartbeat=1"
    async with witness(cluster) as views:
        paused = cluster.worker(RABBITMQ_URL=impatient, FLUSH_INTERVAL_MS="60000")
        await views.catch_up()
        await views.post(40)
        paused.pause()  # with messages that nobody has counted
        cluster.worker()
        await views.catch_up()
        paused.kill()
        assert (await cluster.counted()).total() == 40
