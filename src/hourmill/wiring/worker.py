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
from hourmill.settings import Settings
from hourmill.wiring.access import check_credentials
from hourmill.wiring.parts import cleaning, need_postgres, postgres, topology, utc_now

Action: TypeAlias = Callable[[], Awaitable[None]]

FLUSHED_WITHIN_S = 8.0  # when a worker stops; what is not acknowledged by then is delivered again


async def work(settings: Settings, stop: asyncio.Event) -> None:
    """One worker, until `stop` is set; the flush under way is ended, the partitions are given back.

    raises  SettingsRefused
    """
    need_postgres(settings, "hourmill worker")
    check_credentials(settings)
    if settings.rabbitmq_url is None:
        raise SettingsRefused(["RABBITMQ_URL: unset; a worker takes its views from RabbitMQ."])
    url = settings.rabbitmq_url.get_secret_value()
    prefetch = max(PREFETCH, 2 * settings.batch_size)  # the next flush fills while one is under way
    async with postgres(settings) as store, RabbitConsumer.open(url, topology(settings), prefetch) as consumer:
        mill = Mill(consumer, store, Pace(settings.batch_size, settings.flush_interval_ms / 1000))
        leaseholder = Leaseholder(PostgresLeases(store.database), consumer, mill)
        surveyor = Surveyor(consumer, consumer, PostgresProgress(store.database), utc_now)
        beside = [leaseholder.run, surveyor.run]
        stopping = asyncio.create_task(stop.wait())
        milling = asyncio.create_task(_mill(settings, mill, beside, [store.ready, consumer.ready]))
        await asyncio.wait([stopping, milling], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        mill.close()
        await asyncio.wait([milling], timeout=FLUSHED_WITHIN_S)
        milling.cancel()
        await asyncio.wait([milling])
        await leaseholder.leave()
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
