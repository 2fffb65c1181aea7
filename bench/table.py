"""The figures as a table, and the marks they are held against."""

from statistics import median
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from bench.distributed import Loaded, Measured
from bench.growth import Grown
from bench.hostile import Attacked
from bench.load import Result
from bench.overload import Overloaded
from bench.picture import percentile
from bench.reports import Reported
from hourmill.ports.storage import TableSize


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
        _judged(found, case.mark),
        f"{median(result.p50_ms for result in case.ours):.2f}",
        f"{median(result.p99_ms for result in case.ours):.2f}",
        f"{median(result.cpu_us for result in case.ours):.1f}",
        f"{median(result.cpu_us for result in case.floor):.1f}",
        f"{max(result.rss_mib for result in case.ours):.0f}",
    ]


MARKS = {"single, 256 connections": 0.4, "multi, 10 connections": 0.06}  # multi: of the floor of single views


def show_distributed(measured: Measured) -> None:
    """Print medians of all rounds of the distributed system."""
    loads = _table("Distributed: one API, one worker, RabbitMQ, PostgreSQL (medians)", LOAD_HEADINGS)
    floor_of_single = [one.floor.requests_s for one in measured.loads["single, 256 connections"]]
    for name, rounds in measured.loads.items():
        floors = floor_of_single if name.startswith("multi") else [one.floor.requests_s for one in rounds]
        found = median(one.ours.requests_s / floor for one, floor in zip(rounds, floors, strict=True))
        loads.add_row(name, *_load_row(rounds), f"{found:.2f}", _judged(found, MARKS.get(name)), _by_role(rounds))
    drains = _table("A worker and its backlog", DRAIN_HEADINGS)
    for drain in measured.drains:
        cpu = ", ".join(f"{role} {cpu_us:.1f}" for role, cpu_us in drain.cpu_us.items())
        rates = f"{drain.cells / drain.seconds:,.0f}", f"{drain.views / drain.seconds:,.0f}"
        drains.add_row(drain.name, f"{drain.cells:,}", f"{drain.views:,}", f"{drain.seconds:.1f}", *rates, cpu)
    console = Console(width=150)
    console.print(loads, drains)
    console.print(f"bare broker: {median(measured.confirmed_messages_s):,.0f} confirmed messages/s, ten at a time")
    console.print(f"bare database: {median(measured.upserted_rows_s):,.0f} rows/s, 5,000 at a time")


def show_growth(grown: list[Grown]) -> None:
    """Print what a full store costs."""
    table = _table("A store with 13 months of 20,000 pages", GROWTH_HEADINGS)
    sizes = _table("Its tables", SIZE_HEADINGS)
    for one in grown:
        meanwhile = [piece.p99_ms for piece in one.cleaned.meanwhile]
        quiet_ms = median(piece.p99_ms for piece in one.cleaned.quiet)
        table.add_row(
            one.name,
            f"{one.cells:,}",
            f"{one.views:,}",
            f"{one.cells / one.filled_s:,.0f}",
            f"{one.empty_flush:,.0f}",
            f"{one.full_flush:,.0f}",
            f"{one.full_flush / one.empty_flush:.2f}",
            f"{one.report_p50_ms:.1f}",
            f"{one.report_p99_ms:.1f}",
            f"{one.cleaned.seconds:.1f}",
            f"{quiet_ms:.1f}",
            f"{median(meanwhile):.1f}",
            f"{max(meanwhile):.1f}",
            f"{median(meanwhile) / quiet_ms:.1f}",
            f"{sum(piece.errors for piece in one.cleaned.meanwhile)}",
        )
        for when, found in (("full", one.sizes), ("cleaned", one.sizes_cleaned)):
            for size in found:
                if size.grain and size.rows and size.bytes:
                    sizes.add_row(one.name, when, size.name, *_size_row(size, one.views))
    Console(width=180).print(table, sizes)


def show_overload(found: list[Overloaded]) -> None:
    """Print each second of an overload."""
    for one in found:
        table = _table(
            f"{one.name}: {one.can_take:,.0f} requests/s can be taken; then ten times that", OVERLOAD_HEADINGS
        )
        for second, moment in enumerate(one.moments):
            table.add_row(
                f"{second}",
                *(f"{number:,}" for number in (moment.due, len(moment.counted_ms), len(moment.refused_ms))),
                f"{moment.unsent:,}",
                f"{moment.broken + moment.given_up:,}",
                f"{moment.unknown:,}",
                *(_in_ms(moment.counted_ms, percent) for percent in (50, 99)),
                *(_in_ms(moment.refused_ms, percent) for percent in (50, 99)),
                f"{moment.rss_mib:.0f}",
                f"{moment.cpu_s:.2f}",
            )
        Console(width=150).print(table)


