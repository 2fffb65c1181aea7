"""What several commands share: the options that stand for settings, and the exit codes."""

from collections.abc import Callable
from enum import IntEnum
from functools import wraps
from typing import Any, TypeVar

import click

from hourmill.cli.settings import load
from hourmill.failpoints import arm
from hourmill.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])


class Exit(IntEnum):
    """Exit codes, the same for every command."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    SETTINGS = 3
    IN_USE = 4


def address_options(command: Command) -> Command:
    """--host and --port, which stand for HOURMILL_HOST and PORT."""
    port = click.option("--port", "PORT", metavar="PORT", help="Port to listen on.  [PORT; 3000]")
    host = click.option(
        "--host", "HOURMILL_HOST", metavar="ADDRESS", help="Address to listen on.  [HOURMILL_HOST; 127.0.0.1]"
    )
    return host(port(command))


def url_of(settings: Settings) -> str:
    """Where the service of these settings is."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{'http' if settings.tls_certificate is None else 'https'}://{host}:{settings.port}"


def database_option(command: Command) -> Command:
    """--database, which stands for DATABASE_URL."""
    option = click.option(
        "--database",
        "DATABASE_URL",
        metavar="URL",
        help="The store, sqlite:///PATH or postgresql://HOST/NAME.  [DATABASE_URL; sqlite:///hourmill.db]",
    )
    return option(command)


def with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Call the command with the Settings that its options in capitals, the environment and .env make."""

    @wraps(command)
    def wrapped(**options: Any) -> None:
        flags = {name: options.pop(name) for name in list(options) if name.isupper()}
        settings = load({name: value for name, value in flags.items() if value is not None})
        arm(settings.failpoints or "")
        command(settings, **options)

    return wrapped
