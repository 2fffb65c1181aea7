"""What several roles open: the store, the names of the queues, the clock."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime

from hourmill.adapters.postgres.store import PostgresStore
from hourmill.adapters.rabbitmq.topology import Topology
from hourmill.core.hour import FIRST_HOUR
from hourmill.core.retention import Retention, first_hour
from hourmill.errors import SettingsRefused
from hourmill.ports.housekeeping import Household
from hourmill.services.janitor import Janitor
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


def oldest_hour(settings: Settings) -> int:
    """The first hour that is taken now."""
    if settings.retention_daily_days is None:
        return FIRST_HOUR  # at once: it is asked for every request
    return first_hour(retention(settings).days_from(utc_now()))


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
