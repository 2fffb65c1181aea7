"""What a process says of itself, for its own metrics and for the processes that share its port."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from hourmill.core.figures import RequestFigures
from hourmill.ports.watch import Moment, Siblings, Snapshot
from hourmill.services.collect import Collector
from hourmill.services.lease import Leaseholder
from hourmill.services.mill import Mill
from hourmill.services.produce import Producer

LEFT_EVERY_S = 1.0


@dataclass
class Watched:
    """The parts of a process that count what they do, as far as it has them.

    process       what the system says of it, by the name of its metric
    dead_letters  how many messages were put aside
    repeated      of each store that it counts in: how many requests had a key that was counted before
    """

    process: Callable[[], dict[str, float]]
    requests: Callable[[], RequestFigures] | None = None
    collector: Collector | None = None
    producer: Producer | None = None
    mill: Mill | None = None
    leaseholder: Leaseholder | None = None
    dead_letters: Callable[[], int] | None = None
    repeated: list[Callable[[], int]] = field(default_factory=list)

    def snapshot(self) -> Snapshot:
        """It, as it is now."""
        return Snapshot(
            at_s=monotonic(),
            moment=self._moment(),
            process=self.process(),
            requests=self.requests() if self.requests else None,
            groups=self.collector.figures if self.collector else None,
            publishing=self.producer.figures if self.producer else None,
            flushes=self.mill.figures if self.mill else None,
            dead_letters=self.dead_letters() if self.dead_letters else None,
            held=self.leaseholder.held if self.leaseholder else None,
            repeated=sum(of_store() for of_store in self.repeated),
        )

    def _moment(self) -> Moment:
        if self.collector is None:
            return Moment()
        entries, body_bytes = self.collector.waiting
        in_doubt_s = self.producer.in_doubt_s if self.producer else 0.0
        return Moment(entries, body_bytes, max(self.collector.committing_s, in_doubt_s))


async def leave_word(snapshot: Callable[[], Snapshot], siblings: Siblings) -> None:
    """Let the siblings know again and again, until cancelled: only one of us is asked."""
    while True:
        siblings.leave(snapshot())
        await asyncio.sleep(LEFT_EVERY_S)
