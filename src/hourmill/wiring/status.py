"""Asking everything how it is: for `hourmill status`."""

import asyncio
from contextlib import closing
from datetime import datetime
from typing import NamedTuple

from hourmill.adapters.api.probe import probe as probe_api
from hourmill.adapters.postgres.connection import Database
from hourmill.adapters.postgres.facts import PostgresWatch
from hourmill.adapters.postgres.migrate import schema_stands
from hourmill.adapters.postgres.progress import PostgresProgress
from hourmill.adapters.rabbitmq.probe import probe as probe_rabbitmq
from hourmill.adapters.sqlite.facts import SqliteWatch
from hourmill.core.hour import EPOCH
from hourmill.errors import DataFileUnusable, SchemaUnusable, Unreachable, Unreadable
from hourmill.ports.progress import PartitionState
from hourmill.ports.watch import StoreFacts
from hourmill.services import broker_checkup
from hourmill.services.status import Broker, Status
from hourmill.settings import Settings
from hourmill.wiring.parts import topology, utc_now

CONNECTS_WITHIN_S = 6.0


class _Store(NamedTuple):
    facts: StoreFacts | None
    trouble: str | None
    states: list[PartitionState]
    complete_until: datetime | None


async def look(settings: Settings) -> Status:
    """How it is now; what does not answer is told as that."""
    api = asyncio.to_thread(probe_api, settings.host, settings.port, settings.tls_certificate)
    answers, store, broker = await asyncio.gather(api, _store(settings), _broker(settings))
    place = f"{settings.host}:{settings.port}"
    return Status(utc_now(), answers, place, store.facts, store.trouble, broker, store.states, store.complete_until)


async def _store(settings: Settings) -> _Store:
    try:
        if settings.data_file is not None:
            with closing(SqliteWatch(settings.data_file)) as watch:
                return _Store(await watch.facts(), None, [], utc_now())
        return await _postgres(settings)
    except (DataFileUnusable, SchemaUnusable, Unreachable, Unreadable) as error:
        return _Store(None, str(error), [], None)
    except TimeoutError:
        return _Store(None, "PostgreSQL cannot be reached.", [], None)


async def _postgres(settings: Settings) -> _Store:
    async with Database.open(settings.postgres_url, connections=1) as database:
        async with asyncio.timeout(CONNECTS_WITHIN_S):
            await database.connected()
        async with database.connection() as connection:
            if not await schema_stands(connection):
                raise SchemaUnusable("The schema is missing or older: run `hourmill migrate`.")
        facts = await PostgresWatch(database).facts()
        if settings.rabbitmq_url is None:
            return _Store(facts, None, [], utc_now())
        progress = PostgresProgress(database)
        complete_until = await progress.complete_until()
        return _Store(facts, None, await progress.states(), None if complete_until == EPOCH else complete_until)


async def _broker(settings: Settings) -> Broker | None:
    if settings.rabbitmq_url is None:
        return None
    try:
        facts = await probe_rabbitmq(settings.rabbitmq_url.get_secret_value(), topology(settings))
    except Unreachable as error:
        return Broker(f"RabbitMQ cannot be reached: {error}.", {}, 0)
    trouble = broker_checkup.SILENT if facts.silent else facts.refused
    return Broker(trouble, facts.waiting, facts.dead or 0)
