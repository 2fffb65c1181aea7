"""However many ask for metrics at once, they are gathered for all of them together."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from hourmill.adapters.siblings.folder import Alone
from hourmill.http.metrics import Metrics, Sources
from hourmill.ports.watch import StoreFacts
from hourmill.services.watch import Watched

REQUEST: Any = None  # not looked at


class Store:
    """Answers when it is told to; counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.answers = asyncio.Event()

    async def facts(self) -> StoreFacts:
        self.asked += 1
        await self.answers.wait()
        return StoreFacts({}, self.asked, 0, None)


async def test_those_that_come_meanwhile_share_one_gathering_that_begins_after_all_of_them() -> None:
    store = Store()
    metrics = Metrics(Sources(Watched(dict).snapshot, Alone(), store, None, lambda: datetime.now(UTC)))
    first = asyncio.create_task(metrics.metrics(REQUEST, REQUEST))
    while not store.asked:  # noqa: ASYNC110 the turn of the event loop in which it is asked
        await asyncio.sleep(0)
    others = [asyncio.create_task(metrics.metrics(REQUEST, REQUEST)) for _ in range(20)]
    await asyncio.sleep(0)
    store.answers.set()
    answers = await asyncio.gather(first, *others)
    assert store.asked == 2
    assert b"hourmill_store_parked_cells 1.0" in answers[0].body
    assert all(b"hourmill_store_parked_cells 2.0" in answer.body for answer in answers[1:])
