"""Class G: what operators do while views come in."""

import asyncio
import os
import random
import signal

from tests.cluster import eventually
from tests.faults.distributed import Distributed
from tests.faults.fault import Fault, wait
from tests.faults.pauses import stopped

MOST_PARTITIONS = 8
SCALED_TO = 4


async def change_partitions(system: Distributed, dice: random.Random) -> None:
    """NUM_PARTITIONS raised and lowered, one process after the other, in any order."""
    for partitions in dice.sample(range(1, MOST_PARTITIONS + 1), 2):
        processes = [*system.apis, *system.workers]
        dice.shuffle(processes)
        for process in processes:
            process.settings["NUM_PARTITIONS"] = str(partitions)
            await asyncio.to_thread(process.restart)


async def rolling_restart(system: Distributed, dice: random.Random) -> None:
    processes = [*system.apis, *system.workers]
    dice.shuffle(processes)
    for process in processes:
        await asyncio.to_thread(process.restart)


async def scale_workers(system: Distributed, dice: random.Random) -> None:
    """From two to one to four to one."""
    workers = system.workers
    assert await asyncio.to_thread(workers[0].stop) == 0
    while sum(worker.runs for worker in workers) < SCALED_TO:
        system.cluster.worker(**system.of_worker)
    await system.shared()
    leaving = dice.sample([worker for worker in workers if worker.runs], SCALED_TO - 1)
    for worker in leaving:
        assert await asyncio.to_thread(worker.stop) == 0


async def delete_queue(system: Distributed, dice: random.Random) -> None:
    """An empty queue goes while the APIs believe that it is there: what they publish next has nowhere to go."""
    cluster = system.cluster
    pids = [api.pid for api in system.apis]
    with stopped(pids):
        least = system.traffic.least()
        await eventually(lambda: cluster.holds(least))
        await eventually(lambda: nothing_held(system))
        partition = dice.choice(range(len(system.apis)))
        async with cluster.channel() as channel:
            with stopped([worker.pid for worker in system.workers if worker.runs]):  # who held it would make it again
                await channel.queue_delete(f"{cluster.prefix}.views.{partition}")
                for pid in pids:
                    os.kill(pid, signal.SIGCONT)
                await wait(dice, 0.5, 1.0)


async def nothing_held(system: Distributed) -> bool:
    """Whether no queue holds a message, delivered or not."""
    said = await asyncio.to_thread(system.cluster.rabbitmq.ctl, "list_queues", "--silent", "name", "messages")
    queues = [line.split() for line in said.splitlines() if line.startswith(f"{system.cluster.prefix}.views.")]
    return all(messages == "0" for _, messages in queues)


FAULTS = [
    Fault("NUM_PARTITIONS changed", change_partitions),
    Fault("rolling restart", rolling_restart),
    Fault("workers scaled 1, 4, 1", scale_workers),
    Fault(
        "a queue deleted", delete_queue, lambda evidence: evidence.refused + evidence.slow + evidence.republished > 0
    ),
]
