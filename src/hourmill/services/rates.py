"""How often each client may ask: a bucket for each, in a table that cannot grow without bound."""

from collections.abc import Callable, Hashable
from math import ceil

from hourmill.errors import Quota, TooManyRequests

MOST_CLIENTS = 100_000  # some 20 MB; past it the one that was silent for the longest is forgotten, and begins anew
MINUTE_S = 60.0


class Rates:
    """Lets each client send `per_minute` requests at once, and as many again in every minute, spread evenly.

    One number is kept for each client: when its bucket will be full again (GCRA, as ATM networks call it).
    """

    def __init__(self, of: str, per_minute: int, clock: Callable[[], float], most_clients: int = MOST_CLIENTS) -> None:
        """of: what clients are told apart by; clock: seconds, never back."""
        self._of = of
        self._per_minute = per_minute
        self._one_s = MINUTE_S / per_minute  # until one more is taken
        self._clock = clock
        self._most_clients = most_clients
        self._full_at_s: dict[Hashable, float] = {}  # the longest silent first

    def take(self, client: Hashable) -> Quota:
        """Take one request of a client; what it has left.

        raises  TooManyRequests
        """
        now_s = self._clock()
        full_at_s = max(self._full_at_s.pop(client, now_s), now_s)
        left = int((MINUTE_S - (full_at_s - now_s)) / self._one_s + 1e-9)  # floats: 2.9999 is 3
        if left < 1:
            self._full_at_s[client] = full_at_s
            raise TooManyRequests(self._quota(0, full_at_s - now_s))
        if len(self._full_at_s) >= self._most_clients:
            del self._full_at_s[next(iter(self._full_at_s))]
        full_at_s += self._one_s
        self._full_at_s[client] = full_at_s
        return self._quota(left - 1, full_at_s - now_s)

    def _quota(self, left: int, full_in_s: float) -> Quota:
        next_in_s = full_in_s - (self._per_minute - left - 1) * self._one_s
        return Quota(self._of, self._per_minute, left, max(1, ceil(next_in_s - 1e-9)))
