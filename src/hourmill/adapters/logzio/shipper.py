"""Shipping the log to Logz.io: in bulks, from a thread of its own, never in anybody's way."""

import logging
from collections import deque
from http import HTTPStatus
from http.client import HTTPException, HTTPSConnection
from ssl import create_default_context
from threading import Condition, Thread
from time import monotonic
from urllib.parse import quote, urlsplit

import structlog

from hourmill.adapters.logzio.bounded import BoundedSocket

log = structlog.get_logger()

SHIPPED_EVERY_S = 2.0
BULK_BYTES = 1 << 20  # Logz.io takes 10 MiB
WAITING_BYTES = 8 << 20  # while Logz.io is away; then the oldest lines go
LINE_BYTES = 400_000  # Logz.io cuts lines of 500,000 off
ANSWERS_WITHIN_S = 10.0
AGAIN_AFTER_S = 1.0
AGAIN_AFTER_AT_MOST_S = 30.0
SAID_AGAIN_AFTER_S = 60.0
CLOSES_WITHIN_S = 3.0  # of the 10 s within which a service stops
REFUSED = {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}


class Shipper(logging.Handler):
    """Takes lines of JSON. What cannot be shipped waits in memory, up to a limit, then the oldest go.

    url    of the listener, https
    token  it goes to Logz.io and nowhere else
    """

    def __init__(self, url: str, token: str) -> None:
        super().__init__()
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port
        self._path = f"{parts.path or '/'}?token={quote(token, safe='')}&type=hourmill"
        self._tls = create_default_context()
        self._tls.sslsocket_class = BoundedSocket
        self._lines: deque[bytes] = deque()
        self._bytes = 0
        self._under_way = 0
        self._lost = 0
        self._closing = False
        self._close_by_s = float("inf")
        self._said_s = float("-inf")
        self._changed = Condition()
        self._thread = Thread(target=self._run, name="hourmill-log-shipper", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record).encode(errors="replace")
        except Exception:  # noqa: BLE001 as every handler of the library: who logs must not fail for it
            self.handleError(record)
            return
        with self._changed:
            if len(line) > LINE_BYTES:
                self._lost += 1
                return
            self._lines.append(line)
            self._bytes += len(line)
            while self._bytes > WAITING_BYTES:
                self._bytes -= len(self._lines.popleft())
                self._lost += 1
            if self._bytes >= BULK_BYTES:
                self._changed.notify()

    def end(self) -> None:
        """Ship what waits, if it can be done soon, and say how much is left.

        Not close(): whoever configures logging anew calls that.
        """
        with self._changed:
            self._closing = True
            self._close_by_s = monotonic() + CLOSES_WITHIN_S
            self._changed.notify()
        self._thread.join(CLOSES_WITHIN_S)
        with self._changed:
            left = self._under_way + len(self._lines)
        if left:
            self._say("Logz.io has not taken them before the end", left)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closing or self._bytes >= BULK_BYTES, SHIPPED_EVERY_S)
                last = self._closing
            while bulk := self._bulk():
                if not self._ship(bulk):
                    return
            if last:
                return

    def _bulk(self) -> bytes:
        """The next lines, one below the other; empty if there are none."""
        lines: list[bytes] = []
        size = 0
        with self._changed:
            while self._lines and size < BULK_BYTES:
                lines.append(self._lines.popleft())
                size += len(lines[-1])
            self._bytes -= size
            self._under_way = len(lines)
            lost, self._lost = self._lost, 0
        if lost:
            self._say("too many lines wait to be shipped", lost)
        return b"\n".join(lines)

    def _ship(self, bulk: bytes) -> bool:
        """Whether there is time for more."""
        pause_s = AGAIN_AFTER_S
        while monotonic() < self._close_by_s:
            try:
                status = self._post(bulk)
            except (OSError, HTTPException) as error:
                self._say(f"Logz.io cannot be reached: {error}")
            else:
                if status != HTTPStatus.OK:
                    self._say(f"Logz.io answers {status}", self._under_way if status in REFUSED else 0)
                if status == HTTPStatus.OK or status in REFUSED:
                    self._under_way = 0
                    return True
            with self._changed:
                self._changed.wait_for(lambda: self._closing, pause_s)
            pause_s = min(2 * pause_s, AGAIN_AFTER_AT_MOST_S)
        return False

    def _post(self, bulk: bytes) -> int:
        within_s = min(ANSWERS_WITHIN_S, max(0.1, self._close_by_s - monotonic()))
        connection = HTTPSConnection(self._host, self._port, timeout=within_s, context=self._tls)
        give_up_at_s = monotonic() + within_s
        try:
            connection.connect()
            assert isinstance(connection.sock, BoundedSocket)
            connection.sock.give_up_at_s = give_up_at_s
            connection.request("POST", self._path, bulk, {"content-type": "text/plain; charset=utf-8"})
            answer = connection.getresponse()
            answer.read()
            return answer.status
        finally:
            connection.close()

    def _say(self, reason: str, lines: int = 0) -> None:
        """Say it on standard error, too, now and then."""
        now_s = monotonic()
        if lines or now_s - self._said_s >= SAID_AGAIN_AFTER_S:
            self._said_s = now_s
            log.warning("log not shipped", reason=reason, lines_lost=lines)
