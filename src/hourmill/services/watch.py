"""What a process says of itself, for its own metrics and for the processes that share its port."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from hourmill.core.figures import RequestFigures, added_up
from hourmill.ports.watch import Moment, Siblings, Snapshot
from hourmill.services.acceptance import refusal
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
    collectors: list[Collector] = field(default_factory=list)
    producers: list[Producer] = field(default_factory=list)
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
            groups=added_up([one.figures for one in self.collectors]) if self.collectors else None,
            publishing=added_up([one.figures for one in self.producers]) if self.producers else None,
            flushes=self.mill.figures if self.mill else None,
            dead_letters=self.dead_letters() if self.dead_letters else None,
            held=self.leaseholder.held if self.leaseholder else None,
            repeated=sum(of_store() for of_store in self.repeated),
        )

    def refusal(self) -> str | None:
        """Why nothing is accepted; None: something is, or may be."""
        troubles = [*(one.trouble() for one in self.producers), *(one.trouble() for one in self.collectors)]
        accepted_at_s = max((one.outcomes.accepted_at_s for one in self.collectors), default=monotonic())
        return refusal(troubles, accepted_at_s, monotonic())

    def _moment(self) -> Moment:
        return Moment(
            sum(one.waiting.entries for one in self.collectors),
            sum(one.waiting.body_bytes for one in self.collectors),
            max((0.0, *(one.committing_s for one in self.collectors), *(one.in_doubt_s for one in self.producers))),
        )


async def leave_word(snapshot: Callable[[], Snapshot], siblings: Siblings) -> None:
    """Let the siblings know again and again, until cancelled: only one of us is asked."""
    while True:
        siblings.leave(snapshot())
        await asyncio.sleep(LEFT_EVERY_S)
