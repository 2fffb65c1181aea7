"""Groups that are committed on the thread that writes, which answers those who wait: docs/decisions/0035."""

from hourmill.ports.store import ThreadedWriter
from hourmill.services.collect import Collector, Limits


class ThreadCollector(Collector):
    """A Collector before a ThreadedWriter.

    The thread takes the open group when it has done with the one before; the event loop has no part in that, and parses
    meanwhile.
    """

    def __init__(self, writer: ThreadedWriter, limits: Limits) -> None:
        super().__init__(limits)
        self._writer = writer
        self._asked = False  # whether _commit is with the thread, or running there

    def _has_work(self) -> None:
        # Joined first, then asked; the thread looks into the group first, then says that it is not asked any more. So
        # no request is left waiting.
        if not self._asked:
            self._asked = True
            self._writer.submit(self._commit)

    async def _finished(self) -> None:
        while self._asked:
            passed = self._loop.create_future()
            self._writer.submit(lambda: self._loop.call_soon_threadsafe(passed.set_result, None))  # noqa: B023 waited for
            await passed

    def _commit(self) -> None:
        """Commit the open group, and come again behind whatever else the thread has to do."""
        with self._filling:
            if not self._open.waiting:
                self._asked = False
                return
            group = self._taken()
        try:
            with self._committing(group) as batch:
                self._writer.write(batch)
        finally:  # a fault of ours is logged by the thread; those who wait now are not forgotten
            self._writer.submit(self._commit)
