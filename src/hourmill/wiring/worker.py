"""A worker: from the broker into PostgreSQL."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from hourmill.adapters.postgres.housekeeping import PostgresHousehold
from hourmill.adapters.postgres.leases import PostgresLeases
from hourmill.adapters.postgres.progress import PostgresProgress
from hourmill.adapters.rabbitmq.consumer import PREFETCH, RabbitConsumer
from hourmill.errors import SettingsRefused
from hourmill.services.lease import Leaseholder
from hourmill.services.mill import Mill, Pace
from hourmill.services.survey import Surveyor
from hourmill.services.watch import Watched
from hourmill.settings import Settings
from hourmill.wiring.access import check_credentials
from hourmill.wiring.parts import cleaning, need_postgres, postgres, topology, utc_now
from hourmill.wiring.tracing import tracer
from hourmill.wiring.watch import answer_watchers

Action: TypeAlias = Callable[[], Awaitable[None]]

FLUSHED_WITHIN_S = 8.0  # when a worker stops; what is not acknowledged by then is delivered again


async def work(settings: Settings, stop: asyncio.Event, process: Watched) -> None:
    """One worker, until `stop` is set; the flush under way is ended, the partitions are given back.

    process  that it is a part of
    raises   SettingsRefused, AddressInUse
    """
    need_postgres(settings, "hourmill worker")
    check_credentials(settings)
    if settings.rabbitmq_url is None:
        raise SettingsRefused(["RABBITMQ_URL: unset; a worker takes its views from RabbitMQ."])
    url = settings.rabbitmq_url.get_secret_value()
    prefetch = max(PREFETCH, 2 * settings.batch_size)  # the next flush fills while one is under way
    async with postgres(settings) as store, RabbitConsumer.open(url, topology(settings), prefetch) as consumer:
        mill = Mill(consumer, store, Pace(settings.batch_size, settings.flush_interval_ms / 1000))
        mill.tracer = tracer(settings)
        leaseholder = Leaseholder(PostgresLeases(store.database), consumer, mill)
        surveyor = Surveyor(consumer, consumer, PostgresProgress(store.database), utc_now)
        process.mill, process.leaseholder, process.dead_letters = mill, leaseholder, lambda: consumer.dead_letters
        process.repeated.append(lambda: store.repeated)
        ready = [store.ready, consumer.ready]
        answering = asyncio.create_task(answer_watchers(settings, process, store.database, ready, stop))
        milling = asyncio.create_task(_mill(settings, mill, [leaseholder.run, surveyor.run], ready))
        await asyncio.wait([answering, milling], return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        mill.close()
        await asyncio.wait([milling], timeout=FLUSHED_WITHIN_S)
        milling.cancel()
        await asyncio.wait([milling])
        await leaseholder.leave()
        await answering
        if not milling.cancelled():
            milling.result()


async def _mill(settings: Settings, mill: Mill, beside: Sequence[Action], ready: Sequence[Action]) -> None:
    for server in ready:
        await server()
    running = [asyncio.ensure_future(action()) for action in beside]
    try:
        async with cleaning(settings, PostgresHousehold(settings.postgres_url, utc_now)):
            await mill.run()
    finally:
        for action in running:
            action.cancel()
        await asyncio.wait(running)
