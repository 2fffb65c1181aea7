"""hourmill clean."""

import asyncio
import json

import click
from rich import box
from rich.filesize import decimal
from rich.table import Table

from hourmill.cli import logs
from hourmill.cli.options import database_option, with_settings
from hourmill.cli.output import standard_output
from hourmill.cli.verify import progress
from hourmill.core.plural import counted
from hourmill.errors import DataFileInUse
from hourmill.services.janitor import Cleaned, Janitor
from hourmill.settings import Settings
from hourmill.wiring.commands import janitor


@click.command()
@click.option("--dry-run", is_flag=True, help="Say what would be done; change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
@database_option
@with_settings
def clean(settings: Settings, dry_run: bool, as_json: bool) -> None:
    """Roll up days, spare rows, drop what is older than the retention says.

    Running services do so by themselves, every HOURMILL_CLEAN_INTERVAL_SECONDS; this does it now, whether one runs or
    not. Nothing goes that HOURMILL_RETENTION_HOURLY_DAYS and HOURMILL_RETENTION_DAILY_DAYS do not say: unset, counters
    are kept for ever. It may be interrupted at any time and be run again.

    \b
    Examples:
      HOURMILL_RETENTION_HOURLY_DAYS=400 hourmill clean --dry-run
      hourmill clean
    """
    logs.configure(settings, only_trouble=True)
    cleaned = asyncio.run(janitor(settings).look() if dry_run else _clean(janitor(settings)))
    if cleaned is None:
        raise DataFileInUse("Another process is cleaning the store right now; try again when it is done.")
    if as_json:
        click.echo(json.dumps(_facts(cleaned, dry_run)))
    else:
        _show(cleaned, dry_run)


async def _clean(janitor: Janitor) -> Cleaned | None:
    with progress("rolling up days") as tell:
        return await janitor.clean(tell=tell)


def _facts(cleaned: Cleaned, dry_run: bool) -> dict[str, object]:
    return {
        "dry_run": dry_run,
        "rolled_up_days": cleaned.rolled_up,
        "compacted_rows": cleaned.compacted,
        "hourly": cleaned.hourly._asdict(),
        "daily": cleaned.daily._asdict(),
        "forgotten_rows": cleaned.forgotten,
    }


def _show(cleaned: Cleaned, dry_run: bool) -> None:
    table = Table("", "rows", "size", box=box.SIMPLE)
    for column in table.columns[1:]:
        column.justify = "right"
    table.add_row("counters of hours that are too old", f"{cleaned.hourly.rows:,}", decimal(cleaned.hourly.bytes))
    table.add_row("counters of days that are too old", f"{cleaned.daily.rows:,}", decimal(cleaned.daily.bytes))
    table.add_row("second rows of one page and hour", f"{cleaned.compacted:,}", "")
    table.add_row("marks that have expired", f"{cleaned.forgotten:,}", "")
    console = standard_output()
    days = counted(cleaned.rolled_up, "day")
    if dry_run:
        console.print(f"Dry run: nothing was changed. {days} would be rolled up; this would go:")
    else:
        console.print(f"{days} rolled up; this went:")
    console.print(table)
