"""hourmill report."""

import asyncio
import json

import click
from rich import box
from rich.table import Table
from rich.text import Text

from hourmill.cli import logs
from hourmill.cli.charts import bar
from hourmill.cli.options import database_option, with_settings
from hourmill.cli.output import standard_output
from hourmill.core.hour import BadTimestamp, hour_of, hour_of_day, moment_of
from hourmill.core.page import page_fault
from hourmill.core.plural import counted
from hourmill.core.window import HOURS, Order
from hourmill.services.report import Question
from hourmill.settings import Settings
from hourmill.wiring.commands import open_reporter


@click.command()
@click.argument("page")
@click.option(
    "--now", metavar="TIMESTAMP", help="The hour the report ends with, like 2025-07-16T10:00:00Z.  [the clock]"
)
@click.option("--order", type=click.Choice(["asc", "desc"]), default="asc", help="Oldest hour first, or newest.  [asc]")
@click.option("--take", type=click.IntRange(min=1), default=HOURS, help="Show the first N of the 24 hours.  [24]")
@click.option("--complete", is_flag=True, help="Leave the running hour out: the 24 hours before it.")
@click.option("--json", "as_json", is_flag=True, help='Print {"data":[{"h":10,"v":5},...]}, as GET /report does.')
@database_option
@with_settings
def report(
    settings: Settings, page: str, now: str | None, order: Order, take: int, complete: bool, as_json: bool
) -> None:
    """Show the views of PAGE per hour, over 24 UTC hours.

    Reads the store, whether a server runs or not; what was counted a moment ago is in it.

    \b
    Examples:
      hourmill report example.com/page
      hourmill report example.com/page --now 2025-07-16T23:00:00Z --json
    """
    logs.configure(settings, only_trouble=True)
    question = Question(_page(page), _hour(now), order, take, complete)
    hours = asyncio.run(_answer(settings, question))
    if as_json:
        click.echo(json.dumps({"data": [{"h": hour_of_day(hour), "v": views} for hour, views in hours]}))
    else:
        _show(page, hours)


async def _answer(settings: Settings, question: Question) -> list[tuple[int, int]]:
    async with open_reporter(settings) as reporter:
        return await reporter.report(question)


def _show(page: str, hours: list[tuple[int, int]]) -> None:
    table = Table(box=box.SIMPLE, title=Text(page), title_justify="left", caption=_total(hours))
    table.add_column("UTC hour")
    table.add_column("views", justify="right")
    table.add_column("")
    most = max(views for _, views in hours)
    for hour, views in hours:
        table.add_row(f"{moment_of(hour):%Y-%m-%d %H:00}", f"{views:,}", bar(views, most))
    standard_output().print(table)


def _total(hours: list[tuple[int, int]]) -> str:
    return counted(sum(views for _, views in hours), "view")


def _page(page: str) -> str:
    problem = page_fault(page)
    if problem is not None:
        raise click.BadParameter(problem, param_hint="PAGE")
    return page


def _hour(now: str | None) -> int | None:
    try:
        return None if now is None else hour_of(now)
    except BadTimestamp as error:
        raise click.BadParameter(str(error), param_hint="--now") from None
