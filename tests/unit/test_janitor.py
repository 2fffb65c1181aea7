"""The janitor goes on, whatever becomes of one turn."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from structlog.testing import capture_logs
from tests.client import PATIENCE_S

from hourmill.core.retention import Retention
from hourmill.errors import NotCleaned
from hourmill.ports.housekeeping import Housekeeping
from hourmill.services.janitor import Janitor


class Household:
    """Whose first turns end badly."""

    def __init__(self) -> None:
        self.turns = 0
        self.went_on = asyncio.Event()

    @asynccontextmanager
    async def turn(self, every_s: float) -> AsyncIterator[Housekeeping | None]:
        self.turns += 1
        if self.turns == 1:
            raise NotCleaned("away")
        if self.turns == 2:
            raise ZeroDivisionError
        self.went_on.set()
        yield None


async def test_a_turn_that_ends_badly_is_said_and_the_next_one_comes() -> None:
    household = Household()
    with capture_logs() as logs:
        running = asyncio.create_task(Janitor(household, Retention(), lambda: datetime.now(UTC)).run(0.001))
        await asyncio.wait_for(household.went_on.wait(), PATIENCE_S)
        running.cancel()
        await asyncio.wait([running])
    assert [(line["event"], line["log_level"]) for line in logs[:2]] == [
        ("not cleaned", "warning"),
        ("cleaning failed", "error"),
    ]
