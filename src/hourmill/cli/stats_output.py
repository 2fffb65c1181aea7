"""What commands print of statistics: for people, and as the HTTP API answers."""

from collections.abc import Callable
from typing import Any, TypeVar

import click
import msgspec

from hourmill.http.stats_tables import table_of
from hourmill.http.tables import csv_of
from hourmill.services.stats.answer import Stats

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
    first, last = answer.range.from_, answer.range.to
    return f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}, {answer.range.tz}"


def remarks(answer: Stats) -> str:
    """What is to be known of an answer."""
    until = f"{answer.complete_until.astimezone(answer.range.from_.tzinfo):%Y-%m-%d %H:%M:%S}"
    rough = (
        "\nSome edge is not where a counted hour begins: it was moved to an earlier one."
        if answer.approximate_edges
        else ""
    )
    return f"complete up to {until}{rough}"


def with_sign(change: float | None) -> str:
    """A change in per cent."""
    return "new" if change is None else f"{change:+.1%}"
