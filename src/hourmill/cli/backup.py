"""hourmill backup."""

from pathlib import Path

import click
from rich.filesize import decimal

from hourmill.cli import logs
from hourmill.cli.options import database_option, with_settings
from hourmill.settings import Settings
from hourmill.wiring.commands import back_up_store


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@database_option
@with_settings
def backup(settings: Settings, file: Path) -> None:
    """Copy the data file of SQLite to FILE, while a service runs or not.

    FILE is one moment of the data: all that was answered with success before the command began. It appears whole or not
    at all, and is never written over. To restore it, stop the service and put FILE in the place of the data file. It
    needs as much free space as the data file has. PostgreSQL has pg_dump: docs/on-postgresql.md.

    \b
    Example:
      hourmill backup /var/backups/hourmill-$(date +%F).db
    """
    logs.configure(settings, only_trouble=True)
    click.echo(f"{file}: {decimal(back_up_store(settings, file))}")