def show_hostile(found: list[Attacked]) -> None:
    """Print how late single views and /health are beside each attack."""
    table = _table("Single views, 32 connections, while 50 others send the dearest requests", HOSTILE_HEADINGS)
    for one in found:
        met = one.ratio <= 3.0 and one.health_ms < 100.0
        table.add_row(
            one.store,
            one.attack,
            *(f"{ms:.1f}" for ms in (one.quiet.p50_ms, one.quiet.p99_ms, one.loaded.p50_ms, one.loaded.p99_ms)),
            f"{one.ratio:.1f}",
            f"{one.quiet.requests_s:,.0f}",
            f"{one.loaded.requests_s:,.0f}",
            f"{one.loaded.errors:,}",
            f"{one.sent:,}",
            f"{one.refused:,}",
            f"{one.rss_mib:,.0f}",
            f"{one.health_ms:.0f}",
            "met" if met else "MISSED",
        )
    Console(width=170).print(table)


def _in_ms(took_ms: list[float], percent: int) -> str:
    found = percentile(took_ms, percent)
    return "" if found is None else f"{found:.0f}"


def show_reports(reported: list[Reported]) -> None:
    """Print how long each report takes."""
    table = _table("Reports of a store with 13 months of 20,000 pages", REPORT_HEADINGS)
    for one in reported:
        met = "met" if one.p95_ms <= one.mark_ms else "MISSED"
        mark = f"{one.mark_ms:.0f} {met}"
        table.add_row(one.store, one.report, f"{one.p50_ms:.1f}", f"{one.p95_ms:.1f}", f"{one.cpu_ms:.1f}", mark)
    Console(width=120).print(table)


def _size_row(size: TableSize, views: int) -> list[str]:
    mib = (size.bytes or 0) / 2**20
    return [f"{size.rows:,}", f"{mib:,.0f}", f"{mib * 2**20 / size.rows:.0f}", f"{mib / views * 1e6:.2f}"]


GROWTH_HEADINGS = ("store", "cells", "views", "filled/s", "flushed/s", "full", "ratio", "report p50 ms", "p99 ms",
                   "cleaned in s", "p99 ms quiet", "cleaning", "at worst", "ratio", "refused")  # fmt: skip
REPORT_HEADINGS = ("store", "report", "p50 ms", "p95 ms", "CPU ms", "mark")
SIZE_HEADINGS = ("store", "", "table", "rows", "MiB", "bytes/row", "MiB/million views")
HOSTILE_HEADINGS = ("store", "attack", "p50 ms", "p99 ms", "loaded p50", "p99 ms", "ratio", "views/s", "loaded",
                    "refused", "attacks", "refused", "RSS MiB", "/health ms", "mark")  # fmt: skip
OVERLOAD_HEADINGS = ("second", "offered", "counted", "refused", "not sent", "broken", "unknown", "p50 ms", "p99 ms",
                     "refused p50 ms", "p99 ms", "RSS MiB", "CPU s")  # fmt: skip
LOAD_HEADINGS = ("load", "floor/s", "ours/s", "p50 ms", "p99 ms", "CPU us", "its floor's", "ratio", "mark", "CPU us of")
DRAIN_HEADINGS = ("backlog", "cells", "views", "s", "cells/s", "views/s", "CPU us per cell of")


def _table(title: str, headings: tuple[str, ...]) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in headings:
        last = heading == headings[-1]
        table.add_column(heading, justify="left" if heading == headings[0] or last else "right", no_wrap=not last)
    return table


def _load_row(rounds: list[Loaded]) -> list[str]:
    return [
        f"{median(one.floor.requests_s for one in rounds):,.0f}",
        f"{median(one.ours.requests_s for one in rounds):,.0f}",
        f"{median(one.ours.p50_ms for one in rounds):.1f}",
        f"{median(one.ours.p99_ms for one in rounds):.1f}",
        f"{median(sum(one.cpu_us.values()) for one in rounds):.1f}",
        f"{median(one.floor.cpu_us for one in rounds):.1f}",
    ]


def _by_role(rounds: list[Loaded]) -> str:
    return ", ".join(
        f"{role} {median(one.cpu_us[role] for one in rounds):.1f} ({max(one.rss_mib[role] for one in rounds):.0f} MiB)"
        for role in rounds[0].cpu_us
    )


def _judged(found: float, mark: float | None) -> str:
    return "" if mark is None else f"{mark:.2f} {'met' if found >= mark else 'MISSED'}"
