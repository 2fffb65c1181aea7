"""What was flushed is said in one line a second at most, and all of it is said."""

import asyncio

import pytest
from structlog.testing import capture_logs
from tests.client import PATIENCE_S

from hourmill.core.figures import FlushFigures
from hourmill.services import flush_log
from hourmill.services.flush_log import FlushLog


async def test_the_first_flush_is_said_at_once_and_the_next_ones_together(monkeypatch: pytest.MonkeyPatch) -> None:
    figures = FlushFigures()
    flushes = FlushLog(figures)
    with capture_logs() as lines:
        for took_s in (0.01, 0.25, 0.02):
            figures.messages += 10
            figures.views += 7
            flushes.flushed(took_s)
        flushes.say()
        flushes.say()
    assert [(line["flushes"], line["messages"], line["views"], line["ms"]) for line in lines] == [
        (1, 10, 7, 10), (2, 20, 14, 250)]  # fmt: skip


async def test_the_last_flush_is_said_though_none_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flush_log, "SAID_AT_MOST_EVERY_S", 0.05)
    figures = FlushFigures()
    flushes = FlushLog(figures)
    with capture_logs() as lines:
        for _ in range(2):
            figures.messages += 1
            flushes.flushed(0.01)
        async with asyncio.timeout(PATIENCE_S):
            while len(lines) < 2:  # noqa: ASYNC110 nobody else tells when a line is logged
                await asyncio.sleep(0)
    assert [line["messages"] for line in lines] == [1, 1]


async def test_what_was_delivered_again_is_said_at_once() -> None:
    figures = FlushFigures()
    flushes = FlushLog(figures)
    with capture_logs() as lines:
        flushes.flushed(0.01)
        figures.redelivered += 3
        flushes.flushed(0.01)
    assert [line["redelivered"] for line in lines] == [0, 3]
