"""Outcomes of rounds, for people."""

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table
from tests.faults.rounds import DISTRIBUTED, EMBEDDED, Outcome

CELLS_SHOWN = 10


def line(outcome: Outcome, mutant: str | None = None) -> str:
    """A round in a line; what was wrong below it, and how it is played again.

    mutant  which bug was planted
    """
    verdict = outcome.verdict
    views = f"{verdict.sent} views, {verdict.lost} lost, {verdict.doubled} doubled" if verdict else "no verdict"
    traces = ", ".join(f"{name} {value}" for name, value in outcome.evidence._asdict().items() if value)
    state = "[red]WRONG[/]" if not outcome.good else "[green]good[/]" if outcome.bit else "[yellow]did not bite[/]"
    said = f"{outcome.number.letter} {outcome.number.place:3} {state} {', '.join(outcome.faults)}: {views}; {traces}; "
    said += f"back after {outcome.recovery_s:.1f} s; {outcome.took_s:.0f} s"
    if outcome.good:
        return said
    wrong = [*outcome.complaints, *(verdict.cells[:CELLS_SHOWN] if verdict else [])]
    more = len(verdict.cells) - CELLS_SHOWN if verdict else 0
    wrong += [f"and {more} more cells"] if more > 0 else []
    again = f"make faults {outcome.number}" + (f" MUTANT={mutant}" if mutant else "")
    return "\n".join([said, *(f"    {escape(what)}" for what in wrong), f"    again: {again}"])


def table(outcomes: Sequence[Outcome]) -> Table:
    """A line for each class."""
    shown = Table("class", "rounds", "bit", "redelivered", "stale", "republished", "503", "views sent", "lost",
                  "doubled", "wrong", "longest recovery")  # fmt: skip
    for letter, (name, _) in {**DISTRIBUTED, **EMBEDDED}.items():
        of_class = [outcome for outcome in outcomes if outcome.number.letter == letter]
        if not of_class:
            continue
        verdicts = [outcome.verdict for outcome in of_class if outcome.verdict]
        evidence = [outcome.evidence for outcome in of_class]
        shown.add_row(
            f"{letter} {name}",
            f"{len(of_class)}",
            f"{sum(outcome.bit for outcome in of_class)}",
            f"{sum(one.redelivered for one in evidence)}",
            f"{sum(one.stale for one in evidence)}",
            f"{sum(one.republished for one in evidence)}",
            f"{sum(one.refused for one in evidence)}",
            f"{sum(verdict.sent for verdict in verdicts):,}",
            f"{sum(verdict.lost for verdict in verdicts):,}",
            f"{sum(verdict.doubled for verdict in verdicts):,}",
            f"{sum(not outcome.good for outcome in of_class)}",
            f"{max(outcome.recovery_s for outcome in of_class):.1f} s",
        )
    return shown
