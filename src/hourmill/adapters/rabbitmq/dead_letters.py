"""Saying which messages were put aside because they could not be decoded."""

import asyncio

import structlog

from hourmill.adapters.rabbitmq.connection import SAID_AGAIN_AFTER_S
from hourmill.errors import Undecodable

log = structlog.get_logger()


class DeadLetterLog:
    """One line for the first dead letter, then at most one every SAID_AGAIN_AFTER_S: they tend to come in floods."""

    def __init__(self) -> None:
        self._said_s: float | None = None
        self._unsaid = 0
        self.messages = 0
        """All that there were."""

    def add(self, partition: int, body_bytes: int, error: Undecodable) -> None:
        """One more."""
        now_s = asyncio.get_running_loop().time()
        self._unsaid += 1
        self.messages += 1
        if self._said_s is None or now_s - self._said_s >= SAID_AGAIN_AFTER_S:
            log.error("dead letter", partition=partition, body_bytes=body_bytes, reason=str(error),
                      messages=self._unsaid)  # fmt: skip
            self._said_s = now_s
            self._unsaid = 0
