"""What a caller sees of the trouble of RabbitMQ's client library."""

import asyncio
from contextlib import suppress

import pytest

from hourmill.adapters.rabbitmq.connection import reachable
from hourmill.errors import Unreachable


async def test_trouble_of_the_library_is_unreachable() -> None:
    with pytest.raises(Unreachable, match="no such thing"), reachable():
        raise RuntimeError("no such thing")


async def test_the_library_cancels_nobody() -> None:
    with pytest.raises(Unreachable, match="lost"), reachable():
        raise asyncio.CancelledError


async def test_who_is_cancelled_is_cancelled_also_if_the_library_hides_it() -> None:
    began = asyncio.Event()

    async def swallowed() -> None:
        with reachable():
            began.set()
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()

    task = asyncio.create_task(swallowed())
    await began.wait()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


async def test_cleaning_up_after_a_cancellation_goes_on() -> None:
    began = asyncio.Event()
    cleaned: list[str] = []

    async def cancelled() -> None:
        try:
            began.set()
            await asyncio.Event().wait()
        finally:
            with reachable():
                cleaned.append("first")
            cleaned.append("second")

    task = asyncio.create_task(cancelled())
    await began.wait()
    task.cancel()
    await asyncio.wait([task])
    assert cleaned == ["first", "second"]
