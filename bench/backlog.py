"""A backlog for a worker: batches published without a worker that takes them."""

import asyncio
import random
from collections.abc import Iterator
from typing import NamedTuple

from bench.shapes import PAGES, SEED
from hourmill.adapters.rabbitmq.publisher import RabbitPublisher
from hourmill.adapters.rabbitmq.topology import Topology
from hourmill.core.batch import Batch
from hourmill.core.tally import cell_count, view_count
from hourmill.services.produce import Producer

PARTITIONS = 10
QUEUE_MAX_BYTES = 1 << 30
HOUR = 486_850  # some hour of July 2025
GROUP_VIEWS = 256  # single views that share one group
GROUP_REQUESTS = 10  # batches that share one group, each of 4 pages x 24 hours


class Backlog(NamedTuple):
    """What was published."""

    cells: int
    views: int


def of_views(url: str, views: int) -> Backlog:
    """Single views, in groups as 256 connections make them."""
    chance = random.Random(SEED)

    def batches() -> Iterator[Batch]:
        for _ in range(views // GROUP_VIEWS):
            batch = Batch({}, {})
            for page in chance.choices(range(PAGES), k=GROUP_VIEWS):
                hours = batch.cells.setdefault(f"example.com/page/{page}", {})
                hours[HOUR] = hours.get(HOUR, 0) + 1
            yield batch

    return asyncio.run(_publish(url, batches()))


def of_batches(url: str, cells: int) -> Backlog:
    """Batches summed beforehand, in groups as 10 connections of the original's load make them."""
    chance = random.Random(SEED)

    def batches() -> Iterator[Batch]:
        for _ in range(cells // (GROUP_REQUESTS * 4 * 24)):
            pages = chance.sample(range(PAGES), GROUP_REQUESTS * 4)
            yield Batch(
                {f"example.com/page/{page}": {HOUR + h: chance.randint(50, 500) for h in range(24)} for page in pages},
                {},
            )

    return asyncio.run(_publish(url, batches()))


async def _publish(url: str, batches: Iterator[Batch]) -> Backlog:
    cells = views = 0
    async with RabbitPublisher.open(url, Topology(PARTITIONS, QUEUE_MAX_BYTES)) as publisher:
        await publisher.ready()
        producer = Producer(publisher, PARTITIONS)
        for batch in batches:
            await producer.count(batch)
            cells += cell_count(batch.cells)
            views += view_count(batch.cells)
    return Backlog(cells, views)
