"""The store of workers, as the tests of it open it, number their claims, and look past it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from tests.client import PATIENCE_S
from tests.cluster import eventually
from tests.service import GLANCE_S

from hourmill.adapters.postgres.store import PostgresStore
from hourmill.core.batch import Batch
from hourmill.core.message import Claim
from hourmill.errors import NotAccepted, OutcomeUnknown

PARTITIONS = 4
PRODUCER = bytes(range(16))
OTHER = bytes(16)


def claim(seq: int, partition: int = 0, producer: bytes = PRODUCER) -> Claim:
    return Claim(producer, partition, seq)


@asynccontextmanager
async def opened(url: str, shard_key: int = 0) -> AsyncIterator[PostgresStore]:
    async with PostgresStore.open(url, PARTITIONS, shard_key) as store:
        await asyncio.wait_for(store.ready(), PATIENCE_S)
        yield store


async def ask(url: str, statement: str, *arguments: Any) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(statement, *arguments)]
    finally:
        await connection.close()


async def lock_awaited(url: str) -> None:
    """Return once somebody waits for a lock of this server: only asking again tells."""
    await eventually(lambda: _waits(url))


async def _waits(url: str) -> bool:
    return bool(await ask(url, "SELECT FROM pg_locks WHERE NOT granted"))


async def applied_at_last(store: PostgresStore, claims: Sequence[Claim], batch: Batch) -> Sequence[Claim]:
    """As a worker does it: again, until the store answers."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                return await store.apply(claims, batch)
            except (NotAccepted, OutcomeUnknown):
                await store.ready()


async def until(holds: Callable[[], bool]) -> None:
    """Return once it holds: nobody else tells when a line is logged."""
    async with asyncio.timeout(PATIENCE_S):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(GLANCE_S)
