"""hourmill import counts."""

import json
from typing import TypeAlias

import click
from rich import box
from rich.table import Table
from rich.text import Text

from hourmill.cli import logs
from hourmill.cli.import_files import check, progress
from hourmill.cli.import_run import run, take_all
from hourmill.cli.import_summary import first_and_last, shown, span
from hourmill.cli.options import database_option, with_settings
from hourmill.cli.output import standard_output
from hourmill.core.plural import counted
from hourmill.errors import InputUnreadable
from hourmill.services.import_counts import CountsImport, CountsSummary
from hourmill.settings import Settings
from hourmill.wiring.commands import open_ledger, open_spool
from hourmill.wiring.parts import bounds_now

Imported: TypeAlias = tuple[CountsSummary, list[str]]
"""The summary, and a line for each file that could not be read to its end."""

CHANGED = (
    "{rows:,} rows are not counted: their hours, or days, were imported before, with other rows ({some}). If these "
    "are views of another service, give it a name with --source."
)
UNENDED = "{name}: no newline ends its last line. It is counted as it is: see that the file was not cut off."


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--source", metavar="NAME", default="", help="Where the counts come from, if from several services.")
@click.option("--dry-run", is_flag=True, help="Say what would be counted; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@database_option
@with_settings
def counts(settings: Settings, files: tuple[str, ...], source: str, dry_run: bool, as_json: bool) -> None:
    """Count what `hourmill export` wrote, or another program: CSV or NDJSON, plain or gzip.

    FILE may be - for standard input. A CSV begins with the names of its columns: page, time and views, in any order;
    others are ignored. Rows may come in any order. If a line is not understood, nothing of its file is counted.

    An hour of a source is counted once: repeat an import whenever you like, also after one that was killed, or of a
    later, longer export. An hour that comes again with other rows is not counted, and the exit code is 1. Works beside
    a running server.

    \b
    Examples:
      hourmill import counts --dry-run views.csv
      hourmill export --database sqlite:///old.db | hourmill import counts --database postgresql://localhost/new -
    """
    logs.configure(settings, only_trouble=True)
    check(files)
    summary, unreadable = run(_import(settings, files, source, dry_run=dry_run))
    if as_json:
        click.echo(json.dumps(_facts(summary, dry_run, unreadable)))
    else:
        _show(summary, dry_run)
    if summary.changed:
        unreadable.append(CHANGED.format(rows=summary.changed, some=_some(summary)))
    if unreadable:
        raise InputUnreadable("\n".join(unreadable))


async def _import(settings: Settings, files: tuple[str, ...], source: str, *, dry_run: bool) -> Imported:
    async with open_ledger(settings, dry_run=dry_run) as ledger:
        with open_spool() as spool, progress(files) as on_read:
            counts_import = CountsImport(ledger, spool, source, bounds_now(settings))
            unreadable = await take_all(files, counts_import.take, on_read)
    return counts_import.summary, unreadable


def _show(summary: CountsSummary, dry_run: bool) -> None:
    table = Table(box=box.SIMPLE, show_header=False, show_footer=True)
    table.add_column(f"{summary.rows:,}", f"{summary.rows:,}", justify="right")
    table.add_column("", "rows read")
    done = "would be counted" if dry_run else "counted"
    table.add_row(f"{summary.counted:,}", f"{done}: {counted(summary.views, 'view')}{span(summary.hours)}")
    if summary.day_only:
        table.add_row(
            "", f"{counted(summary.day_only, 'view')} of them in their day only (HOURMILL_RETENTION_HOURLY_DAYS)"
        )
    if summary.in_first_hour:
        table.add_row(
            "",
            f"{counted(summary.in_first_hour, 'view')} of them in the first hour of their day: rows with a date only",
        )
    table.add_row(f"{summary.already_imported:,}", "already imported")
    if summary.changed:
        table.add_row(f"{summary.changed:,}", "left out: of hours or days imported before with other rows")
    if summary.too_old:
        table.add_row(f"{summary.too_old:,}", "left out: older than what is kept (HOURMILL_RETENTION_DAILY_DAYS)")
    if summary.too_new:
        table.add_row(f"{summary.too_new:,}", "left out: ahead of this machine's clock (HOURMILL_MAX_AHEAD_HOURS)")
    console = standard_output()
    if dry_run:
        console.print("Dry run: nothing was written.")
    console.print(table)
    for name, columns in summary.ignored.items():
        console.print(Text(f"{name}: ignored columns: {shown(', '.join(columns).encode())}"))
    for name in summary.unended:
        console.print(Text(UNENDED.format(name=name)))


def _some(summary: CountsSummary) -> str:
    return ", ".join(summary.changed_times)


def _facts(summary: CountsSummary, dry_run: bool, unreadable: list[str]) -> dict[str, object]:
    first, last = first_and_last(summary.hours)
    return {
        "dry_run": dry_run,
        "rows": summary.rows,
        "counted": summary.counted,
        "views": summary.views,
        "day_only": summary.day_only,
        "in_first_hour": summary.in_first_hour,
        "already_imported": summary.already_imported,
        "changed": summary.changed,
        "changed_times": summary.changed_times,
        "too_old": summary.too_old,
        "too_new": summary.too_new,
        "first_hour": first,
        "last_hour": last,
        "ignored_columns": summary.ignored,
        "no_last_newline": summary.unended,
        "unreadable": unreadable,
    }
