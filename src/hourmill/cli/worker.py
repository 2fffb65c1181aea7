"""hourmill worker."""

import click

from hourmill.cli import logs
from hourmill.cli.options import database_option, with_settings
from hourmill.cli.process import run_until_told
from hourmill.settings import Settings
from hourmill.wiring.watch import watched
from hourmill.wiring.worker import work


@click.command()
@database_option
@with_settings
def worker(settings: Settings) -> None:
    """Count what the broker holds: take batches from RabbitMQ, write counters to PostgreSQL.

    Start as many as you like, wherever you like: they share the partitions among them, and take over those of a worker
    that died within 15 seconds. Needs RABBITMQ_URL, and DATABASE_URL or POSTGRES_HOST; waits for both servers, and for
    `hourmill migrate`. Runs until SIGTERM or SIGINT (Ctrl-C), then ends the flush under way and gives its partitions
    back.

    \b
    Example:
      RABBITMQ_URL=amqp://localhost DATABASE_URL=postgresql://localhost/analytics hourmill worker
    """
    logs.configure(settings, shipped=True)
    run_until_told(lambda stop: work(settings, stop, watched()))
