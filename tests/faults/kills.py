"""Class A: kill -9 of everything there is, alone and together."""

import asyncio
import os
import random
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress

import asyncpg
from tests.faults.distributed import Distributed
from tests.faults.fault import Fault, wait
from tests.faults.system import System
from tests.service import RunningCommand

AWAY_AT_MOST_S = 1.5

OURS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'hourmill' AND datname = current_database()"


async def kill_api(system: System, dice: random.Random) -> None:
    await killed(dice.choice(system.apis), dice)


async def kill_worker(system: System, dice: random.Random) -> None:
    await killed(dice.choice(system.workers), dice)


async def kill_broker(system: Distributed, dice: random.Random) -> None:
    await asyncio.to_thread(system.cluster.rabbitmq.keep_names)
    await asyncio.to_thread(system.cluster.rabbitmq.kill)
    await wait(dice, 0, AWAY_AT_MOST_S)
    await asyncio.to_thread(system.cluster.rabbitmq.start)


async def kill_postgres(system: Distributed, dice: random.Random) -> None:
    await asyncio.to_thread(system.cluster.postgres.kill)
    await wait(dice, 0, AWAY_AT_MOST_S)
    await asyncio.to_thread(system.cluster.postgres.start)


async def kill_backend(system: Distributed, dice: random.Random) -> None:
    """One process of PostgreSQL, in the middle of its work; the server throws out all clients and recovers."""
    with suppress(asyncpg.PostgresConnectionError):  # whoever holds up the flush is thrown out as well
        async with system.cluster.flush_under_way():
            backends = await system.cluster.rows(OURS)
            os.kill(dice.choice(backends)["pid"], signal.SIGKILL)


async def kill_two(system: Distributed, dice: random.Random) -> None:
    """Two kinds at once."""
    await asyncio.gather(*(kill(system, dice) for kill in dice.sample(ALONE, 2)))


async def kill_everything(system: Distributed, dice: random.Random) -> None:
    """All processes at once; they come back in any order."""
    cluster = system.cluster
    await asyncio.to_thread(cluster.rabbitmq.keep_names)
    ours = [*system.apis, *system.workers]
    for process in ours:
        process.kill()
    await asyncio.gather(asyncio.to_thread(cluster.postgres.kill), asyncio.to_thread(cluster.rabbitmq.kill))
    starts: list[Callable[[], None]] = [cluster.postgres.start, cluster.rabbitmq.start]
    starts += [process.start for process in ours]
    dice.shuffle(starts)
    await asyncio.gather(*(asyncio.to_thread(start) for start in starts))


async def killed(process: RunningCommand, dice: random.Random) -> None:
    """Kill a process, start it again after a while."""
    process.kill()
    await wait(dice, 0, AWAY_AT_MOST_S)
    await asyncio.to_thread(process.start)


ALONE: list[Callable[[Distributed, random.Random], Awaitable[None]]] = [
    kill_api,
    kill_worker,
    kill_broker,
    kill_postgres,
]

FAULTS = [
    Fault("API", kill_api, lambda evidence: evidence.broken > 0),
    Fault("worker", kill_worker, lambda evidence: evidence.redelivered > 0),
    Fault("broker", kill_broker, lambda evidence: evidence.refused > 0),
    Fault("PostgreSQL", kill_postgres, lambda evidence: evidence.failed > 0),
    Fault("backend of PostgreSQL", kill_backend, lambda evidence: evidence.failed > 0),
    Fault("two at once", kill_two),
    Fault("everything", kill_everything, lambda evidence: evidence.broken > 0),
]
EMBEDDED = [Fault("service", kill_api, lambda evidence: evidence.broken > 0)]
