"""hourmill stats."""

import asyncio
from typing import NamedTuple

import click
from rich import box
from rich.table import Table
from rich.text import Text

from hourmill.cli import logs
from hourmill.cli.asking import asking
from hourmill.cli.charts import bar, sparkline
from hourmill.cli.options import database_option, with_settings
from hourmill.cli.output import standard_output
from hourmill.cli.stats_output import as_csv, as_json, clock, form_options, period_of, remarks, with_sign
from hourmill.services.stats.answer import Timeseries, Totals
from hourmill.services.stats.question import ComparingQuestion, SeriesQuestion
from hourmill.settings import Settings
from hourmill.wiring.commands import open_analyst

DATES = {"day": "%a %Y-%m-%d", "week": "week of %Y-%m-%d", "month": "%Y-%m"}


class Found(NamedTuple):
    """What is shown."""

    totals: Totals
    series: Timeseries


@click.command()
@asking(SeriesQuestion)
@form_options
@database_option
@with_settings
def stats(settings: Settings, question: SeriesQuestion, form: str | None) -> None:
    """Show the views of a period: over time and as numbers.

    --json and --csv print the series as GET /v1/timeseries does. Reads the store, whether a service runs or not.

    \b
    Examples:
      hourmill stats --site example.com --period 30d --tz Europe/Berlin --compare previous
      hourmill stats --from 2015-05-17 --to 2015-05-20 --interval hour --csv
    """
    logs.configure(settings, only_trouble=True)
    totals, series = asyncio.run(_answers(settings, question))
    if form == "json":
        as_json(series)
    elif form == "csv":
        as_csv(series)
    else:
        _show(totals, series)


async def _answers(settings: Settings, question: SeriesQuestion) -> Found:
    asked = {name: getattr(question, name) for name in ComparingQuestion.__struct_fields__}
    async with open_analyst(settings) as analyst:
        return Found(await analyst.totals(ComparingQuestion(**asked)), await analyst.timeseries(question))


def _show(totals: Totals, series: Timeseries) -> None:
    console = standard_output()
    console.print(Text(f"\n{period_of(totals)}\n"))
    numbers = Table.grid(padding=(0, 2))
    numbers.add_row("views", f"{totals.views:,}", _compared(totals))
    numbers.add_row("pages", f"{totals.pages:,}")
    numbers.add_row("views a day", f"{totals.views_per_day:,.1f}")
    if totals.peak is not None:
        numbers.add_row("busiest hour", f"{totals.peak.views:,}", clock(totals.peak.start, totals.range.tz))
    console.print(numbers)
    console.print(Text(f"\n{sparkline([bucket.views for bucket in series.buckets])}"))
    console.print(_table(series))
    console.print(remarks(totals))


def _compared(totals: Totals) -> str:
    then = totals.compare
    if then is None:
        return ""
    return f"{with_sign(then.change)} against {then.views:,}" if then.views else "none in the period before"


def _table(series: Timeseries) -> Table:
    table = Table(box=box.SIMPLE)
    table.add_column(series.range.interval)
    table.add_column("views", justify="right")
    table.add_column("")
    most = max((bucket.views for bucket in series.buckets), default=0)
    date = DATES.get(series.range.interval)
    for bucket in series.buckets:
        running = "  (running)" if bucket.partial else ""
        start = format(bucket.start, date) if date else clock(bucket.start, series.range.tz)
        table.add_row(start, f"{bucket.views:,}", bar(bucket.views, most) + running)
    return table
