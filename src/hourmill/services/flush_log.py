"""Saying what was flushed: one line for each flush, or for all of a second where there are many."""

import asyncio
from time import monotonic

import structlog

from hourmill.core.figures import FlushFigures

log = structlog.get_logger()

SAID_AT_MOST_EVERY_S = 1.0
SAID = ("messages", "redelivered", "stale", "cells", "views")


class FlushLog:
    """Says how far the figures have come since it said so before."""

    def __init__(self, figures: FlushFigures) -> None:
        self._figures = figures
        self._before = dict.fromkeys(SAID, 0)
        self._flushes = 0
        self._longest_s = 0.0
        self._said_s = float("-inf")
        self._soon: asyncio.TimerHandle | None = None

    def flushed(self, took_s: float) -> None:
        """One more flush."""
        self._flushes += 1
        self._longest_s = max(self._longest_s, took_s)
        odd = self._figures.redelivered > self._before["redelivered"]
        if odd or monotonic() - self._said_s >= SAID_AT_MOST_EVERY_S:
            self.say()
        elif self._soon is None:
            self._soon = asyncio.get_running_loop().call_later(SAID_AT_MOST_EVERY_S, self.say)

    def say(self) -> None:
        """Say what was not said yet."""
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None
        if not self._flushes:
            return
        now = {name: getattr(self._figures, name) for name in SAID}
        since = {name: now[name] - self._before[name] for name in SAID}
        log.info("flushed", flushes=self._flushes, **since, ms=round(self._longest_s * 1000))
        self._before, self._flushes, self._longest_s, self._said_s = now, 0, 0.0, monotonic()
