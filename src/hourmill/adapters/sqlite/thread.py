"""The one thread that writes: runs jobs in order."""

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, TypeAlias, TypeVar

import structlog

log = structlog.get_logger()

Result = TypeVar("Result")

Job: TypeAlias = Callable[[], object]


class WriterThread:
    """Runs one job at a time, and `idle` when `idle_s` seconds passed without one, until that is done."""

    def __init__(self, idle: Callable[[], bool], idle_s: float) -> None:
        self._idle = idle
        self._idle_s = idle_s
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="hourmill-writer", daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Have a job done; if it fails, that is logged."""
        self._jobs.put(job)

    async def run(self, job: Callable[[], Result]) -> Result:
        """The job's result, or its exception; the job runs even if the caller is cancelled."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._jobs.put(partial(_perform, job, loop, future))
        return await future

    def stop(self) -> None:
        """Finish the jobs there are, then end the thread."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        wait_s: float | None = self._idle_s
        while True:
            try:
                job = self._jobs.get(timeout=wait_s)
            except Empty:
                wait_s = 0.0 if self._idle_once() else None  # then it sleeps until there is work again
                continue
            if job is None:
                return
            wait_s = self._idle_s
            self._do(job)

    def _idle_once(self) -> bool:
        try:
            return self._idle()
        except Exception:  # a fault of ours; without this thread nothing would ever be written again
            log.error("idle work failed", exc_info=True)
            return False

    def _do(self, job: Job) -> None:
        try:
            job()
        except BaseException:  # as above; a job may also have been cancelled
            log.error("a job failed", exc_info=True)


def _perform(job: Callable[[], Result], loop: asyncio.AbstractEventLoop, future: "asyncio.Future[Result]") -> None:
    try:
        result = job()
    except BaseException as error:  # noqa: BLE001 the caller, on the other thread, gets it
        loop.call_soon_threadsafe(_settle, future, None, error)
    else:
        loop.call_soon_threadsafe(_settle, future, result, None)


def _settle(future: "asyncio.Future[Any]", result: object, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
