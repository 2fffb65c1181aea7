"""Whether what comes is accepted, or nothing has been for seconds, and why: for /readyz."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

REFUSING_AFTER_S = 5.0  # a confirm takes milliseconds, a commit too; a full disk or an alarm takes a human being
TRIED_AGAIN_AFTER_S = 10.0  # after the last failure: a load balancer may send requests again, to see


class Trouble(NamedTuple):
    """Why nothing is accepted, and since when (monotonic clock)."""

    since_s: float
    reason: str


@dataclass(slots=True)
class Outcomes:
    """How the groups of a collector ended; moments are of the monotonic clock."""

    accepted_at_s: float = float("-inf")
    failed_at_s: float = float("-inf")
    _trouble: Trouble | None = None

    def accepted(self, now_s: float) -> None:
        """A group is durable."""
        self.accepted_at_s = now_s
        self._trouble = None

    def failed(self, now_s: float, reason: str) -> None:
        """A group is not, for all that is known."""
        self.failed_at_s = now_s
        self._trouble = Trouble(now_s if self._trouble is None else self._trouble.since_s, reason)

    def trouble(self, now_s: float) -> Trouble | None:
        """That of the last group; forgotten when nobody has tried for a while."""
        return None if now_s - self.failed_at_s > TRIED_AGAIN_AFTER_S else self._trouble


def refusal(troubles: Iterable[Trouble | None], accepted_at_s: float, now_s: float) -> str | None:
    """Why nothing is accepted; None while something is, or while the trouble is young.

    accepted_at_s  when something was accepted for the last time
    """
    oldest = min((trouble for trouble in troubles if trouble is not None), default=None)
    if oldest is None or now_s - max(oldest.since_s, accepted_at_s) < REFUSING_AFTER_S:
        return None
    return oldest.reason
