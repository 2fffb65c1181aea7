"""A connection over TLS that is given up at a moment; the library's timeout is for each read and write alone."""

from ssl import SSLSocket
from time import monotonic
from typing import Any


class BoundedSocket(SSLSocket):
    """For SSLContext.sslsocket_class. The handshake has the library's timeout, which is for all of it.

    give_up_at_s  by time.monotonic(); past it reads and writes raise TimeoutError
    """

    give_up_at_s = float("inf")

    def send(self, data: Any, flags: int = 0) -> int:
        self._hurry()
        return super().send(data, flags)

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        self._hurry()
        return super().recv_into(buffer, nbytes, flags)

    def _hurry(self) -> None:
        left_s = self.give_up_at_s - monotonic()
        if left_s <= 0:
            raise TimeoutError("timed out")
        self.settimeout(left_s if left_s < float("inf") else None)
