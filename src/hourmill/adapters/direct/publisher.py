"""No broker: what is published is counted at once."""

from collections.abc import Sequence

from hourmill.core.message import Message
from hourmill.errors import HourmillError, NotAccepted, Unconfirmed
from hourmill.ports.store import ClaimingCounter


class DirectPublisher:
    """A Publisher that is the store itself."""

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
