"""Class B: a process fails exactly between two steps of the protocol."""

import asyncio
import random
from functools import partial

from tests.cluster import PARTITIONS, eventually
from tests.faults.distributed import Distributed
from tests.faults.evidence import Evidence
from tests.faults.fault import Fault
from tests.faults.poison import publish, unreadable, with_poison_cell
from tests.faults.system import System
from tests.service import RunningCommand

from hourmill.failpoints import Step

MOST_PASSES = 40
ACTIONS = ["kill", "raise", "pause:1.5"]

OF_API = [Step.GROUP_TAKEN, Step.PUBLISHING, Step.PUBLISHED, Step.CONFIRMED, Step.GROUP_COUNTED]
OF_WORKER = [Step.GATHERED, Step.STORING, Step.STORED, Step.ACKED]
OF_EMBEDDED = [Step.GROUP_TAKEN, Step.GROUP_COUNTED, Step.JOURNALLING, Step.JOURNALLED, Step.FOLDING, Step.FOLDED]
"""Steps that load alone leads to."""


async def at_api(step: Step, action: str, system: System, dice: random.Random) -> None:
    api = dice.choice(system.apis)
    await armed(api, step, f"{action}@{dice.randint(1, MOST_PASSES)}")
    await failed(step, action, api)


async def at_worker(step: Step, action: str, system: Distributed, dice: random.Random) -> None:
    worker = dice.choice(system.workers)
    await armed(worker, step, f"{action}@{dice.randint(1, MOST_PASSES)}")
    await system.cluster.forget_leases()
    await failed(step, action, worker)
    await system.cluster.forget_leases()


async def at_poison(step: Step, action: str, system: Distributed, dice: random.Random) -> None:
    """While a worker puts aside what cannot be counted."""
    worker, other = dice.sample(system.workers, 2)
    other.kill()
    await armed(worker, step, action)
    await system.cluster.forget_leases()
    await system.shared()
    body = with_poison_cell(system, dice) if step is Step.ISOLATED else unreadable(system, dice)
    await publish(system, dice.randrange(PARTITIONS), body)
    await failed(step, action, worker)
    other.start()
    await system.cluster.forget_leases()


async def at_lease(action: str, system: Distributed, dice: random.Random) -> None:
    """When a worker comes and takes its share."""
    worker = dice.choice(system.workers)
    await armed(worker, Step.LEASED, action)
    await system.cluster.forget_leases()
    await failed(Step.LEASED, action, worker)
    await system.cluster.forget_leases()


async def at_return(action: str, system: Distributed, dice: random.Random) -> None:
    """When a worker that held everything gives another one its share."""
    staying, coming = dice.sample(system.workers, 2)
    coming.kill()
    await armed(staying, Step.LET_GO, action)
    await system.cluster.forget_leases()
    await system.shared()
    coming.start()
    await failed(Step.LET_GO, action, staying)
    await system.cluster.forget_leases()


async def at_recovery(action: str, system: System, dice: random.Random) -> None:
    """Killed under load, then failing again while what the journal holds is taken over."""
    await armed(system.apis[0], Step.RECOVERING, action)
    await failed(Step.RECOVERING, action, system.apis[0])


async def armed(process: RunningCommand, step: Step, action: str) -> None:
    """Start a process again, with a failpoint."""
    process.kill()
    process.settings["HOURMILL_FAILPOINTS"] = f"{step}={action}"
    await asyncio.to_thread(RunningCommand.start, process)  # and do not wait: it may die before it answers


async def failed(step: Step, action: str, *processes: RunningCommand) -> None:
    """Wait until one of them has reached its failpoint."""

    async def reached() -> bool:
        told = [line for process in processes for line in process.logged("failpoint")]
        return (step, action.partition(":")[0]) in [(line["step"], line["action"]) for line in told]

    await eventually(reached)


def _faults(action: str) -> list[Fault]:
    strikes = [(step, partial(at_api, step, action)) for step in OF_API]
    strikes += [(step, partial(at_worker, step, action)) for step in OF_WORKER]
    strikes += [(step, partial(at_poison, step, action)) for step in (Step.ISOLATED, Step.REJECTING)]
    strikes += [(Step.LEASED, partial(at_lease, action)), (Step.LET_GO, partial(at_return, action))]
    return [Fault(f"{step}: {action}", strike, reached_it, dies=True) for step, strike in strikes]


def _embedded(action: str) -> list[Fault]:
    strikes = [(step, partial(at_api, step, action)) for step in OF_EMBEDDED]
    strikes.append((Step.RECOVERING, partial(at_recovery, action)))
    return [Fault(f"{step}: {action}", strike, reached_it, dies=True) for step, strike in strikes]


def reached_it(evidence: Evidence) -> bool:
    """The strike itself waits until the failpoint was reached."""
    return True


FAULTS = [fault for action in ACTIONS for fault in _faults(action)]
EMBEDDED = [fault for action in ACTIONS for fault in _embedded(action)]
