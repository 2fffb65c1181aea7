"""hourmill top."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

import click
from rich import box
from rich.table import Table
from rich.text import Text

from hourmill.cli import logs
from hourmill.cli.asking import asking
from hourmill.cli.charts import sparkline
from hourmill.cli.options import database_option, with_settings
from hourmill.cli.output import standard_output
from hourmill.cli.stats_output import as_csv, as_json, form_options, period_of, remarks, with_sign
from hourmill.core.plural import counted
from hourmill.services.stats.analyst import Analyst
from hourmill.services.stats.answer import PageEntry, Pages, SiteEntry, Sites
from hourmill.services.stats.question import Question, RankingQuestion, ScopeQuestion, SeriesQuestion
from hourmill.settings import Settings
from hourmill.wiring.commands import open_analyst

MOST_SPARKLINES = 50  # each is a question of its own
SPARK_CHARS = 24
NAME_CHARS = 60


class Found(NamedTuple):
    """What is shown: the answer, and the views over time of its first entries."""

    answer: Pages | Sites
    series: Sequence[Sequence[int]] = ()


@click.command()
@click.option("--sites", is_flag=True, help="Sites instead of pages.")
@asking(RankingQuestion, without=("page", "after"))
@form_options
@database_option
@with_settings
def top(settings: Settings, question: RankingQuestion, sites: bool, form: str | None) -> None:
    """Show the pages, or sites, that are viewed most.

    --json and --csv print what GET /v1/pages and GET /v1/sites answer. Reads the store, whether a service runs or not.

    \b
    Examples:
      hourmill top --period 30d --compare previous
      hourmill top --sites --from 2015-05-17 --to 2015-05-20 --limit 50 --csv
    """
    logs.configure(settings, only_trouble=True)
    answer, series = asyncio.run(_answers(settings, question, sites=sites, with_series=form is None))
    if form == "json":
        as_json(answer)
    elif form == "csv":
        as_csv(answer)
    else:
        _show(answer, series)


async def _answers(settings: Settings, question: RankingQuestion, *, sites: bool, with_series: bool) -> Found:
    async with open_analyst(settings) as analyst:
        answer = await (analyst.sites(question) if sites else analyst.pages(question))
        if not with_series:
            return Found(answer)
        return Found(answer, [await _series(analyst, question, entry) for entry in _entries(answer)[:MOST_SPARKLINES]])


async def _series(analyst: Analyst, question: RankingQuestion, entry: PageEntry | SiteEntry) -> list[int]:
    asked = {name: getattr(question, name) for name in Question.__struct_fields__}
    scope = {"page": entry.page} if isinstance(entry, PageEntry) else {"site": entry.site}
    answer = await analyst.timeseries(SeriesQuestion(**asked | dict.fromkeys(ScopeQuestion.__struct_fields__) | scope))
    return [bucket.views for bucket in answer.buckets]


def _entries(answer: Pages | Sites) -> Sequence[PageEntry | SiteEntry]:
    return answer.pages if isinstance(answer, Pages) else answer.sites


def _show(answer: Pages | Sites, series: Sequence[Sequence[int]]) -> None:
    table = Table(box=box.SIMPLE, title=Text(period_of(answer)), title_justify="left")
    table.add_column("page" if isinstance(answer, Pages) else "site", max_width=NAME_CHARS, overflow="fold")
    for column in ("views", "share", *(["change"] if answer.compare else [])):
        table.add_column(column, justify="right")
    table.add_column("over time", no_wrap=True)
    for number, entry in enumerate(_entries(answer)):
        name = entry.page if isinstance(entry, PageEntry) else entry.site or "(none)"
        changed = [with_sign(entry.change)] if answer.compare else []
        over_time = sparkline(series[number], SPARK_CHARS) if number < len(series) else ""
        table.add_row(Text(name), f"{entry.views:,}", f"{entry.share:.1%}", *changed, over_time)
    console = standard_output()
    console.print(table)
    more = ", more than are shown" if answer.next else ""
    console.print(f"{counted(answer.total, 'view')}{more}; {remarks(answer)}")
