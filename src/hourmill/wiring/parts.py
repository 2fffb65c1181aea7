"""What several roles open: the store, the names of the queues, the clock."""

import random
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime

from hourmill.adapters.postgres.store import PostgresStore
from hourmill.adapters.rabbitmq.topology import Topology
from hourmill.errors import SettingsRefused
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


def topology(settings: Settings) -> Topology:
    """The queues of these settings."""
    return Topology(settings.num_partitions, settings.queue_max_bytes, settings.queue_prefix)


def need_postgres(settings: Settings, command: str) -> None:
    """Refuse SQLite.

    raises  SettingsRefused
    """
    if settings.data_file is not None:
        raise SettingsRefused([f"DATABASE_URL: {command} needs PostgreSQL; `hourmill serve` is for SQLite."])
