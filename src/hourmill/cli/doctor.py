"""hourmill doctor."""

import asyncio
import json
import sys

import click
from rich.padding import Padding
from rich.text import Text

from hourmill.cli import logs
from hourmill.cli.options import Exit, address_options, database_option, with_settings
from hourmill.cli.output import standard_output
from hourmill.core.plural import counted
from hourmill.services.findings import Finding, Level
from hourmill.settings import Settings
from hourmill.wiring.checkup import examine

LOOKS = {Level.WELL: ("well   ", "green"), Level.WARNING: ("warning", "yellow"), Level.FAULT: ("fault  ", "red"),
         Level.SKIPPED: ("skipped", "cyan")}  # fmt: skip


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@address_options
@database_option
@with_settings
def doctor(settings: Settings, as_json: bool) -> None:
    """Look for what is wrong, and say what to do about it.

    Looks at the settings, at the API at its address, at PostgreSQL or the data file, at RabbitMQ: whether they answer,
    whether our users may do what they must, schema, clocks, limits, workers, janitor. Changes nothing. Run it with the
    settings, and as the user, of the service. Exit code 1: there are faults; warnings alone are 0.

    \b
    Examples:
      hourmill doctor
      hourmill doctor --json
    """
    logs.configure(settings, only_trouble=True, only_errors=True)
    findings = asyncio.run(_all(settings, silent=as_json))
    faults = sum(finding.level is Level.FAULT for finding in findings)
    if as_json:
        click.echo(json.dumps({"faults": faults, "findings": [_facts(finding) for finding in findings]}, indent=2))
    else:
        warnings = sum(finding.level is Level.WARNING for finding in findings)
        click.echo(f"\n{counted(faults, 'fault')}, {counted(warnings, 'warning')}.")
    if faults:
        sys.exit(Exit.FAILED)


async def _all(settings: Settings, *, silent: bool) -> list[Finding]:
    findings = []
    async for finding in examine(settings):
        findings.append(finding)
        if not silent:
            _show(finding)
    return findings


def _show(finding: Finding) -> None:
    word, style = LOOKS[finding.level]
    console = standard_output(soft_wrap=False)
    console.print(Text.assemble((word, style), "  ", (finding.about, "bold"), ": ", finding.found))
    if finding.do:
        console.print(Padding(Text(finding.do), (0, 0, 0, 9), expand=False))


def _facts(finding: Finding) -> dict[str, str]:
    return {"level": finding.level.value, "about": finding.about, "found": finding.found, "do": finding.do}
