"""hourmill api."""

import sys
from pathlib import Path

import click
import structlog

from hourmill.cli import logs
from hourmill.cli.options import address_options, database_option, url_of, with_settings
from hourmill.cli.process import run_until_told
from hourmill.cli.processes import Siblings, common_folder
from hourmill.http.server import Address, numeric_address
from hourmill.settings import Settings
from hourmill.wiring.access import check_credentials, check_exposure, tls
from hourmill.wiring.api import serve_api
from hourmill.wiring.parts import need_postgres

MOST_WORKERS = 64

log = structlog.get_logger()


@click.command()
@address_options
@database_option
@click.option("--workers", type=click.IntRange(1, MOST_WORKERS), default=1, help="Processes that share the port.  [1]")
@click.option("--share-port", is_flag=True, hidden=True, help="Set for each of several workers.")
@click.option("--siblings", type=click.Path(path_type=Path), hidden=True, help="Where several workers leave word.")
@with_settings
def api(settings: Settings, workers: int, share_port: bool, siblings: Path | None) -> None:
    """Take page views over HTTP and report them, with PostgreSQL as the store.

    With RABBITMQ_URL set, views are handed to the broker, and `hourmill worker` counts them; without, they are counted
    in PostgreSQL at once. Either way a view is answered with success only when it is durable. Needs DATABASE_URL or
    POSTGRES_HOST. Waits for its servers, and for `hourmill migrate`; until then /readyz says 503. Runs until SIGTERM or
    SIGINT (Ctrl-C), then finishes what is in flight and ends with 0 within 10 seconds.

    \b
    Examples:
      RABBITMQ_URL=amqp://localhost hourmill api --database postgresql://localhost/analytics
      hourmill api --workers 4 --host 0.0.0.0
    """
    logs.configure(settings, shipped=True)
    need_postgres(settings, "hourmill api")
    if workers == 1:
        where = Address(settings.host, settings.port, share_port)
        run_until_told(
            lambda stop: serve_api(settings, where, stop, lambda: _started(settings), siblings), by_parent=share_port
        )
    else:
        check_exposure(settings)  # here too: else each of them would say so, again and again
        check_credentials(settings)
        tls(settings)
        numeric_address(Address(settings.host, settings.port))
        with common_folder() as folder:
            alone = ["--workers", "1", "--share-port", *(["--siblings", str(folder)] if folder else [])]
            run_until_told(Siblings([sys.executable, "-m", "hourmill", *sys.argv[1:], *alone], workers).run)


def _started(settings: Settings) -> None:
    log.info("started", url=url_of(settings))
