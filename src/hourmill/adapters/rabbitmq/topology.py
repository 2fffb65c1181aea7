"""The queues and exchanges: their names and arguments, and declaring them."""

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
    """One queue per partition, bound to an exchange under its number; one for dead letters; and the notes.

    partitions        those of the settings; a larger number of earlier days may have left more queues behind
    max_length_bytes  of each queue; a full one refuses what is published
    prefix            of all names
    """

    partitions: int
    max_length_bytes: int
    prefix: str = "hourmill"

    def queue(self, partition: int, generation: int = 0) -> str:
        """The name of a partition's queue; the first generation's is that of earlier versions."""
        return f"{self.prefix}.views.{partition}" + (f".{generation}" if generation else "")

    def views(self) -> str:
        """The name of the exchange that messages are published to, under the number of their partition."""
        return f"{self.prefix}.views"

    def notes(self) -> str:
        """The name of the exchange and of the queue whose bindings are the notes."""
        return f"{self.prefix}.notes"

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

    def notes_arguments(self) -> FieldTable:
        """Those of the notes' queue: what comes into it means nothing."""
        # A quorum queue, as a classic one is not there while its node is down, nor are its bindings.
        return {"x-queue-type": "quorum", "x-max-length": 1, "x-overflow": "drop-head"}

    def _bounded(self) -> FieldTable:
        return {
            "x-queue-type": "quorum",  # the one kind that has every message on disk before it confirms it
            "x-overflow": "reject-publish",  # the default drops the oldest in silence
            "x-max-length-bytes": self.max_length_bytes,
        }


class Difference(NamedTuple):
    """An argument that a queue has otherwise than we declare it; it can be used all the same."""

    queue: str
    argument: str
    wanted: object
    found: object


async def declare_rest(connection: Connection, topology: Topology) -> None:
    """Make what is not there yet, but for the queues of partitions.

    raises  Unreachable, also if something of that name is not what it must be
    """
    async with throwaway_channel(connection) as channel:
        for exchange in (topology.views(), topology.notes()):
            await channel.exchange_declare(exchange, exchange_type="direct", durable=True)
    _say(await differences(connection, topology.notes(), topology.notes_arguments()))
    _say(await differences(connection, topology.dead_letters(), topology.dead_letter_arguments()))


async def declare_queue(connection: Connection, topology: Topology, queue: str) -> None:
    """Make a partition's queue if it is not there.

    raises  Unreachable, also if a queue of that name is not one to trust views to
    """
    _say(await differences(connection, queue, topology.arguments()))


async def differences(connection: Connection, queue: str, wanted: FieldTable) -> list[Difference]:
    """Make a queue if it is not there; else in what it differs.

    raises  Unreachable, also if it differs so that it cannot be used
    """
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
    return [Difference(queue, name, wanted.get(name), arguments.get(name)) for name in differing]


def _say(found: list[Difference]) -> None:
    for one in found:
        log.warning(
            "queue keeps its own argument", queue=one.queue, argument=one.argument, wanted=one.wanted, found=one.found,
            remedy="once the queue is empty, delete it; it is then made anew",
        )  # fmt: skip
