"""One round: a system under load, struck by a fault of one class, healed, drained, and held against its book."""

import asyncio
import random
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from traceback import format_exception
from typing import NamedTuple

from tests.client import PATIENCE_S
from tests.faults import changes, failpoints, kills, limits, links, pauses, poison, retries
from tests.faults.distributed import Servers, distributed
from tests.faults.embedded import embedded
from tests.faults.evidence import Evidence
from tests.faults.fault import Fault
from tests.faults.record import Verdict, judge
from tests.faults.system import System, largest_rss, recovered
from tests.service import COMMAND

CLIENTS = 16
WARM_ANSWERS = 150
ROUND_WITHIN_S = 5 * PATIENCE_S  # it has hung
MOST_RSS_BYTES = 500 << 20
MOST_CHARS = 4000
TRIES = 4

DISTRIBUTED: dict[str, tuple[str, Sequence[Fault]]] = {
    "A": ("kill -9", kills.FAULTS),
    "B": ("failpoints", failpoints.FAULTS),
    "C": ("pauses", pauses.FAULTS),
    "D": ("links", links.FAULTS),
    "E": ("something full", limits.FAULTS),
    "F": ("poison", poison.FAULTS),
    "G": ("changes", changes.FAULTS),
    "H": ("one key, 100 times", retries.FAULTS),
}
EMBEDDED: dict[str, tuple[str, Sequence[Fault]]] = {
    "a": ("kill -9, embedded", kills.EMBEDDED),
    "b": ("failpoints, embedded", failpoints.EMBEDDED),
    "e": ("full disk, embedded", limits.EMBEDDED),
}
MOST_MISFITS = 10  # that are told


class Number(NamedTuple):
    """Which round: with the same number it draws the same faults at the same moments.

    place    of the first fault, of those of the class
    strikes  how many strike, one after the other
    """

    seed: int
    letter: str
    place: int
    strikes: int = 1

    def __str__(self) -> str:
        several = f" STRIKES={self.strikes}" if self.strikes > 1 else ""
        return f"SEED={self.seed} CLASSES={self.letter} FIRST={self.place} ROUNDS=1{several}"


@dataclass
class Outcome:
    """How a round ended.

    faults      what struck
    evidence    what it left behind
    bit         whether that shows that each of them hit something
    verdict     None if the round came to no end
    recovery_s  the longest time from healing until all was well
    complaints  what was wrong besides
    """

    number: Number
    faults: list[str] = field(default_factory=list)
    evidence: Evidence = field(default_factory=Evidence)
    bit: bool = False
    verdict: Verdict | None = None
    recovery_s: float = 0.0
    took_s: float = 0.0
    complaints: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether nothing was wrong."""
        return self.verdict is not None and not self.verdict.cells and not self.complaints


def known_faults(letter: str) -> Sequence[Fault]:
    """The faults of a class; the round of each number is struck by the next one."""
    return (DISTRIBUTED | EMBEDDED)[letter][1]


def struck_by(number: Number) -> list[Fault]:
    """The faults that strike in a round, in their order."""
    known = known_faults(number.letter)
    return [known[place % len(known)] for place in range(number.place, number.place + number.strikes)]


class Patience(NamedTuple):
    """How long recovery may take, and how often a fault strikes at most until it bites."""

    within_s: float = PATIENCE_S
    tries: int = TRIES


PATIENT = Patience()


async def play(
    number: Number,
    folder: Path,
    servers: Servers,
    program: Sequence[str] = (COMMAND,),
    *,
    patience: Patience = PATIENT,
    rest_s: float = 0.0,
) -> Outcome:
    """Play a round in an empty folder.

    rest_s  as Traffic
    """
    outcome = Outcome(number)
    began_s = monotonic()
    dice = random.Random(str(number))
    faults = struck_by(number)
    outcome.faults += [fault.name for fault in faults]
    settings = {name: value for fault in faults for name, value in fault.settings.items()}
    try:
        async with asyncio.timeout(ROUND_WITHIN_S), AsyncExitStack() as stack:
            system: System
            if number.letter in DISTRIBUTED:
                opened = distributed(folder, servers, dice.getrandbits(32), program, settings)
                system = await stack.enter_async_context(opened)
            else:
                system = await stack.enter_async_context(embedded(folder, dice.getrandbits(32), program))
            system.traffic.rest_s = rest_s
            await _struck(system, faults, dice, outcome, patience)
            counted = await system.settled()
            outcome.complaints += (await system.misfits())[:MOST_MISFITS]
        outcome.verdict = judge(system.record.path, counted)
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 a round that fails is a result
        outcome.complaints.append("the round came to no end: " + "".join(format_exception(error))[-MOST_CHARS:])
    for server in servers:
        if not server.runs:
            await asyncio.to_thread(server.start)
    outcome.took_s = monotonic() - began_s
    return outcome


async def _struck(
    system: System, faults: Sequence[Fault], dice: random.Random, outcome: Outcome, patience: Patience
) -> None:
    traffic = system.traffic
    async with traffic.running(CLIENTS):
        await traffic.more_answers(WARM_ANSWERS)
        before = system.evidence()
        bit = [await _strike(system, fault, dice, outcome, patience) for fault in faults]
    outcome.evidence = system.evidence().since(before)
    outcome.bit = all(bit)
    rss = largest_rss([*system.apis, *system.workers])
    if rss > MOST_RSS_BYTES:
        outcome.complaints.append(f"a process has grown to {rss >> 20} MiB")
    if traffic.odd:
        outcome.complaints.append(f"{len(traffic.odd)} odd answers, the first: {traffic.odd[0]}")
    if system.watch.died and not any(fault.dies for fault in faults):
        outcome.complaints.append(f"a process ended by itself: {system.watch.died[0]}")


async def _strike(system: System, fault: Fault, dice: random.Random, outcome: Outcome, patience: Patience) -> bool:
    """Strike until it bites, heal and recover each time; whether it bit."""
    within_s = patience.within_s
    for _ in range(patience.tries):
        before = system.evidence()
        await fault.strike(system, dice)
        healed_s = monotonic()
        try:
            await recovered(system, within_s)
        except TimeoutError:
            outcome.complaints.append(f"{within_s:.0f} s later not every API answers, or not all of before is counted")
        outcome.recovery_s = max(outcome.recovery_s, monotonic() - healed_s)
        if fault.bites(system.evidence().since(before)):
            return True
    return False
