"""The turnstile: refuses work while so much of it waits that even its answer would be late."""

import asyncio
from collections.abc import Callable

from hourmill.errors import NotAccepted, Overloaded
from hourmill.services.collect import Collector

ROUND_S = 0.25  # a request takes three or four rounds, so what is let in is answered in about a second
CALM_S = 0.05  # after a round that was shorter, one may last longer:
AFTER_CALM_S = 1.0  # the largest batch alone takes some 0.6 s, and those who came with it shall not be refused for it
FLOOD_PER_S = 2_000  # requests refused: a few that are large hold up fewer
ROUND_IN_FLOOD_S = 0.05
SHUT_ROUNDS = 2.0  # in a flood: nobody is let in for so many times as long as the round took
FLOOD_PASSED_S = 1.0  # without one more such round


class Turnstile:
    """Lets in what can be answered soon; asked before a body is read, and again before it is parsed.

    What is ready to run stands in the one queue of the event loop. A mark that goes round in it tells how long that
    queue is: when it has been under way for too long, requests are refused until it comes round. A service that does
    not do this, and is offered more than it can take, works on all of it and is late with all of it.
    """

    def __init__(self, collector: Collector, clock_s: Callable[[], float]) -> None:
        """clock_s: a clock that never goes back, in seconds."""
        self.collector = collector
        self._loop = asyncio.get_running_loop()
        self._clock_s = clock_s
        self._left_s: float | None = None  # when the mark was sent round; None: it is not under way
        self._most_s = AFTER_CALM_S
        self._shut_until_s = self._flood_until_s = float("-inf")
        self._refused = 0  # in this round, roughly: two threads add to it

    def let_in(self) -> None:
        """Return at once, or raise Overloaded or Closing: nothing of the request will be counted then."""
        self.collector.let_in()
        now_s = self._clock_s()
        if self._is_shut(now_s):
            raise Overloaded
        if self._left_s is None:
            self._left_s = now_s
            self._refused = 0
            self._loop.call_soon(self._came_round, now_s)

    def refusal(self) -> NotAccepted | None:
        """What let_in() would raise now; any thread may ask, as it sends no mark."""
        try:
            self.collector.let_in()
        except NotAccepted as refusal:
            return refusal.with_traceback(None)  # in it is the caller's frame, which keeps what we return: a cycle
        return Overloaded() if self._is_shut(self._clock_s()) else None

    def _is_shut(self, now_s: float) -> bool:
        left_s = self._left_s
        if now_s >= self._shut_until_s and (left_s is None or now_s - left_s < self._most_s):
            return False
        self._refused += 1
        return True

    def _came_round(self, left_s: float) -> None:
        now_s = self._clock_s()
        took_s = now_s - left_s
        if self._refused > FLOOD_PER_S * took_s:
            self._shut_until_s = now_s + SHUT_ROUNDS * took_s
            self._flood_until_s = self._shut_until_s + FLOOD_PASSED_S
        usual_s = AFTER_CALM_S if took_s < CALM_S else ROUND_S
        self._most_s = ROUND_IN_FLOOD_S if now_s < self._flood_until_s else usual_s
        self._left_s = None
