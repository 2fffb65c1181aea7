"""What several roles open: the store, the names of the queues, the clock."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime

from hourmill.adapters.postgres.store import PostgresStore
from hourmill.adapters.rabbitmq.topology import Topology
from hourmill.core.hour import hour_of_moment
from hourmill.core.retention import Retention
from hourmill.core.time_bounds import TimeBounds, time_bounds
from hourmill.errors import SettingsRefused
from hourmill.ports.housekeeping import Household
from hourmill.ports.stats import StatsReader
from hourmill.services.janitor import Janitor
from hourmill.services.timekeeper import Timekeeper
from hourmill.settings import Settings


def utc_now() -> datetime:
    """The clock."""
    return datetime.now(UTC)


def where(settings: Settings) -> str:
    """The store, for people: no password in it."""
    return str(settings.data_file or settings.postgres_url.rpartition("@")[2].partition("?")[0])


def postgres(settings: Settings) -> AbstractAsyncContextManager[PostgresStore]:
    """The store of these settings, under a shard key of its own choice."""
    shard_key = random.randrange(settings.num_shards)  # noqa: S311 not for secrets
    return PostgresStore.open(settings.postgres_url, settings.num_partitions, shard_key)


def retention(settings: Settings) -> Retention:
    """How long counters are kept."""
    return Retention(settings.retention_hourly_days, settings.retention_daily_days)


def bounds_now(settings: Settings) -> TimeBounds:
    """Which hours are taken now."""
    return time_bounds(hour_of_moment(utc_now()), retention(settings), settings.max_ahead_hours)


@asynccontextmanager
async def timekeeping(settings: Settings, stats: StatsReader) -> AsyncIterator[Timekeeper]:
    """Within: the timekeeper follows the clock and the store."""
    timekeeper = Timekeeper(retention(settings), settings.max_ahead_hours, time.time)
    await timekeeper.ask(stats)  # at once where the store is a file; a server is not waited for
    following = asyncio.create_task(timekeeper.follow(stats))
    try:
        yield timekeeper
    finally:
        following.cancel()
        await asyncio.wait([following])


@asynccontextmanager
async def cleaning(settings: Settings, household: Household) -> AsyncIterator[None]:
    """Within: the janitor cleans now and then."""
    janitor = Janitor(household, retention(settings), utc_now)
    running = asyncio.create_task(janitor.run(settings.clean_interval_seconds))
    try:
        yield
    finally:
        running.cancel()
        await asyncio.wait([running])


def topology(settings: Settings) -> Topology:
    """The queues of these settings."""
    return Topology(settings.num_partitions, settings.queue_max_bytes, settings.queue_prefix)


def need_postgres(settings: Settings, command: str) -> None:
    """Refuse SQLite.

    raises  SettingsRefused
    """
    if settings.data_file is not None:
        raise SettingsRefused([f"DATABASE_URL: {command} needs PostgreSQL; `hourmill serve` is for SQLite."])
