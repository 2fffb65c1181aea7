"""The lines that wait to be shipped."""

from queue import Queue
from threading import Event

BULK_BYTES = 1 << 20  # what the library sends at once
WAITING_BYTES = 8 << 20  # while Logz.io is away; then the oldest lines go
LINE_BYTES = 400_000  # Logz.io cuts lines of 500,000 off


class WaitingLines(Queue[str]):
    """A queue for the library in place of its own, which has no bound. Lines are ASCII.

    bulk   set when there is enough for one
    bytes  of the lines that wait
    lost   lines that were too long or too many, since it was asked last
    """

    def __init__(self) -> None:
        super().__init__()
        self.bulk = Event()
        self.bytes = 0
        self.lost = 0

    def _put(self, item: str) -> None:
        if len(item) > LINE_BYTES:
            self._lose()
            return
        super()._put(item)
        self.bytes += len(item)
        while self.bytes > WAITING_BYTES:
            self._get()
            self._lose()
        if self.bytes >= BULK_BYTES:
            self.bulk.set()

    def _get(self) -> str:
        line = super()._get()
        self.bytes -= len(line)
        return line

    def _lose(self) -> None:
        self.lost += 1
        self.unfinished_tasks -= 1

    def take_lost(self) -> int:
        """How many lines were lost since this was called last."""
        with self.mutex:
            lost, self.lost = self.lost, 0
        return lost

    def done(self) -> int:
        """Be done with the lines that were taken off, and say how many they were."""
        with self.mutex:
            under_way = self.unfinished_tasks - self._qsize()
            self.unfinished_tasks -= under_way
        return under_way

    def left(self) -> int:
        """How many lines wait or are under way."""
        with self.mutex:
            return self.unfinished_tasks
