"""The tarpit: refusals that are held for a moment, so that who sends nothing else cannot keep the event loop busy."""

import asyncio
from collections.abc import Awaitable, Callable

HELD_S = 0.5  # people hardly notice; a connection gets two refusals a second, in place of thousands
MOST_HELD = 1_000  # some 10 MB of tasks; past it a refusal goes out at once


class Tarpit:
    """Holds refusals."""

    def __init__(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._sleep = sleep
        self._held = 0

    async def hold(self) -> None:
        """Return after HELD_S, or at once while MOST_HELD are held."""
        if self._held >= MOST_HELD:
            return
        self._held += 1
        try:
            await self._sleep(HELD_S)
        finally:
            self._held -= 1
