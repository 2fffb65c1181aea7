"""When the collector closes a group; that it counts right is shown on real stores."""

import asyncio

from hourmill.core.batch import Batch
from hourmill.core.tally import view_count
from hourmill.services.collect import Limits
from hourmill.services.collect_on_loop import LoopCollector

LIMITS = Limits(1000, 1_000_000)
LONG_S = 60.0
SHORT_S = 0.001


class Groups:
    """A CounterWriter that keeps the number of views of each group."""

    def __init__(self) -> None:
        self.views: list[int] = []

    async def count(self, batch: Batch) -> None:
        """Takes it."""
        self.views.append(view_count(batch.cells))


def views(collector: LoopCollector, number: int) -> list["asyncio.Future[None]"]:
    return [collector.add_view("example.com/", 490_899, 10) for _ in range(number)]


async def passes(number: int) -> None:
    """Let everything go on that can."""
    for _ in range(number):
        await asyncio.sleep(0)


async def test_a_group_is_held_open_for_as_many_as_came_the_last_time() -> None:
    groups = Groups()
    collector = LoopCollector(groups, LIMITS, held_open_s=LONG_S)
    await asyncio.gather(*views(collector, 3))
    two = views(collector, 2)
    await passes(20)
    assert groups.views == [3]
    await asyncio.gather(*two, *views(collector, 1))
    assert groups.views == [3, 3]


async def test_a_group_is_closed_when_its_time_is_over() -> None:
    groups = Groups()
    collector = LoopCollector(groups, LIMITS, held_open_s=SHORT_S)
    await asyncio.gather(*views(collector, 3))
    await asyncio.gather(*views(collector, 2))
    assert groups.views == [3, 2]


async def test_a_key_that_stands_in_its_group_already_is_a_repeated_request() -> None:
    collector = LoopCollector(Groups(), LIMITS)
    keys = [b"one", b"two", b"one", b"one"]
    await asyncio.gather(*[collector.add_keyed(key, {"example.com/": {490_899: 1}}, 10) for key in keys])
    assert (collector.figures.requests, collector.figures.repeated) == (4, 2)


async def test_a_lone_client_is_not_held_up() -> None:
    groups = Groups()
    collector = LoopCollector(groups, LIMITS, held_open_s=LONG_S)
    for _ in range(5):
        await asyncio.gather(*views(collector, 1))
    assert groups.views == [1, 1, 1, 1, 1]


async def test_an_unusual_group_is_forgotten() -> None:
    groups = Groups()
    collector = LoopCollector(groups, LIMITS, held_open_s=SHORT_S)
    await asyncio.gather(*views(collector, 100))
    for _ in range(60):
        await asyncio.gather(*views(collector, 1))
    collector._held_open_s = LONG_S
    await asyncio.gather(*views(collector, 1))
    assert len(groups.views) == 62


async def test_without_a_hold_a_group_goes_at_once() -> None:
    groups = Groups()
    collector = LoopCollector(groups, LIMITS)
    await asyncio.gather(*views(collector, 3))
    await asyncio.gather(*views(collector, 2))
    assert groups.views == [3, 2]
