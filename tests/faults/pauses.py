"""Class C: a process stands still (SIGSTOP), for a second or past the heartbeat and its leases, and goes on."""

import asyncio
import os
import random
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial

import psutil
from tests.faults.distributed import HEARTBEAT_S, Distributed
from tests.faults.fault import Fault, wait

SHORT_S = 1.0
PAST_HEARTBEAT_S = 3.5 * HEARTBEAT_S
PAST_LEASE_S = 12.0


async def pause_api(seconds: float, system: Distributed, dice: random.Random) -> None:
    await stand_still([dice.choice(system.apis).pid], seconds, dice)


async def pause_workers(system: Distributed, dice: random.Random) -> None:
    """Whosever flush is under way, it takes as long as they stand still."""
    with ExitStack() as stack:
        async with system.cluster.flush_under_way():
            stack.enter_context(stopped([worker.pid for worker in system.workers]))
        await asyncio.sleep(SHORT_S)


async def pause_worker(seconds: float, system: Distributed, dice: random.Random) -> None:
    """The store's claims must tell what the worker still sends from what another has counted meanwhile."""
    with ExitStack() as stack:
        async with system.cluster.flush_under_way():  # its commit comes while nobody hears of it
            stack.enter_context(stopped([dice.choice(system.workers).pid]))
        await asyncio.sleep(seconds)


async def pause_broker(seconds: float, system: Distributed, dice: random.Random) -> None:
    await stand_still(family(system.cluster.rabbitmq.pid), seconds, dice)


async def pause_postgres(seconds: float, system: Distributed, dice: random.Random) -> None:
    await stand_still(family(system.cluster.postgres.pid), seconds, dice)


async def stand_still(pids: Sequence[int], seconds: float, dice: random.Random) -> None:
    """Stop these processes, let them go on."""
    await wait(dice, 0, 0.2)
    with stopped(pids):
        await asyncio.sleep(seconds)


@contextmanager
def stopped(pids: Sequence[int]) -> Iterator[None]:
    """Within: they stand still, but for those that ended meanwhile."""
    try:
        _tell(pids, signal.SIGSTOP)
        yield
    finally:
        _tell(pids, signal.SIGCONT)


def _tell(pids: Sequence[int], what: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):  # a connection's process, whose connection has ended
            os.kill(pid, what)


def family(pid: int) -> list[int]:
    """A process and all that it has started."""
    return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]


FAULTS = [
    Fault("API for 1 s", partial(pause_api, SHORT_S)),
    Fault("workers for 1 s", pause_workers),
    Fault("broker for 1 s", partial(pause_broker, SHORT_S)),
    Fault("PostgreSQL for 1 s", partial(pause_postgres, SHORT_S)),
    Fault("API past the heartbeat", partial(pause_api, PAST_HEARTBEAT_S)),
    Fault("worker past its lease", partial(pause_worker, PAST_LEASE_S), lambda evidence: evidence.redelivered > 0),
    Fault("broker past the heartbeat", partial(pause_broker, PAST_HEARTBEAT_S), lambda evidence: evidence.refused > 0),
    Fault("PostgreSQL past the heartbeat", partial(pause_postgres, PAST_HEARTBEAT_S)),
]
