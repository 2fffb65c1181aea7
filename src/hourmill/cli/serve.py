"""hourmill serve."""

from datetime import UTC, datetime

import click
import structlog

from hourmill.cli import logs
from hourmill.cli.options import address_options, database_option, url_of, with_settings
from hourmill.cli.process import run_until_told
from hourmill.settings import Settings
from hourmill.wiring.api import serve_all
from hourmill.wiring.parts import where

log = structlog.get_logger()

WELCOME = """\
Hourmill is counting at {url}  ({store}: {where})

Count a view:
  curl {url}/page-views/single{write_key} -H 'content-type: application/json' \\
    -d '{{"page": "example.com/page", "timestamp": "{now}"}}'
See it:
  curl '{url}/report?page=example.com/page'{read_key}

Stop with Ctrl-C."""

A_KEY = " -H 'authorization: Bearer hm_...'"  # yours: nobody but you has it


@click.command()
@address_options
@database_option
@with_settings
def serve(settings: Settings) -> None:
    """Count and report page views: the whole service in one process.

    Takes views over HTTP, keeps them in one SQLite file, and answers only when they are on disk. Runs until SIGTERM or
    SIGINT (Ctrl-C), then finishes what is in flight and ends with 0 within 10 seconds.

    With DATABASE_URL or POSTGRES_HOST set, the store is PostgreSQL: its schema is brought up to date first. With
    RABBITMQ_URL set too, views go through the broker, and a worker runs in this process. To run more than one process
    of either kind, see `hourmill api` and `hourmill worker`.

    \b
    Examples:
      hourmill serve
      hourmill serve --port 8080 --database sqlite:////var/lib/hourmill/views.db
      hourmill serve --database postgresql://hourmill@localhost/analytics
    """
    logs.configure(settings, shipped=True)
    is_new = settings.data_file is not None and not settings.data_file.exists()
    run_until_told(lambda stop: serve_all(settings, stop, lambda: _welcome(settings, is_new=is_new)))


def _welcome(settings: Settings, *, is_new: bool) -> None:
    url, data = url_of(settings), where(settings)
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    write_key, read_key = (A_KEY if settings.access in {scope, "both"} else "" for scope in ("write", "read"))
    click.echo(
        WELCOME.format(
            url=url,
            store="new data file" if is_new else "data",
            where=data,
            now=now,
            write_key=write_key,
            read_key=read_key,
        )
    )
    log.info("started", url=url, data=data)
