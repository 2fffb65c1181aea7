"""What an import says at its end, for people and for programs."""

import json

import click
from rich import box
from rich.table import Table
from rich.text import Text

from hourmill.cli.output import standard_output
from hourmill.core.hour import moment_of
from hourmill.core.page_view_rules import LeftOut
from hourmill.services.import_log import Summary

REASONS = {
    LeftOut.BLANK: "blank line",
    LeftOut.BROKEN: "broken: not in the common or combined format",
    LeftOut.METHOD: "method not counted (--method)",
    LeftOut.STATUS: "status not counted (--status)",
    LeftOut.NO_PATH: "target is no path",
    LeftOut.ASSET: "asset, by its extension (--count-assets)",
    LeftOut.PAGE_REFUSED: "page over 2,048 bytes, or with control characters",
    LeftOut.BOT: "known bot (--count-bots)",
    LeftOut.TOO_OLD: "older than what is kept (HOURMILL_RETENTION_DAILY_DAYS)",
    LeftOut.TOO_NEW: "ahead of this machine's clock (HOURMILL_MAX_AHEAD_HOURS)",
    LeftOut.UNFINISHED: "last line without newline: left for the next import",
}
SHOWN_CHARS = 160  # of a broken line


def show(summary: Summary, dry_run: bool) -> None:
    """Print the summary as a table that adds up, and the first broken lines below it."""
    table = Table(box=box.SIMPLE, show_header=False, show_footer=True)
    table.add_column(f"{summary.lines:,}", f"{summary.lines:,}", justify="right")
    table.add_column("", "lines read")
    table.add_row(f"{summary.views:,}", ("would be counted" if dry_run else "counted") + span(summary.hours))
    if summary.day_only:
        table.add_row("", f"{summary.day_only:,} of them in their day only (HOURMILL_RETENTION_HOURLY_DAYS)")
    table.add_row(f"{summary.already_imported:,}", "already imported")
    for reason, text in REASONS.items():
        if summary.left_out[reason]:
            table.add_row(f"{summary.left_out[reason]:,}", f"left out: {text}")
    console = standard_output()
    if dry_run:
        console.print("Dry run: nothing was written.")
    console.print(table)
    if summary.broken:
        console.print(f"Broken lines, the first {len(summary.broken)} of {summary.left_out[LeftOut.BROKEN]:,}:")
    for line in summary.broken:
        console.print(Text(f"  {line.input_name}:{line.number}: {shown(line.content)}"))


def show_json(summary: Summary, dry_run: bool, unreadable: list[str]) -> None:
    """Print the summary as one JSON object."""
    first, last = first_and_last(summary.hours)
    found = {
        "dry_run": dry_run,
        "lines": summary.lines,
        "views": summary.views,
        "day_only": summary.day_only,
        "already_imported": summary.already_imported,
        "left_out": {reason.value: summary.left_out[reason] for reason in LeftOut},
        "first_hour": first,
        "last_hour": last,
        "broken": [
            {"input": line.input_name, "line": line.number, "text": shown(line.content)} for line in summary.broken
        ],
        "unreadable": unreadable,
    }
    click.echo(json.dumps(found))


def first_and_last(hours: tuple[int, int] | None) -> tuple[str | None, str | None]:
    """The first and the last UTC hour of an import, for programs."""
    if hours is None:
        return None, None
    first, last = (f"{moment_of(hour):%Y-%m-%dT%H:%M:%SZ}" for hour in hours)
    return first, last


def span(hours: tuple[int, int] | None) -> str:
    """The same, for people."""
    if hours is None:
        return ""
    first, last = map(moment_of, hours)
    return f", {first:%Y-%m-%d %H:00} to {last:%Y-%m-%d %H:59} UTC"


def shown(content: bytes) -> str:
    """What a stranger wrote, escaped: it must not reach the terminal as it is."""
    text = content[:SHOWN_CHARS].decode("ascii", "backslashreplace")
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)
