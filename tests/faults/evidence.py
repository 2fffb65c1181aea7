"""What trouble leaves behind, and who starts again what died of it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

from tests.service import RunningCommand

LOOKS_EVERY_S = 0.05


class Evidence(NamedTuple):
    """What trouble has left behind so far.

    broken       requests whose connection broke
    slow         requests that were answered after more than half a second, flushes that took as long
    refused      requests answered with 503
    redelivered  messages that RabbitMQ delivered again
    stale        batches that were counted before and dropped
    republished  messages that were published again under their numbers
    failed       flushes that PostgreSQL did not count at once
    parked       times that cells were parked
    dead_letters messages that could not be read
    died         processes that ended by themselves
    """

    broken: int = 0
    slow: int = 0
    refused: int = 0
    redelivered: int = 0
    stale: int = 0
    republished: int = 0
    failed: int = 0
    parked: int = 0
    dead_letters: int = 0
    died: int = 0

    def since(self, earlier: "Evidence") -> "Evidence":
        """What has been added."""
        return Evidence(*(now - before for now, before in zip(self, earlier, strict=True)))


class Watch:
    """Starts what has died, without its failpoints, and remembers that it died."""

    def __init__(self, processes: Callable[[], Iterable[RunningCommand]]) -> None:
        self._processes = processes
        self.died: list[str] = []

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Within: look after the processes."""
        looking = asyncio.create_task(self._look())
        try:
            yield
        finally:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking

    async def _look(self) -> None:
        while True:
            for process in self._processes():
                if process.died:
                    self.died.append(f"{process.arguments[0]}: {process.log_file.read_text()[-2000:]}")
                    process.settings.pop("HOURMILL_FAILPOINTS", None)
                    start_again(process)
            await asyncio.sleep(LOOKS_EVERY_S)


def start_again(process: RunningCommand) -> None:
    """Start a process that has died; whether it answers others may see, for the next fault may kill it before."""
    process.kill()
    RunningCommand.start(process)
