"""A selection of the rounds of `make faults`: every failpoint, and every class at least twice."""

from pathlib import Path

import pytest
from tests.faults import failpoints
from tests.faults.distributed import Servers
from tests.faults.mutants import MUTANTS, Mutant, program_of
from tests.faults.rounds import Number, Outcome, known_faults, play
from tests.faults.system import RECOVERS_WITHIN_S
from tests.faults.table import line
from tests.servers.postgres import PostgresServer
from tests.servers.rabbitmq import RabbitMQNode

FOUND_WITHIN_S = 8.0  # what a planted bug has lost does not come back
TRIES = 4  # rounds in which a fault must bite, or a planted bug be found, once

SELECTED = [
    *[("A", name) for name in ("API", "backend of PostgreSQL", "everything")],
    *[("B", fault.name) for fault in failpoints.FAULTS if fault.name.endswith(": kill")],
    *[("C", name) for name in ("worker for 1 s", "broker for 1 s")],
    *[("D", name) for name in ("API to broker: mute", "worker to broker: cut in mid-frame", "client to API: reset")],
    *[("E", name) for name in ("full queues", "PostgreSQL out of connections")],
    *[("F", name) for name in ("unreadable messages", "poison delivered twice")],
    *[("G", name) for name in ("workers scaled 1, 4, 1", "a queue deleted")],
    *[("H", name) for name in ("100 repeats of a key, API", "100 repeats of a key, API to broker: reset")],
    ("a", "service"),
    *[("b", fault.name) for fault in failpoints.EMBEDDED if fault.name.endswith(": kill")],
    *[("e", name) for name in ("full disk", "a file that cannot grow")],
]


@pytest.fixture
def servers(postgres: PostgresServer, rabbitmq: RabbitMQNode) -> Servers:
    """Those of all tests, running."""
    for server in (postgres, rabbitmq):
        if not server.runs:
            server.start()
    return Servers(postgres, rabbitmq)


@pytest.mark.parametrize(("letter", "fault"), SELECTED)
async def test_nothing_is_lost_or_doubled(letter: str, fault: str, servers: Servers, tmp_path: Path) -> None:
    for number in numbers(letter, fault):
        outcome = await played(number, servers, tmp_path)
        assert outcome.good, line(outcome)
        if outcome.bit:
            return
    pytest.fail("it never hit anything")


@pytest.mark.parametrize(("name", "mutant"), MUTANTS.items())
async def test_a_planted_bug_is_found(name: str, mutant: Mutant, servers: Servers, tmp_path: Path) -> None:
    outcomes: list[Outcome] = []
    for number in numbers(mutant.letter, mutant.fault):
        outcomes.append(await played(number, servers, tmp_path, name, FOUND_WITHIN_S))
        if outcomes[-1].verdict and outcomes[-1].verdict.cells:
            return
    pytest.fail("no cell is wrong:\n" + "\n".join(map(line, outcomes)))


def numbers(letter: str, fault: str) -> list[Number]:
    """Of a few rounds with that fault, each with other dice."""
    faults = [known.name for known in known_faults(letter)]
    return [Number(1, letter, faults.index(fault) + time * len(faults)) for time in range(TRIES)]


async def played(
    number: Number,
    servers: Servers,
    folder: Path,
    mutant: str | None = None,
    within_s: float = RECOVERS_WITHIN_S,
) -> Outcome:
    """The round, in a folder of its own."""
    here = folder / f"{number.place}"
    here.mkdir()
    return await play(number, here, servers, program_of(mutant), within_s)
