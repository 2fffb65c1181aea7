"""The way of batches to the journal: they wait while much of it is not folded, so that single views need not."""

from collections import deque
from collections.abc import Callable
from functools import partial

from hourmill.adapters.sqlite.journal import Journal
from hourmill.adapters.sqlite.thread import WriterThread
from hourmill.core.batch import Batch


class PatientWriter:
    """A ThreadedWriter whose jobs begin only when folding keeps up, or fails: then a job learns that itself."""

    def __init__(self, thread: WriterThread, journal: Journal) -> None:
        self._thread = thread
        self._journal = journal
        self._waiting: deque[Callable[[], object]] = deque()
        journal.folded = self._folded

    def submit(self, job: Callable[[], object]) -> None:
        self._thread.submit(partial(self._begin, job))

    def write(self, batch: Batch) -> None:
        self._journal.count(batch)

    def _begin(self, job: Callable[[], object]) -> None:
        if self._journal.is_behind:
            self._waiting.append(job)
        else:
            job()

    def _folded(self, done: bool) -> None:
        while self._waiting and not (done and self._journal.is_behind):
            self._thread.submit(self._waiting.popleft())
