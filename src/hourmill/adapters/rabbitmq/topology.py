"""The queues: their names and arguments, and declaring them."""

import re
from typing import NamedTuple

import structlog
from aiormq import ChannelPreconditionFailed, Connection
from pamqp.common import FieldTable

from hourmill.adapters.rabbitmq.connection import throwaway_channel
from hourmill.errors import Unreachable

log = structlog.get_logger()

# A queue that differs from ours in these alone loses nothing and counts nothing twice.
_TOLERATED = {
    "x-max-length-bytes",
    "x-max-length",
    "x-delivery-limit",
    "x-dead-letter-strategy",
    "x-queue-leader-locator",
    "x-quorum-initial-group-size",
}
_INEQUIVALENT = re.compile(
    r"inequivalent arg '(?P<name>[^']+)' .* but current is (?:none|(?:the value )?'(?P<value>[^']*)')"
)


class Topology(NamedTuple):
    """One queue per partition and one for dead letters, all reached through the default exchange.

    partitions        those of the settings; a larger number of earlier days may have left more queues behind
    max_length_bytes  of each queue; a full one refuses what is published
    prefix            of the queues' names
    """

    partitions: int
    max_length_bytes: int
    prefix: str = "hourmill"

    def queue(self, partition: int) -> str:
        """The name of a partition's queue."""
        return f"{self.prefix}.views.{partition}"

    def dead_letters(self) -> str:
        """The name of the queue of messages that could not be decoded."""
        return f"{self.prefix}.dead"

    def arguments(self) -> FieldTable:
        """Those of a partition's queue."""
        # No x-delivery-limit: -1 means none on RabbitMQ 4 but drops on the first redelivery on 3.10; on 4.x it is
        # a policy's. No x-message-ttl: views do not expire.
        return self._bounded() | {
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": self.dead_letters(),
            "x-dead-letter-strategy": "at-least-once",
        }

    def dead_letter_arguments(self) -> FieldTable:
        """Those of the dead letters' queue."""
        # Bounded as well, or a flood of damaged messages would fill the disk. What it refuses stays, at-least-once,
        # in the queue it came from and counts against that one's bound: nothing is lost.
        return self._bounded()

    def _bounded(self) -> FieldTable:
        return {
            "x-queue-type": "quorum",  # the one kind that has every message on disk before it confirms it
            "x-overflow": "reject-publish",  # the default drops the oldest in silence
            "x-max-length-bytes": self.max_length_bytes,
        }


async def declare(connection: Connection, topology: Topology) -> None:
    """Make the queues that are not there yet.

    raises  Unreachable, also if a queue of that name is not one to trust views to
    """
    await _declare(connection, topology.dead_letters(), topology.dead_letter_arguments())
    for partition in range(topology.partitions):
        await declare_partition(connection, topology, partition)


async def declare_partition(connection: Connection, topology: Topology, partition: int) -> None:
    """Make a partition's queue if it is not there; raises as declare()."""
    await _declare(connection, topology.queue(partition), topology.arguments())


async def _declare(connection: Connection, queue: str, wanted: FieldTable) -> None:
    arguments = dict(wanted)
    differing: list[str] = []
    while True:
        try:
            async with throwaway_channel(connection) as channel:
                await channel.queue_declare(queue, durable=True, arguments=arguments)
        except ChannelPreconditionFailed as error:
            # The broker names one difference at a time: take its value for that one, and ask again.
            found = _INEQUIVALENT.search(str(error))
            if found is None or found["name"] not in _TOLERATED or found["name"] in differing:
                raise Unreachable(
                    f"Queue {queue} exists but cannot be used ({error}); once it is empty, delete it."
                ) from error
            differing.append(found["name"])
            arguments.pop(found["name"], None)
            if found["value"] is not None:
                arguments[found["name"]] = int(found["value"]) if found["value"].isdigit() else found["value"]
        else:
            break
    for name in differing:
        log.warning(
            "queue keeps its own argument", queue=queue, argument=name, wanted=wanted.get(name),
            found=arguments.get(name), remedy="once the queue is empty, delete it; it is then made anew",
        )  # fmt: skip
