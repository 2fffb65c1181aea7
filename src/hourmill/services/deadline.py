"""For how long a store is waited for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hourmill.errors import Unreadable


@asynccontextmanager
async def answered_within(within_s: float | None) -> AsyncIterator[None]:
    """Within: what a store answers soon if it answers at all; None: whenever.

    raises  Unreadable
    """
    try:
        async with asyncio.timeout(within_s):
            yield
    except TimeoutError as error:
        raise Unreadable(f"The store did not answer within {within_s:g} s. Try again later.") from error
