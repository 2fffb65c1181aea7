"""hourmill storage."""

import asyncio
import json

import click
from rich import box
from rich.filesize import decimal
from rich.table import Table

from hourmill.cli import logs
from hourmill.cli.options import database_option, with_settings
from hourmill.cli.output import standard_output
from hourmill.core.plural import counted
from hourmill.ports.housekeeping import Grain
from hourmill.services.storage import Forecast
from hourmill.settings import Settings
from hourmill.wiring.commands import forecast_storage


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@database_option
@with_settings
def storage(settings: Settings, as_json: bool) -> None:
    """Show how large each table is, how fast it grows, and what that makes in a year.

    Growth is that of the last seven whole UTC days, or of those since the first with views; the year is under the
    settings of the retention. Sizes include indexes. Reads the store, whether a service runs or not.

    \b
    Examples:
      hourmill storage
      HOURMILL_RETENTION_HOURLY_DAYS=400 hourmill storage
    """
    logs.configure(settings, only_trouble=True)
    tables = asyncio.run(forecast_storage(settings))
    if as_json:
        click.echo(json.dumps({"tables": [_facts(table) for table in tables]}))
    else:
        _show(settings, tables)


def _show(settings: Settings, tables: list[Forecast]) -> None:
    columns = ("table", "kept", "rows", "size", "rows/day", "in a year", "size")
    shown = Table(*columns, box=box.SIMPLE, show_footer=True, padding=(0, 1, 0, 0))
    for column in shown.columns:
        column.no_wrap = True
    for column in shown.columns[2:]:
        column.justify = "right"
    kept = {Grain.HOURLY: _days(settings.retention_hourly_days), Grain.DAILY: _days(settings.retention_daily_days)}
    for size, daily_rows, _, year_rows, year_bytes in tables:
        if size.grain is not None:
            shown.add_row(size.name, kept[size.grain], f"{size.rows:,}", _size(size.bytes), f"{daily_rows:,.0f}",
                          f"{year_rows:,}", _size(year_bytes))  # fmt: skip
    others = sum(table.size.bytes or 0 for table in tables if table.size.grain is None)
    shown.add_row("all others", "", "", _size(others), "", "", _size(others))
    shown.columns[0].footer = "together"
    shown.columns[3].footer = _size(sum(table.size.bytes or 0 for table in tables))
    shown.columns[6].footer = _size(sum(_in_a_year(table) for table in tables))
    standard_output().print(shown)


def _in_a_year(table: Forecast) -> int:
    """The bytes forecast; without a forecast those of now."""
    return (table.size.bytes or 0) if table.year_bytes is None else table.year_bytes


def _days(days: int | None) -> str:
    return "for ever" if days is None else counted(days, "day")


def _size(size: int | None) -> str:
    return "?" if size is None else decimal(size)


def _facts(table: Forecast) -> dict[str, object]:
    return {
        "table": table.size.name,
        "grain": table.size.grain.value if table.size.grain else None,
        "rows": table.size.rows,
        "bytes": table.size.bytes,
        "rows_per_day": table.daily_rows,
        "bytes_per_day": table.daily_bytes,
        "rows_in_a_year": table.year_rows,
        "bytes_in_a_year": table.year_bytes,
    }
