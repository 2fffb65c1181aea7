"""The command hourmill: its commands, and what an error means for the exit code."""

import sys
from importlib.metadata import version
from io import TextIOWrapper

import click

from hourmill.cli.api import api
from hourmill.cli.backup import backup
from hourmill.cli.clean import clean
from hourmill.cli.config import config
from hourmill.cli.doctor import doctor
from hourmill.cli.export import export
from hourmill.cli.import_group import import_group
from hourmill.cli.keys import keys_group
from hourmill.cli.migrate import migrate
from hourmill.cli.options import Exit
from hourmill.cli.report import report
from hourmill.cli.serve import serve
from hourmill.cli.stats import stats
from hourmill.cli.status import status
from hourmill.cli.storage import storage
from hourmill.cli.top import top
from hourmill.cli.verify import verify
from hourmill.cli.worker import worker
from hourmill.errors import DataFileInUse, HourmillError, SettingsRefused


@click.group(epilog="Documentation: README.md and docs/ of the project.")
@click.version_option(version("hourmill"), message="hourmill %(version)s")
def hourmill() -> None:
    """Hourmill counts page views, loses none and counts none twice.

    \b
    Exit codes, the same for every command:
      0  done
      1  failed; standard error says why
      2  wrong usage of the command line
      3  settings that cannot be used; all of them are named
      4  another process does what only one may: a second server on a data file, a second import,
         a second cleaning
    """


for command in (
    serve,
    api,
    worker,
    migrate,
    report,
    stats,
    top,
    import_group,
    export,
    clean,
    status,
    doctor,
    verify,
    storage,
    backup,
    keys_group,
    config,
):
    hourmill.add_command(command)


def main() -> None:
    """Run the command line, exit with its code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a page is no reason to fail
    try:
        hourmill()
    except SettingsRefused as error:
        _end("Settings that cannot be used:\n  " + "\n  ".join(error.faults), Exit.SETTINGS)
    except DataFileInUse as error:
        _end(str(error), Exit.IN_USE)
    except (HourmillError, OSError) as error:
        _end(str(error), Exit.FAILED)
    except KeyboardInterrupt:
        _end("Interrupted.", Exit.FAILED)


def _end(message: str, code: Exit) -> None:
    click.echo(message, err=True)
    sys.exit(code)
