"""hourmill config."""

import json

import click
from rich import box
from rich.table import Table
from rich.text import Text

from hourmill.cli import logs
from hourmill.cli.output import standard_output
from hourmill.cli.settings import load, state


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def config(as_json: bool) -> None:
    """Show every setting: its value, where it came from, what it means.

    A setting is taken from, first found: a flag of the command, the environment, for secrets the file that NAME_FILE
    names, the file .env in the current folder, the default. Secrets are not shown.
    """
    settings = load({})
    logs.configure(settings, only_trouble=True)
    stated = state(settings)
    if as_json:
        click.echo(json.dumps([setting._asdict() for setting in stated], indent=2))
        return
    table = Table(box=box.SIMPLE)
    for heading in ("setting", "value", "from", "meaning"):
        table.add_column(heading, overflow="fold")
    for setting in stated:
        table.add_row(*map(Text, setting))
    standard_output(soft_wrap=False).print(table)
