"""Shipping the log to Logz.io by its library: in bulks, from a thread of its own, never in anybody's way."""

import logging
import sys
from contextlib import suppress
from threading import Thread
from urllib.parse import quote

from logzio.sender import LogzioSender
from requests import Request

from hourmill.adapters.logzio.attempts import Attempts
from hourmill.adapters.logzio.waiting import WaitingLines

SHIPPED_EVERY_S = 2.0
AT_LEAST_BETWEEN_S = 0.1  # between two attempts, also at the end
CLOSES_WITHIN_S = 3.0  # of the 10 s within which a service stops
NOTHING = logging.CRITICAL + 1


class Shipper(logging.Handler):
    """Takes lines of JSON. What cannot be shipped waits in memory, up to a limit, then the oldest go.

    url     of the listener, https
    token   it goes to Logz.io and nowhere else
    raises  ValueError if the URL is none
    """

    def __init__(self, url: str, token: str) -> None:
        super().__init__()
        Request("POST", url).prepare()  # what it raises later nobody would tell
        secret = quote(token, safe="")
        self._lines = WaitingLines()
        self._attempts = Attempts(self._lines, secret)
        self._sender = _Sender(
            secret,
            url.rstrip("/"),
            backup_logs=False,  # it would write files into the working folder
            number_of_retries=sys.maxsize,  # the bound is that of the lines
            retry_timeout=AT_LEAST_BETWEEN_S,
        )
        self._sender.queue = self._lines
        # Not disabled but replaced: Granian configures logging anew, and that would enable it.
        self._sender.stdout_logger = logging.Logger("hourmill.logzio", NOTHING)
        logging.getLogger("urllib3").setLevel(NOTHING)  # it names URLs, also in warnings
        self._sender.requests_session.mount("https://", self._attempts)
        self._sender.requests_session.trust_env = False  # neither proxies nor other authorities
        self._sender.requests_session.max_redirects = 0
        self._thread = Thread(target=self._run, name="hourmill-log-shipper", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._lines.put(self.format(record))
        except Exception:  # noqa: BLE001 as every handler of the library: who logs must not fail for it
            self.handleError(record)

    def end(self) -> None:
        """Ship what waits, if it can be done soon, and say how much is left.

        Not close(): whoever configures logging anew calls that.
        """
        self._attempts.end_within(CLOSES_WITHIN_S)
        self._lines.bulk.set()
        self._thread.join(CLOSES_WITHIN_S)
        if left := self._lines.left() + self._lines.take_lost():
            self._attempts.tell("Logz.io has not taken them before the end", left)

    def _run(self) -> None:
        last = False
        while not last:
            self._lines.bulk.wait(SHIPPED_EVERY_S)
            self._lines.bulk.clear()
            last = self._attempts.ending
            with suppress(SystemExit):
                self._sender.flush()


class _Sender(LogzioSender):
    def _initialize_sending_thread(self) -> None:
        """Start none: that of the library is no daemon, and would hold up the end of the process."""
