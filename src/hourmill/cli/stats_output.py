"""What commands print of statistics: for people, and as the HTTP API answers."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import click
import msgspec

from hourmill.core.edge import local_time
from hourmill.http.stats_tables import table_of
from hourmill.http.tables import csv_of
from hourmill.services.stats.answer import Stats
from hourmill.services.zones import zone_named

Command = TypeVar("Command", bound=Callable[..., Any])


def form_options(command: Command) -> Command:
    """--json and --csv, as the parameter `form`."""
    as_csv_option = click.option("--csv", "form", flag_value="csv", help="Print CSV, as the HTTP API does.")
    as_json_option = click.option("--json", "form", flag_value="json", help="Print JSON, as the HTTP API does.")
    return as_json_option(as_csv_option(command))


def as_json(answer: Stats) -> None:
    """Print an answer as JSON."""
    click.echo(msgspec.json.encode(answer))


def as_csv(answer: Stats) -> None:
    """Print an answer as CSV."""
    click.echo(csv_of(table_of(answer)), nl=False)


def period_of(answer: Stats) -> str:
    """The period of an answer, its end with it."""
    tz = answer.range.tz
    return f"{clock(answer.range.from_, tz)} to {clock(answer.range.to, tz)}, {tz}"


def clock(moment: datetime, tz: str, shape: str = "%Y-%m-%d %H:%M") -> str:
    """A moment on the clocks of a zone; with its offset where they show that time twice."""
    zone = zone_named(tz) or UTC
    local = local_time(moment, zone)
    first, second = (local.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    return f"{local:{shape}}" + (f" {local.isoformat()[-6:]}" if first != second else "")


def remarks(answer: Stats) -> str:
    """What is to be known of an answer."""
    until = clock(answer.complete_until, answer.range.tz, "%Y-%m-%d %H:%M:%S")
    rough = (
        "\nSome edge is not where a counted hour begins: it was moved to an earlier one."
        if answer.approximate_edges
        else ""
    )
    return f"complete up to {until}{rough}"


def with_sign(change: float | None) -> str:
    """A change in per cent."""
    return "new" if change is None else f"{change:+.1%}"
