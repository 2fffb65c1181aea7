"""Several processes of one command: started, started again when one dies, stopped together."""

import asyncio
import os
from asyncio.subprocess import PIPE, Process, create_subprocess_exec
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

STOPS_WITHIN_S = 12.0  # each ends by itself within 10
AGAIN_AFTER_S = 1.0  # after the death of one

IN_MEMORY = "/dev/shm"  # noqa: S108 a folder of our own in it, with a name that nobody knows

log = structlog.get_logger()


@contextmanager
def common_folder() -> Iterator[Path | None]:
    """A folder that is gone afterwards, in memory where the system has that; None where nothing can be written."""
    try:
        folder = TemporaryDirectory(prefix="hourmill-", dir=IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else None)
    except OSError as error:
        log.warning("processes of one port are not told as one", reason=str(error))
        yield None
    else:
        with folder as name:
            yield Path(name)


class Siblings:
    """`count` processes of one command."""

    def __init__(self, command: Sequence[str], count: int) -> None:
        self._command = command
        self._count = count

    async def run(self, stop: asyncio.Event) -> None:
        """Keep them running until `stop` is set."""
        keepers = [asyncio.create_task(self._keep(number, stop)) for number in range(1, self._count + 1)]
        await asyncio.gather(*keepers)

    async def _keep(self, number: int, stop: asyncio.Event) -> None:
        stopping = asyncio.create_task(stop.wait())
        while not stop.is_set():
            process = await create_subprocess_exec(*self._command, stdin=PIPE)  # its end tells them of our death
            ending = asyncio.create_task(process.wait())
            await asyncio.wait([stopping, ending], return_when=asyncio.FIRST_COMPLETED)
            if stop.is_set():
                await _end(process)
            else:
                log.error("an API process died; starting another", number=number, exit_code=process.returncode)
                await asyncio.wait([stopping], timeout=AGAIN_AFTER_S)
        stopping.cancel()


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(STOPS_WITHIN_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
