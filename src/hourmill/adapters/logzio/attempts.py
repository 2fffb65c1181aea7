"""What becomes of each POST of the library: how long it may take, what is told of it, when the next may come."""

from http import HTTPStatus
from threading import Event
from time import monotonic
from typing import Any

import structlog
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

from hourmill.adapters.logzio.bounded import Deadline, bounded
from hourmill.adapters.logzio.waiting import WaitingLines

log = structlog.get_logger()

ANSWERS_WITHIN_S = 10.0
AGAIN_AFTER_S = 1.0
AGAIN_AFTER_AT_MOST_S = 30.0
SAID_AGAIN_AFTER_S = 60.0
REFUSED = {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}


class Attempts(HTTPAdapter):
    """For the session of the library, whose thread is the only one to call send().

    lines   that it sends
    secret  as it is in the URL; it is in nothing that is told
    """

    def __init__(self, lines: WaitingLines, secret: str) -> None:
        self._lines = lines
        self._secret = secret
        self._deadline = Deadline()
        self._pause_s = 0.0
        self._said_s = float("-inf")
        self._ending = Event()
        self._end_by_s = float("inf")
        super().__init__()

    @property
    def ending(self) -> bool:
        """Whether no more lines come."""
        return self._ending.is_set()

    def end_within(self, seconds: float) -> None:
        """Pause no more, and stop then."""
        self._end_by_s = monotonic() + seconds
        self._ending.set()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=bounded(self._deadline), **kwargs)

    def cert_verify(self, *_: object) -> None:
        """Add nobody to whom the context trusts."""

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        self._ending.wait(self._pause_s)
        if lost := self._lines.take_lost():
            self.tell("too many lines wait to be shipped", lost)
        within_s = min(ANSWERS_WITHIN_S, self._end_by_s - monotonic())
        if within_s <= 0:
            raise SystemExit  # of its thread; after any Exception the library would try again
        self._pause_s = min(max(2 * self._pause_s, AGAIN_AFTER_S), AGAIN_AFTER_AT_MOST_S)
        self._deadline.at_s = monotonic() + within_s
        try:
            answer = super().send(request, *args, **{**kwargs, "timeout": within_s})
            _ = answer.content  # it is read here, where a failure is told
            answer.encoding = "latin-1"  # not to be guessed at
        except Exception as error:  # whatever it was, it is told, and left to the library
            self.tell(f"Logz.io cannot be reached: {_origin(error)}".replace(self._secret, "***"))
            raise
        status = answer.status_code
        taken, refused = status == HTTPStatus.OK, status in REFUSED
        if taken or refused:
            self._pause_s = 0.0
            under_way = self._lines.done()
        if not taken:
            self.tell(f"Logz.io answers {status}", under_way if refused else 0)
        if refused:
            answer.status_code = HTTPStatus.BAD_REQUEST  # the library gives such a bulk up, and no other but 401
        return answer

    def tell(self, reason: str, lines: int = 0) -> None:
        """Tell it on standard error, too, now and then; always if lines are lost."""
        now_s = monotonic()
        if lines or now_s - self._said_s >= SAID_AGAIN_AFTER_S:
            self._said_s = now_s
            log.warning("log not shipped", reason=reason, lines_lost=lines)


def _origin(error: BaseException) -> BaseException:
    """Give what the libraries wrapped."""
    while inner := error.__cause__ or error.__context__:
        error = inner
    return error
