"""hourmill import: its commands."""

import click

from hourmill.cli.import_counts import counts
from hourmill.cli.import_log import access_log


@click.group("import")
def import_group() -> None:
    """Count what was counted or logged elsewhere."""


for command in (access_log, counts):
    import_group.add_command(command)
