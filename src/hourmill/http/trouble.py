"""What is behind answers of 5xx, for the log: clients get our own words, never those of a server behind us."""

from collections.abc import Callable
from http import HTTPStatus

import structlog

from hourmill.errors import HourmillError
from hourmill.http.problems import own_words, status_of

SAY_AGAIN_S = 10.0  # of each kind: a store that is away fails thousands of requests a second, for one reason

log = structlog.get_logger()


class TroubleLog:
    """Says now and then why requests fail."""

    def __init__(self, clock_s: Callable[[], float]) -> None:
        """clock_s: a clock that never goes back, in seconds."""
        self._clock_s = clock_s
        self._say_after_s: dict[type[HourmillError], float] = {}

    def note(self, error: HourmillError) -> None:
        """Log the error, if it says more than its client is told; on any thread."""
        if status_of(error) < HTTPStatus.INTERNAL_SERVER_ERROR or str(error) == own_words(error):
            return
        now_s = self._clock_s()
        if now_s >= self._say_after_s.get(type(error), now_s):
            self._say_after_s[type(error)] = now_s + SAY_AGAIN_S
            log.warning("requests fail", error=type(error).__name__, reason=str(error))
