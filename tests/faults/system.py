"""What every Hourmill under load has, whatever it is made of."""

from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Protocol

import psutil
from tests.cluster import eventually
from tests.faults.evidence import Evidence, Watch
from tests.faults.record import Record
from tests.service import RunningCommand, RunningService
from tests.traffic import Cell, Traffic

from hourmill.core.retention import Retention
from hourmill.errors import NotCleaned
from hourmill.ports.housekeeping import Household
from hourmill.services.janitor import Janitor
from hourmill.services.proof import Prover
from hourmill.wiring.parts import utc_now

CLEANS_EVERY = {"HOURMILL_CLEAN_INTERVAL_SECONDS": "1"}  # the janitor is at work whatever strikes
ANSWERS_OF_EACH = 5  # successes of every API that show it is back


class System(Protocol):
    """A Hourmill under load, every process of it real, with a book outside and evidence of what hit it."""

    record: Record
    traffic: Traffic
    watch: Watch

    @property
    def apis(self) -> list[RunningService]:
        """The processes that answer."""

    @property
    def workers(self) -> list[RunningCommand]:
        """The processes that count for them."""

    def evidence(self) -> Evidence:
        """What trouble has left behind so far."""

    async def covers(self, least: Mapping[Cell, int]) -> bool:
        """Whether all of that is counted, as far as can be seen now."""

    async def settled(self) -> Counter[Cell]:
        """What is counted and parked when nothing can change any more; all is stopped."""

    async def misfits(self) -> list[str]:
        """Where, after a last cleaning, counters of days and sites are not the sums of their hours."""


async def misfits(household: Household) -> list[str]:
    """As System.misfits, of a store that nobody else cleans: what `hourmill clean` and `hourmill verify` do."""
    janitor = Janitor(household, Retention(), utc_now)

    async def cleaned() -> bool:
        return await janitor.clean() is not None

    try:
        await eventually(cleaned)
        found = await Prover(household).examine(lambda done, of: None)
    except NotCleaned as error:
        return [str(error)]
    except TimeoutError:
        found = None
    if found is None:
        return ["another process cleans, although all were stopped"]
    return [f"{found.number} counters are wrong", *map(str, found.some)] if found.number else []


async def recovered(system: System, within_s: float) -> None:
    """Wait until every API answers and all that was answered before is counted.

    raises  TimeoutError
    """
    traffic = system.traffic
    before = Counter(traffic.answers)
    least = traffic.least()

    async def is_back() -> bool:
        answered = all(traffic.answers[port] - before[port] >= ANSWERS_OF_EACH for port in traffic.ports)
        return answered and await system.covers(least)

    await eventually(is_back, within_s)


def largest_rss(processes: Iterable[RunningCommand]) -> int:
    """Bytes of memory of the largest of them."""
    sizes = [0]
    for process in processes:
        with suppress(psutil.NoSuchProcess, AssertionError):
            sizes.append(psutil.Process(process.pid).memory_info().rss)
    return max(sizes)
