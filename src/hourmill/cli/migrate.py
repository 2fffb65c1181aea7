"""hourmill migrate."""

import asyncio

import click

from hourmill.cli import logs
from hourmill.cli.options import database_option, with_settings
from hourmill.settings import Settings
from hourmill.wiring.commands import migrate_store


@click.command()
@database_option
@with_settings
def migrate(settings: Settings) -> None:
    """Bring the store's schema up to date; repeat it whenever you like.

    In PostgreSQL it also takes over the table page_views of the original Analytics Service: every count is kept, and
    the table itself stays, as page_views_original. All in one transaction: it is done, or nothing has changed.

    \b
    Example:
      hourmill migrate --database postgresql://hourmill@localhost/analytics
    """
    logs.configure(settings, only_trouble=True)
    for line in asyncio.run(migrate_store(settings)):
        click.echo(line)
