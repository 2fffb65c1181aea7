"""hourmill export."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

import click

from hourmill.cli import logs
from hourmill.cli.options import database_option, with_settings
from hourmill.cli.verify import progress
from hourmill.core.count_row import Form, RowFormat, heading, written
from hourmill.core.hour import EPOCH, FIRST_HOUR, LAST_HOUR
from hourmill.core.retention import day_of
from hourmill.services.export import Days, exported
from hourmill.settings import Settings
from hourmill.wiring.commands import open_export

DATE = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--format", "row_format", type=click.Choice(["csv", "ndjson"]), default="csv",
              help="CSV with a heading, or an object of JSON a line.  [csv]")  # fmt: skip
@click.option("--for-spreadsheet", is_flag=True,
              help="CSV in which no page can be taken for a formula; not to be imported again.")  # fmt: skip
@click.option("--from", "first", type=DATE, metavar="DATE", help="The first UTC day, like 2015-05-17.  [all]")
@click.option("--to", "last", type=DATE, metavar="DATE", help="The last one.  [all]")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write there.  [standard output]",
)
@database_option
@with_settings
def export(
    settings: Settings,
    row_format: RowFormat,
    for_spreadsheet: bool,
    first: datetime | None,
    last: datetime | None,
    output: Path | None,
) -> None:
    """Write all counters: page, time and views, in the order of time.

    A time is a UTC hour, like 2015-05-17T10:00:00Z; or a day, like 2015-05-17, where hours are not kept any more. All
    rows are of one moment, whether a service runs or not. `hourmill import counts` reads what this writes.

    \b
    Examples:
      hourmill export | gzip > views.csv.gz
      hourmill export --for-spreadsheet -o views.csv
      hourmill export --format ndjson --from 2015-05-17 --to 2015-05-20 -o views.ndjson
    """
    if for_spreadsheet and row_format == "ndjson":
        raise click.UsageError("--for-spreadsheet is of CSV; a spreadsheet reads no NDJSON.")
    logs.configure(settings, only_trouble=True)
    span = Days(_day(first, day_of(FIRST_HOUR)), _day(last, day_of(LAST_HOUR)) + 1)
    with _opened(output) as file:
        asyncio.run(_export(settings, "spreadsheet" if for_spreadsheet else row_format, span, file))


async def _export(settings: Settings, form: Form, span: Days, file: TextIO) -> None:
    async with open_export(settings) as counters:
        file.write(heading(form))
        with progress("writing days") as tell:
            async for rows in exported(counters, span, tell):
                file.write(written(rows, form))
    file.flush()


@contextmanager
def _opened(output: Path | None) -> Iterator[TextIO]:
    """Where rows go; a file appears, or changes, when all are written: half of an hour is a wrong one to an import."""
    if output is None:
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8", errors="strict", newline="\n")  # whatever a terminal shows
        yield sys.stdout
    elif output.exists() and not output.is_file():  # a pipe, /dev/null
        with output.open("w", encoding="utf-8", newline="") as stream:
            yield stream
    else:
        partial = output.with_name(f"{output.name}.partial")
        try:
            with partial.open("w", encoding="utf-8", newline="") as file:
                yield file
            partial.replace(output)
        finally:
            partial.unlink(missing_ok=True)


def _day(date: datetime | None, otherwise: int) -> int:
    return otherwise if date is None else (date.replace(tzinfo=EPOCH.tzinfo) - EPOCH).days
