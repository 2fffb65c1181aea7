"""A real log, and 200,000 views at once, through an API and two workers, come out exactly; also if those are killed."""

import asyncio
import gzip
import random
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import pytest
from tests.cluster import Cluster, eventually
from tests.flood import flood, posted
from tests.service import RunningCommand
from tests.traffic import FIRST_HOUR, Body, Cell, multi, page, single

LOG = Path(__file__).parent.parent / "data" / "access.log.gz"
LINE = re.compile(r'\S+ \S+ \S+ \[([^\]]+)\] "GET ([^ "?#]+)')
VIEWS = 200_000
CONNECTIONS = 256
KILLED_EVERY_S = 1.0


@asynccontextmanager
async def killing(cluster: Cluster, workers: list[RunningCommand]) -> AsyncIterator[list[int]]:
    """Within: one worker after the other is killed, every second, and started again; gives how many were."""
    kills: list[int] = []
    over = asyncio.Event()

    async def kill() -> None:
        while not over.is_set():
            for worker in workers:
                await asyncio.wait([asyncio.ensure_future(over.wait())], timeout=KILLED_EVERY_S)
                if over.is_set():
                    return
                kills.append(worker.pid)
                worker.kill()
                worker.start()
                await cluster.forget_leases()

    async with asyncio.TaskGroup() as group:
        group.create_task(kill())
        yield kills
        over.set()


async def test_a_real_log_through_http_comes_out_exactly(cluster: Cluster) -> None:
    requests, cells = log_requests()
    cluster.migrate()
    api = await cluster.ready_api()
    cluster.worker()
    cluster.worker()
    assert not await flood(api.port, requests, CONNECTIONS)
    assert await cluster.settle(cells) == cells


@pytest.mark.parametrize("killed", [False, True])
async def test_200_000_views_at_once_come_out_exactly(cluster: Cluster, killed: bool) -> None:
    dice = random.Random(1)
    bodies = [single(page(dice, "many"), FIRST_HOUR + dice.randrange(24)) for _ in range(VIEWS)]
    cells: Counter[Cell] = Counter()
    for _, _, views in bodies:
        cells.update(views)
    cluster.migrate()
    api = await cluster.ready_api()
    workers = [cluster.worker(), cluster.worker()]
    requests = [posted(route, body) for route, body, _ in bodies]
    if killed:
        async with killing(cluster, workers) as kills:
            odd = await flood(api.port, requests, CONNECTIONS)
        assert len(kills) > 1
        await eventually(lambda: shared(cluster))
    else:
        odd = await flood(api.port, requests, CONNECTIONS)
    assert not odd, odd[:3]
    assert await cluster.settle(cells) == cells


async def shared(cluster: Cluster) -> bool:
    """Whether both workers are at work again."""
    return len(set((await cluster.owners()).values())) == 2


def log_requests() -> tuple[list[bytes], Counter[Cell]]:
    """The GETs of the log, a hundred as single views, the next hundred as one batch, and so on; and what they count."""
    with gzip.open(LOG, "rt") as lines:
        views = [cell(found) for line in lines if (found := LINE.match(line))]
    bodies: list[Body] = []
    for at in range(0, len(views), 200):
        bodies += [single(*view) for view in views[at : at + 100]]
        if batch := Counter(views[at + 100 : at + 200]):
            bodies.append(multi(batch))
    return [posted(route, body) for route, body, _ in bodies], Counter(views)


def cell(found: re.Match[str]) -> Cell:
    """The page and hour of a line."""
    at = datetime.strptime(found[1], "%d/%b/%Y:%H:%M:%S %z")
    return f"semicomplete.com{found[2]}", int(at.timestamp()) // 3600
