"""Requests that read take turns, in lanes: what is short never waits behind statistics."""

import asyncio
from collections.abc import AsyncIterator, Hashable, Mapping
from contextlib import asynccontextmanager
from enum import Enum

from hourmill.core.access_key import AccessKey
from hourmill.errors import ReadsFull, TooManyReads, TooManyWatch
from hourmill.http.answer import Answer
from hourmill.http.limits import client_of
from hourmill.http.proxies import Proxies
from hourmill.http.rsgi import Handler, HTTPProtocol, Scope
from hourmill.services.bulkhead import Bulkhead

REFUSED_AFTER_S = 0.5  # refused at once, a client that does not wait would ask thousands of times a second


class Lane(Enum):
    """What waits for each other."""

    FILES = "files"
    LIVE = "live"
    REPORTS = "reports"
    STATISTICS = "statistics"


@asynccontextmanager
async def refused_late() -> AsyncIterator[None]:
    """Within: who is refused is told so after a while."""
    try:
        yield
    except (TooManyReads, ReadsFull, TooManyWatch):
        await asyncio.sleep(REFUSED_AFTER_S)
        raise


class Reads:
    """Knows who asks, and lets each answer be made in its turn."""

    def __init__(self, proxies: Proxies, lanes: Mapping[Lane, Bulkhead]) -> None:
        self._proxies = proxies
        self.lanes = lanes

    def client(self, request: Scope, key: AccessKey | None) -> Hashable:
        """Whose turn it is."""
        return client_of(self._proxies, request, key)

    def in_turn(self, lane: Lane, client: Hashable, handler: Handler) -> Handler:
        """The handler, whose answer is made when it is the client's turn."""
        bulkhead = self.lanes[lane]

        async def answering(request: Scope, protocol: HTTPProtocol) -> Answer | None:
            async with refused_late(), bulkhead.turn(client):
                return await handler(request, protocol)

        return answering

    def close(self) -> None:
        """Refuse statistics that wait: they could hold up a stop. Reports are answered as soon as that is said."""
        self.lanes[Lane.STATISTICS].close()
