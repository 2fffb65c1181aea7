"""The figures as a table, and the marks they are held against."""

from statistics import median
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from bench.load import Result


class Case(NamedTuple):
    """One load, measured in turn on the floor and on Hourmill; mark: the least ratio of the two that is good enough.

    above  the case whose floor is meant; None is its own
    """

    name: str
    connections: int
    entries: float
    mark: float | None
    above: str | None
    floor: list[Result]
    ours: list[Result]


def ratio(case: Case, cases: dict[str, Case]) -> float:
    """The median over the rounds of requests/s of Hourmill by those of the floor."""
    floor = cases[case.above].floor if case.above else case.floor
    return median(ours.requests_s / at_least.requests_s for ours, at_least in zip(case.ours, floor, strict=True))


def show(cases: dict[str, Case]) -> None:
    """Print medians of all rounds."""
    table = Table(
        title="Hourmill beside its floor (medians)", caption=CAPTION, title_justify="left", caption_justify="left"
    )
    for heading in HEADINGS:
        table.add_column(heading, justify="left" if heading == "load" else "right", no_wrap=True)
    for case in cases.values():
        table.add_row(*_row(case, ratio(case, cases)))
    Console(width=140).print(table)


CAPTION = "ratio: within a round, then the median; that of multi is to the floor of single views at 256 connections"
HEADINGS = (
    "load",
    "floor/s",
    "ours/s",
    "entries/s",
    "ratio",
    "mark",
    "p50 ms",
    "p99 ms",
    "CPU us",
    "its floor's",
    "RSS MiB",
)


def _row(case: Case, found: float) -> list[str]:
    rate = median(result.requests_s for result in case.ours)
    return [
        case.name,
        f"{median(result.requests_s for result in case.floor):,.0f}",
        f"{rate:,.0f}",
        f"{rate * case.entries:,.0f}",
        f"{found:.2f}",
        "" if case.mark is None else f"{case.mark:.2f} {'met' if found >= case.mark else 'MISSED'}",
        f"{median(result.p50_ms for result in case.ours):.2f}",
        f"{median(result.p99_ms for result in case.ours):.2f}",
        f"{median(result.cpu_us for result in case.ours):.1f}",
        f"{median(result.cpu_us for result in case.floor):.1f}",
        f"{max(result.rss_mib for result in case.ours):.0f}",
    ]
