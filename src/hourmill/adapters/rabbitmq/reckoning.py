"""How far a partition is counted, told by what its channels were delivered, and by looks into its queues."""

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from hourmill.ports.progress import Level

LOOKS_APART_AT_MOST = timedelta(seconds=10)  # a lease; after that others may have come and gone unseen


class _Look(NamedTuple):
    at: datetime
    ready: int


class Reckoning:
    """What one channel knows of its queue.

    A queue gives out what was published first, and before that what another consumer gave back. So while this channel
    is the only one,

    - what was published before a look that found nothing ready, and is not here at the next look, is counted;
    - what was published before the oldest message here is counted, once all is that came before we were alone for
      sure: that may have overtaken what another consumer gave back.
    """

    def __init__(self) -> None:
        self._here: deque[tuple[int, datetime | None]] = deque()  # tags, not acked, and when they were published
        self._last = 0
        self._before: _Look | None = None
        self._ordered_after: int | None = None

    def delivered(self, tag: int, published: datetime | None) -> None:
        """A message came; `published` is None if an earlier version did that."""
        self._here.append((tag, published))
        self._last = tag

    def acked(self, tag: int) -> None:
        """The store has everything up to the tag."""
        while self._here and self._here[0][0] <= tag:
            self._here.popleft()

    @property
    def waiting(self) -> int:
        """Messages that are here and not acked."""
        return len(self._here)

    def looked(self, ready: int, consumers: int, now: datetime) -> datetime | None:
        """Up to when all is counted, or None if it cannot be told.

        ready      messages that nobody has yet
        consumers  of the queue; 0 if the broker could not look
        now        a moment before the look
        """
        before = self._before
        if before is not None and now - before.at > LOOKS_APART_AT_MOST:
            before = self._ordered_after = None
        if consumers != 1:  # what another one has may be older than all that is here
            self._before = self._ordered_after = None
            return None
        self._before = _Look(now, ready)
        if before is None:
            return None
        if before.ready == 0:
            self._ordered_after = 0
            return self._oldest(before.at)
        if self._ordered_after is None:
            self._ordered_after = self._last
        if self._here and self._here[0][0] > self._ordered_after:
            return self._oldest(now)
        return None

    def _oldest(self, at_most: datetime) -> datetime | None:
        """When the oldest message here was published."""
        oldest = at_most
        for _, published in self._here:
            if published is None:
                return None
            oldest = min(oldest, published)
        return oldest


def together(levels: Sequence[Level | None]) -> Level | None:
    """The level of a partition by those of its queues."""
    known = [level for level in levels if level is not None]
    if not known:
        return None
    moments = [level.counted_until for level in known]
    moment = None if len(known) < len(levels) or None in moments else min(filter(None, moments))
    return Level(sum(level.waiting for level in known), moment)
