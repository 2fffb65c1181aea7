"""make faults: rounds of every class, a line for each, a table at the end."""

import asyncio
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import click
from rich.console import Console
from tests.faults.distributed import Servers
from tests.faults.mutants import MUTANTS, program_of
from tests.faults.rounds import DISTRIBUTED, EMBEDDED, Number, Outcome, play
from tests.faults.table import line, table
from tests.servers.postgres import postgres_server
from tests.servers.rabbitmq import rabbitmq_node

ALL = "".join([*DISTRIBUTED, *EMBEDDED])
WIDTH = 140  # of the table where no terminal says how wide it is
TRIES = 3  # rounds are played for each that is asked for, until enough of them were struck


class Plan(NamedTuple):
    """What is to be played.

    rounds   of each class, in which the fault bites
    first    number of the first
    strikes  faults that strike in each
    mutant   which bug is planted
    """

    classes: str
    rounds: int
    seed: int
    first: int
    strikes: int
    mutant: str | None


@click.command()
@click.option("--rounds", default=3, type=click.IntRange(1), help="Rounds of each class in which the fault bit.  [3]")
@click.option("--classes", default=ALL, help=f"Which, by letter.  [{ALL}]")
@click.option("--seed", default=1, help="Of everything random.  [1]")
@click.option("--first", default=0, type=click.IntRange(0), help="Number of the first round.  [0]")
@click.option("--strikes", default=1, type=click.IntRange(1), help="Faults, one after the other, in each round.  [1]")
@click.option("--mutant", type=click.Choice(list(MUTANTS)), help="Plant a bug that must be found.")
def main(**options: Any) -> None:
    """Hunt for one lost or doubled view.

    Starts a PostgreSQL and a RabbitMQ of its own, APIs and workers as real processes; troubles them under load; and
    holds what is counted against a book that was kept outside. Exit code 0: every view is where it should be.
    """
    plan = Plan(**options)
    if unknown := set(plan.classes) - set(ALL):
        raise click.BadParameter(f"no such class: {', '.join(sorted(unknown))}", param_hint="--classes")
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hourmill-faults-")))
        home = folder / "postgres"
        home.mkdir()
        folder.chmod(0o755)
        (folder / "rabbitmq").mkdir()
        servers = Servers(stack.enter_context(postgres_server(home)),
                          stack.enter_context(rabbitmq_node(folder / "rabbitmq")))  # fmt: skip
        outcomes = asyncio.run(_played(console, folder, servers, plan))
    console.print(table(outcomes))
    bad = [outcome for outcome in outcomes if not outcome.good]
    missing = [
        letter for letter in plan.classes if sum(o.bit and o.number.letter == letter for o in outcomes) < plan.rounds
    ]
    for letter in missing:
        console.print(f"class {letter}: fewer than {plan.rounds} rounds in which the fault bit", style="red")
    sys.exit(1 if bad or missing else 0)


async def _played(console: Console, folder: Path, servers: Servers, plan: Plan) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for letter in plan.classes:
        bit = 0
        for place in range(plan.first, plan.first + TRIES * plan.rounds * plan.strikes, plan.strikes):
            here = folder / f"{letter}-{place}"
            here.mkdir()
            number = Number(plan.seed, letter, place, plan.strikes)
            outcome = await play(number, here, servers, program_of(plan.mutant))
            outcomes.append(outcome)
            console.print(line(outcome, plan.mutant), soft_wrap=True)
            bit += outcome.bit
            if bit == plan.rounds:
                break
    return outcomes


if __name__ == "__main__":
    main()
