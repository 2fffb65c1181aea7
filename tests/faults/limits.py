"""Class E: something is full."""

import asyncio
import os
import random
import resource
import subprocess
from contextlib import suppress
from pathlib import Path
from time import monotonic

import asyncpg
from tests.faults.distributed import Distributed
from tests.faults.embedded import Embedded
from tests.faults.fault import Fault, wait
from tests.faults.pauses import family, stopped
from tests.faults.record import NOT_ACCEPTED, OK, UNKNOWN
from tests.servers.process import as_user
from tests.traffic import FIRST_HOUR, multi

NO_MEMORY, DEFAULT_MEMORY = "0.00001", "0.4"
NO_DISK, DEFAULT_DISK = "1000000GB", "50MB"
QUEUE_BYTES = 1 << 20  # the least that can be set
FILLING_REQUESTS = 200
UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
FULL_FILE = (1, resource.RLIM_INFINITY)

OURS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'hourmill'"


async def memory_alarm(system: Distributed, dice: random.Random) -> None:
    await _alarm(system, dice, "set_vm_memory_high_watermark", NO_MEMORY, DEFAULT_MEMORY)


async def disk_alarm(system: Distributed, dice: random.Random) -> None:
    await _alarm(system, dice, "set_disk_free_limit", NO_DISK, DEFAULT_DISK)


async def full_queues(system: Distributed, dice: random.Random) -> None:
    """Workers stand still until a queue takes no more."""
    with stopped([worker.pid for worker in system.workers]):
        for number in range(FILLING_REQUESTS):
            pages = {(f"filling/{number}/{'x' * 1000}/{page}", FIRST_HOUR): 1 for page in range(100)}
            route, body, cells = multi(pages)
            sent = system.record.sent(cells)
            answer = await asyncio.to_thread(dice.choice(system.apis).post, route, body)
            unknown = answer.status != 200 and answer.json()["outcome"] == UNKNOWN
            system.record.ended(sent, OK if answer.status == 200 else UNKNOWN if unknown else NOT_ACCEPTED)
            if answer.status != 200:
                break
        await wait(dice, 0.5, 2)


async def no_connections_left(system: Distributed, dice: random.Random) -> None:
    """Somebody else takes every connection that PostgreSQL has, and ours are thrown out."""
    url = system.cluster.settings["DATABASE_URL"]
    taken: list[asyncpg.Connection] = [await asyncpg.connect(url)]
    until_s = monotonic() + dice.uniform(1, 3)
    try:
        while monotonic() < until_s:
            await taken[0].fetch(OURS)
            with suppress(asyncpg.TooManyConnectionsError):
                while True:
                    taken.append(await asyncpg.connect(url))
    finally:
        for connection in taken:
            connection.terminate()


async def postgres_cannot_write(system: Distributed, dice: random.Random) -> None:
    """No file of it can grow, as on a full disk; a server that has given up is started again."""
    server = system.cluster.postgres
    for pid in family(server.pid):
        limit = [*as_user(server.user), "prlimit", f"--pid={pid}", "--fsize=1:"]  # root may not have that capability
        await asyncio.to_thread(subprocess.run, limit, check=False)  # a backend may have ended meanwhile
    await wait(dice, 1, 3)
    await asyncio.to_thread(server.kill)
    await asyncio.to_thread(server.start)


async def full_disk(system: Embedded, dice: random.Random) -> None:
    """The file system of the data file takes no more."""
    filler = system.folder / "filler"
    await asyncio.to_thread(_fill, filler)
    await wait(dice, 1, 2)
    filler.unlink()


async def file_cannot_grow(system: Embedded, dice: random.Random) -> None:
    """The same, for one process."""
    resource.prlimit(system.apis[0].pid, resource.RLIMIT_FSIZE, FULL_FILE)
    await wait(dice, 1, 2)
    resource.prlimit(system.apis[0].pid, resource.RLIMIT_FSIZE, UNLIMITED)


async def _alarm(system: Distributed, dice: random.Random, limit: str, tripping: str, usual: str) -> None:
    try:
        await asyncio.to_thread(system.cluster.rabbitmq.ctl, limit, tripping)
        await wait(dice, 1.2, 3)
    finally:
        await asyncio.to_thread(system.cluster.rabbitmq.ctl, limit, usual)


def _fill(path: Path) -> None:
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(os.urandom(1 << 16))


FAULTS = [
    Fault("memory alarm of the broker", memory_alarm, lambda evidence: evidence.refused > 0),
    Fault("disk alarm of the broker", disk_alarm, lambda evidence: evidence.refused > 0),
    Fault(
        "full queues",
        full_queues,
        lambda evidence: evidence.refused > 0,
        {"HOURMILL_QUEUE_MAX_BYTES": str(QUEUE_BYTES), "BATCH_SIZE": "100"},  # what a worker has taken fills no queue
    ),
    Fault("PostgreSQL out of connections", no_connections_left, lambda evidence: evidence.failed > 0),
    Fault("full disk of PostgreSQL", postgres_cannot_write, lambda evidence: evidence.failed > 0),
]
EMBEDDED = [
    Fault("full disk", full_disk, lambda evidence: evidence.refused > 0),
    Fault("a file that cannot grow", file_cannot_grow, lambda evidence: evidence.refused > 0),
]
