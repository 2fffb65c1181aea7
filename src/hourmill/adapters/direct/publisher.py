"""No broker: what is published is counted at once."""

from collections.abc import Sequence

from hourmill.core.message import MOST_BYTES, Message
from hourmill.errors import HourmillError, NotAccepted, Unconfirmed
from hourmill.ports.store import ClaimingCounter


class DirectPublisher:
    """A Publisher that is the store itself."""

    most_bytes = MOST_BYTES  # as with a broker: a store takes any

    def __init__(self, counter: ClaimingCounter) -> None:
        self._counter = counter

    async def publish(self, messages: Sequence[Message]) -> None:
        for place, (claim, batch) in enumerate(messages):
            try:
                await self._counter.apply([claim], batch)  # one claimed before is counted: an answer was lost
            except HourmillError as error:
                sent = place > 0 or not isinstance(error, NotAccepted)
                raise Unconfirmed(range(place, len(messages)), str(error.__cause__ or error), sent=sent) from error

    async def ready(self) -> None:
        await self._counter.ready()

    def away(self) -> None:
        """Not known: the store is asked by counting."""
