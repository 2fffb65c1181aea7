"""Several processes of one command: started, started again when one dies, stopped together."""

import asyncio
from asyncio.subprocess import PIPE, Process, create_subprocess_exec
from collections.abc import Sequence

import structlog

STOPS_WITHIN_S = 12.0  # each ends by itself within 10
AGAIN_AFTER_S = 1.0  # after the death of one

log = structlog.get_logger()


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
