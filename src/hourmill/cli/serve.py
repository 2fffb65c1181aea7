"""hourmill serve."""

import asyncio
import gc
import signal
from datetime import UTC, datetime

import click
import structlog
import uvloop

from hourmill.cli import logs
from hourmill.cli.options import database_option, with_settings
from hourmill.settings import Settings
from hourmill.wiring import run

GARBAGE_THRESHOLD = 50_000  # objects; a request makes no cycles, and the default of 700 costs a tenth of the CPU time

log = structlog.get_logger()

WELCOME = """\
Hourmill is counting at {url}  (data: {path})

Count a view:
  curl {url}/page-views/single -H 'content-type: application/json' \\
    -d '{{"page": "example.com/page", "timestamp": "{now}"}}'
See it:
  curl '{url}/report?page=example.com/page'

Stop with Ctrl-C."""


@click.command()
@click.option("--host", "HOURMILL_HOST", metavar="ADDRESS", help="Address to listen on.  [HOURMILL_HOST; 127.0.0.1]")
@click.option("--port", "PORT", metavar="PORT", help="Port to listen on.  [PORT; 3000]")
@database_option
@with_settings
def serve(settings: Settings) -> None:
    """Count and report page views: the whole service in one process.

    Takes views over HTTP, keeps them in one SQLite file, and answers only when they are on disk. Runs until SIGTERM or
    SIGINT (Ctrl-C), then finishes what is in flight and ends with 0 within 10 seconds.

    \b
    Examples:
      hourmill serve
      hourmill serve --port 8080 --database sqlite:////var/lib/hourmill/views.db
    """
    logs.configure(settings)
    uvloop.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop.set)
    gc.collect()
    gc.freeze()  # what was made at the start stays: it need not be looked through again and again
    gc.set_threshold(GARBAGE_THRESHOLD, 20, 20)
    await run(settings, stop, lambda: _welcome(settings))
    log.info("stopped")


def _welcome(settings: Settings) -> None:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = f"http://{host}:{settings.port}"
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    click.echo(WELCOME.format(url=url, path=settings.data_file, now=now))
    log.info("started", url=url, path=str(settings.data_file))
