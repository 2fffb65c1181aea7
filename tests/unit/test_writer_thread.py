"""The writer thread outlives whatever its jobs do."""

import asyncio

import pytest
from structlog.testing import capture_logs

from hourmill.adapters.sqlite.thread import WriterThread

IDLE_S = 0.01


class Boom(Exception):
    """A fault of ours."""


def fail() -> None:
    raise Boom


async def test_it_outlives_idle_work_that_fails() -> None:
    loop = asyncio.get_running_loop()
    failed = asyncio.Event()

    def idle() -> bool:
        loop.call_soon_threadsafe(failed.set)
        raise Boom

    with capture_logs() as lines:
        writer = WriterThread(idle, IDLE_S)
        for _ in range(2):
            await failed.wait()
            failed.clear()
            assert await writer.run(lambda: 7) == 7
        writer.stop()
    assert {line["event"] for line in lines} == {"idle work failed"}


async def test_a_job_that_fails_tells_its_caller_and_nobody_else() -> None:
    writer = WriterThread(lambda: False, IDLE_S)
    with pytest.raises(Boom):
        await writer.run(fail)
    assert await writer.run(lambda: 7) == 7
    writer.stop()


async def test_it_ends_after_the_jobs_there_are() -> None:
    writer = WriterThread(lambda: False, IDLE_S)
    jobs = [asyncio.create_task(writer.run(lambda number=number: number)) for number in range(5)]  # type: ignore[misc]
    await asyncio.sleep(0)  # all of them are with the thread
    await asyncio.to_thread(writer.stop)
    assert await asyncio.gather(*jobs) == [0, 1, 2, 3, 4]
