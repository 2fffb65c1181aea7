"""What the services ask of a queue of numbered batches, in the words of the domain."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from hourmill.core.message import Message


class Publisher(Protocol):
    """Puts messages where they are durable."""

    @property
    def most_bytes(self) -> int:
        """How large an encoded message may be, as far as is known: less, once a server has refused one for its size."""

    async def publish(self, messages: Sequence[Message]) -> None:
        """One attempt to publish messages, of one partition each; on return all of them are durable.

        raises  Unconfirmed  which messages may not be durable, whether any of them can have been sent, and which will
                             never be taken; publishing the others again, under the same numbers, is safe
        """

    async def ready(self) -> None:
        """Return once there is a server behind it for the first time."""

    def away(self) -> tuple[float, str] | None:
        """Since when (monotonic clock) nothing can be published, and why; None: it can, as far as is known."""


class Delivery(NamedTuple):
    """A message as it was delivered.

    partition  the queue it came from
    tag        the consumer's, for ack(); it means nothing to others
    again      whether its server says that it delivered the message before; a figure for people, it proves nothing
    """

    partition: int
    tag: tuple[int, int]
    message: Message
    again: bool


class Consumer(Protocol):
    """Takes messages from the partitions it holds; it finds back to its server by itself."""

    async def partitions(self) -> frozenset[int]:
        """The partitions there are: those of the settings, and what an earlier, larger number of them left behind.

        raises  Unreachable
        """

    async def hold(self, partitions: frozenset[int]) -> None:
        """Consume these partitions and no others; what was delivered of others and not acked goes back to its queue."""

    async def gather(self, most: int, within_s: float) -> list[Delivery]:
        """The next messages, in the order of each partition; waits for the first one without a limit.

        Returns when `most` messages are there, or `within_s` seconds after the first; then with all that are there.
        Messages that cannot be decoded do not come: they are put aside (dead-lettered).
        """

    async def ack(self, deliveries: Sequence[Delivery]) -> None:
        """The store has them: all that was gathered of their partitions up to these. Never raises: what cannot be
        acked is delivered again."""

    async def ready(self) -> None:
        """Return once there is a server behind it for the first time."""
