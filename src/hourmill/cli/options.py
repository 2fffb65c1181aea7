"""What several commands share: the options that stand for settings, and the exit codes."""

from collections.abc import Callable
from enum import IntEnum
from functools import wraps
from typing import Any, TypeVar

import click

from hourmill.settings import load

Command = TypeVar("Command", bound=Callable[..., Any])


class Exit(IntEnum):
    """Exit codes, the same for every command."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    SETTINGS = 3
    IN_USE = 4


def database_option(command: Command) -> Command:
    """--database, which stands for DATABASE_URL."""
    option = click.option(
        "--database",
        "DATABASE_URL",
        metavar="URL",
        help="The store, sqlite:///PATH.  [DATABASE_URL; sqlite:///hourmill.db]",
    )
    return option(command)


def with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Call the command with the Settings that its options in capitals, the environment and .env make."""

    @wraps(command)
    def wrapped(**options: Any) -> None:
        flags = {name: options.pop(name) for name in list(options) if name.isupper()}
        command(load({name: value for name, value in flags.items() if value is not None}), **options)

    return wrapped
