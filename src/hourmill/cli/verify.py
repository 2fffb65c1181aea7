"""hourmill verify."""

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hourmill.cli import logs
from hourmill.cli.options import Exit, database_option, with_settings
from hourmill.core.hour import moment_of
from hourmill.core.plural import counted
from hourmill.errors import DataFileInUse
from hourmill.ports.housekeeping import Misfit
from hourmill.services.janitor import Tell
from hourmill.services.proof import Findings, Prover
from hourmill.settings import Settings
from hourmill.wiring.commands import prover as prover_of

SAID = {  # when a counter is of, and of what it is the sum
    "page_views_daily": ("on %Y-%m-%d", "hours"),
    "site_views": ("on %Y-%m-%d %H:00", "hours"),
    "page_views_monthly": ("in %Y-%m", "days"),
}


@click.command()
@click.option("--rebuild", is_flag=True, help="Make the counters of days and months with misfits anew.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@database_option
@with_settings
def verify(settings: Settings, rebuild: bool, as_json: bool) -> None:
    """Prove that counters of days and sites are the sums of their hours, those of months the sums of their days.

    Reads all that is stored, which takes a while; services may run meanwhile. Exit code 1: some are not; --rebuild
    makes them anew from the hours, which are what was counted.

    \b
    Examples:
      hourmill verify
      hourmill verify --rebuild
    """
    logs.configure(settings, only_trouble=True)
    findings = asyncio.run(_examine(prover_of(settings), rebuild))
    if as_json:
        click.echo(json.dumps(_facts(findings, rebuild)))
    else:
        _show(findings, rebuild)
    if findings.number and not rebuild:
        sys.exit(Exit.FAILED)


async def _examine(prover: Prover, rebuild: bool) -> Findings:
    with progress("comparing days") as tell:
        findings = await prover.examine(tell)
    if findings is None or (rebuild and not await prover.rebuild(findings)):
        raise DataFileInUse("Another process is cleaning the store right now; try again when it is done.")
    return findings


@contextmanager
def progress(what: str) -> Iterator[Tell]:
    """What is to be told of days done, and of all: shows a bar, on a terminal only."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("")
        yield lambda done, of: bar.update(task, completed=done, total=of)


def _show(findings: Findings, rebuilt: bool) -> None:
    number, some = findings.number, findings.some
    for misfit in some:
        click.echo(_said(misfit))
    if number > len(some):
        click.echo(f"and {number - len(some):,} more")
    if number:
        remedy = "They were made anew." if rebuilt else "`hourmill verify --rebuild` makes them anew."
        counters = "1 counter is not the sum" if number == 1 else f"{number:,} counters are not the sums"
        click.echo(f"{counters} of their hours or days. {remedy}")
    else:
        days = counted(findings.days, "day")
        click.echo(f"All counters of days, sites and months are the sums they should be: {days} compared.")
    if findings.dirty:
        days = "1 day is" if findings.dirty == 1 else f"{findings.dirty:,} days are"
        click.echo(f"{days} not rolled up yet, and read from the hours.")


def _said(misfit: Misfit) -> str:
    moment = moment_of(misfit.hour)
    when, of = SAID[misfit.table]
    said = f"{misfit.name!r} {moment:{when}} says {misfit.counted:,}, its {of} make {misfit.summed:,}"
    return f"{misfit.table}: {said}"


def _facts(findings: Findings, rebuilt: bool) -> dict[str, object]:
    misfits = [
        {
            "table": misfit.table,
            "name": misfit.name,
            "hour": f"{moment_of(misfit.hour):%Y-%m-%dT%H:%M:%SZ}",
            "counted": misfit.counted,
            "summed": misfit.summed,
        }
        for misfit in findings.some
    ]
    return {
        "days": findings.days,
        "dirty_days": findings.dirty,
        "misfit_counters": findings.number,
        "misfits": misfits,
        "rebuilt": rebuilt and bool(misfits),
    }
