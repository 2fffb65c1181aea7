"""A selection of the rounds of `make faults`: every failpoint, and every class at least twice."""

from collections import Counter
from pathlib import Path

import pytest
from tests.faults.distributed import Servers
from tests.faults.mutants import MUTANTS, Mutant, program_of
from tests.faults.rounds import DISTRIBUTED, EMBEDDED, Number, Outcome, Patience, known_faults, play, struck_by
from tests.faults.table import line
from tests.servers.postgres import PostgresServer
from tests.servers.rabbitmq import RabbitMQNode

from hourmill.failpoints import Step

RESTS_S = 0.02  # some hundred requests a second: at full speed they would take what restarts need
GIVEN_UP_AFTER_S = 3.0  # what a planted bug has lost does not come back; a round is judged by its cells, not by this
AT_ONCE = Patience(within_s=GIVEN_UP_AFTER_S, tries=1)
TRIES = 4  # rounds in which a planted bug must be found once

SELECTED = [
    ("A", "API", 2),
    ("A", "backend of PostgreSQL", 3),
    ("B", f"{Step.GROUP_TAKEN}: kill", 5),
    ("B", f"{Step.GATHERED}: kill", 4),
    ("B", f"{Step.ISOLATED}: kill", 4),
    ("C", "API for 1 s", 4),
    ("D", "client to API: reset", 2),
    ("D", "API to broker: deaf", 2),
    ("D", "worker to broker: reset", 2),
    ("E", "full queues", 2),
    ("F", "unreadable messages", 4),
    ("G", "rolling restart", 3),
    ("H", "100 repeats of a key, API", 2),
    ("a", "service", 2),
    ("b", f"{Step.GROUP_TAKEN}: kill", 7),
    ("e", "full disk", 2),
]
"""Class, the first fault that strikes, and how many strike one after the other: a round each."""


@pytest.fixture
def servers(postgres: PostgresServer, rabbitmq: RabbitMQNode) -> Servers:
    """Those of all tests, running."""
    for server in (postgres, rabbitmq):
        if not server.runs:
            server.start()
    return Servers(postgres, rabbitmq)


@pytest.mark.parametrize(("letter", "first", "strikes"), SELECTED)
async def test_nothing_is_lost_or_doubled(
    letter: str, first: str, strikes: int, servers: Servers, tmp_path: Path
) -> None:
    outcome = await play(number(letter, first, strikes), tmp_path, servers, rest_s=RESTS_S)
    assert outcome.good, line(outcome)
    assert outcome.bit, f"not every fault hit something: {line(outcome)}"


def test_every_failpoint_is_among_them_and_every_class_twice() -> None:
    struck = [(which[0], fault.name) for which in SELECTED for fault in struck_by(number(*which))]
    assert {name.partition(":")[0] for letter, name in struck if letter in "Bb"} == {*Step}
    classes = Counter(letter for letter, _ in struck)
    assert set(classes) == {*DISTRIBUTED, *EMBEDDED}
    assert min(classes.values()) >= 2


@pytest.mark.parametrize(("name", "mutant"), MUTANTS.items())
async def test_a_planted_bug_is_found(name: str, mutant: Mutant, servers: Servers, tmp_path: Path) -> None:
    outcomes: list[Outcome] = []
    for time in range(TRIES):
        here = tmp_path / f"{time}"
        here.mkdir()
        again = number(mutant.letter, mutant.fault, time=time)
        outcomes.append(await play(again, here, servers, program_of(name), patience=AT_ONCE))
        if outcomes[-1].verdict and outcomes[-1].verdict.cells:
            return
    pytest.fail("no cell is wrong:\n" + "\n".join(map(line, outcomes)))


def number(letter: str, first: str, strikes: int = 1, time: int = 0) -> Number:
    """Of a round in which that fault is the first to strike; each time with other dice."""
    faults = [known.name for known in known_faults(letter)]
    return Number(1, letter, faults.index(first) + time * len(faults), strikes)
