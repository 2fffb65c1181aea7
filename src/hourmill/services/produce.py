"""The producer: numbers batches and publishes each, under the same number, until it is confirmed."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic
from uuid import uuid4

import structlog

from hourmill.core.batch import Batch
from hourmill.core.figures import PublishFigures
from hourmill.core.message import AROUND_BYTES, MOST_KEYED_BYTES, Claim, Message
from hourmill.core.partition import parcels, split_batch
from hourmill.errors import NotAccepted, OutcomeUnknown, Unconfirmed
from hourmill.ports.queue import Publisher
from hourmill.services.acceptance import Trouble

log = structlog.get_logger()

CONFIRMED_WITHIN_S = 1.0  # a confirm takes milliseconds; a broker in alarm gives none, and no error either
MOST_MESSAGE_BYTES = 4 << 20  # RabbitMQ 4 takes 16 MiB; only one keyed entry that is larger by itself goes beyond
AGAIN_AFTER_S = 0.05
AGAIN_AFTER_AT_MOST_S = 2.0
AGAIN_WITHOUT_ANSWER_S = 30.0  # neither confirmed nor refused: on a new channel
CLOSES_WITHIN_S = 2.0  # for a batch that is still unconfirmed when the service stops

STUCK = "Earlier views are not confirmed yet ({reason}); nothing of this request was counted. Send it again later."


@dataclass(slots=True)
class _Numbers:
    """The last seq of each partition."""

    producer: bytes = field(default_factory=lambda: uuid4().bytes)
    last: dict[int, int] = field(default_factory=dict)

    def next(self, partition: int) -> Claim:
        self.last[partition] = self.last.get(partition, 0) + 1
        return Claim(self.producer, partition, self.last[partition])

    def take_back(self, messages: Sequence[Message]) -> None:
        for message in messages:
            self.last[message.claim.partition] -= 1


class Producer:
    """A CounterWriter over a queue, for one caller at a time.

    What was sent and not confirmed is published again under its number until it is; meanwhile nothing else is
    accepted. So no more than one group is ever in doubt, and the store's claims tell a second delivery from a new one.
    """

    def __init__(self, publisher: Publisher, partitions: int) -> None:
        self._publisher = publisher
        self._partitions = partitions
        self._numbers = _Numbers()
        self._in_doubt: asyncio.Task[None] | None = None
        self._in_doubt_since_s = 0.0
        self._reason = ""
        self.figures = PublishFigures()

    @property
    def most_keyed_bytes(self) -> int:
        """How large the body of a request with a key may be: its message is no larger (tests/unit/test_message.py)."""
        return min(MOST_KEYED_BYTES, self._publisher.most_bytes - AROUND_BYTES)

    def trouble(self) -> Trouble | None:
        """Why nothing can be published, or None."""
        if self._in_doubt is not None:
            return Trouble(self._in_doubt_since_s, f"Published and not confirmed: {self._reason or 'no answer.'}")
        away = self._publisher.away()
        return None if away is None else Trouble(*away)

    @property
    def in_doubt_s(self) -> float:
        """For how long a group has been in doubt; 0 if there is none."""
        return 0.0 if self._in_doubt is None else monotonic() - self._in_doubt_since_s

    async def count(self, batch: Batch) -> None:
        """As ports/store.CounterWriter: on return the batch is durable, and will be counted once.

        raises  NotAccepted     nothing was sent, or nothing was taken; an earlier batch may be in doubt
                OutcomeUnknown  not confirmed within CONFIRMED_WITHIN_S: it goes on being published; or given up
        """
        if self._in_doubt is not None:
            raise NotAccepted(STUCK.format(reason=self._reason))
        most_bytes = min(MOST_MESSAGE_BYTES, self._publisher.most_bytes - AROUND_BYTES)
        messages = [
            Message(self._numbers.next(partition), parcel)
            for partition, part in split_batch(batch, self._partitions).items()
            for parcel in parcels(part, most_bytes)
        ]
        self.figures.messages += len(messages)
        began_s = monotonic()
        publishing = asyncio.create_task(self._until_confirmed(messages))  # no cancelled request reaches into it
        done, _ = await asyncio.wait([publishing], timeout=CONFIRMED_WITHIN_S)
        if done:
            return publishing.result()
        self._in_doubt, self._in_doubt_since_s = publishing, began_s
        self.figures.in_doubt += 1
        publishing.add_done_callback(self._settled)
        log.warning("publish not confirmed", messages=len(messages), reason=self._reason or "no answer")
        raise OutcomeUnknown

    async def close(self) -> None:
        """Give the batch in doubt a last chance."""
        if self._in_doubt is None:
            return
        _, late = await asyncio.wait([self._in_doubt], timeout=CLOSES_WITHIN_S)
        for publishing in late:
            publishing.cancel()

    def _settled(self, publishing: "asyncio.Task[None]") -> None:
        self._in_doubt = None
        self._reason = ""
        if publishing.cancelled():
            log.error("a batch was never confirmed; its requests were answered 503, outcome unknown")
        elif publishing.exception() is None:
            log.info("publish confirmed at last")
        else:
            log.warning("publish failed at last", reason=str(publishing.exception()))

    async def _until_confirmed(self, messages: Sequence[Message]) -> None:
        sent = given_up = False
        pause_s = AGAIN_AFTER_S
        while messages:
            try:
                async with asyncio.timeout(AGAIN_WITHOUT_ANSWER_S):
                    await self._publisher.publish(messages)
                break
            except TimeoutError:
                sent = True
            except Unconfirmed as error:
                sent = sent or error.sent
                if not sent:
                    self._numbers.take_back(messages)
                    reason = str(error).rstrip(".")
                    raise NotAccepted(f"{reason}. Nothing was counted; send it again later.") from error
                self._reason = str(error)
                if error.too_large:  # an earlier attempt may have been taken: their numbers are never used again
                    given_up = True
                    log.error("publish given up", messages=len(error.too_large), reason=self._reason)
                messages = [messages[place] for place in error.places if place not in error.too_large]
            self.figures.again += len(messages)
            log.debug("publishing again", messages=len(messages), reason=self._reason or "no answer")
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 not for secrets
            pause_s = min(2 * pause_s, AGAIN_AFTER_AT_MOST_S)
        if given_up:
            raise OutcomeUnknown
