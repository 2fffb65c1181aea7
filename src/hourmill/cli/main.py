"""The command hourmill: its commands, and what an error means for the exit code."""

import sys
from importlib import import_module
from importlib.metadata import version
from io import TextIOWrapper

import click

from hourmill.cli.options import Exit
from hourmill.errors import DataFileInUse, HourmillError, SettingsRefused

COMMANDS = {
    "api": "api.api",
    "backup": "backup.backup",
    "clean": "clean.clean",
    "config": "config.config",
    "doctor": "doctor.doctor",
    "export": "export.export",
    "import": "import_group.import_group",
    "keys": "keys.keys_group",
    "migrate": "migrate.migrate",
    "report": "report.report",
    "serve": "serve.serve",
    "stats": "stats.stats",
    "status": "status.status",
    "storage": "storage.storage",
    "top": "top.top",
    "verify": "verify.verify",
    "worker": "worker.worker",
}
"""Name -> module of hourmill.cli and what it is called there."""


class _Commands(click.Group):
    """Loads only the command that is asked for: all of them take twice as long as a report."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 click asks with it
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 likewise
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(".")
        command: click.Command = getattr(import_module(f"hourmill.cli.{module}"), name)
        return command


@click.group(cls=_Commands, epilog="Documentation: README.md and docs/ of the project.")
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
