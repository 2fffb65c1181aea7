"""TLS that is given up at a moment; the timeout of the libraries is for each read and write alone."""

from ssl import SSLContext, SSLSocket, create_default_context
from time import monotonic
from typing import Any


class Deadline:
    """By time.monotonic()."""

    at_s = float("inf")

    def left_s(self) -> float:
        """How long it is away.

        raises  TimeoutError
        """
        left_s = self.at_s - monotonic()
        if left_s <= 0:
            raise TimeoutError("timed out")
        return left_s


def bounded(deadline: Deadline) -> SSLContext:
    """Give one that trusts as SSL_CERT_FILE and the system say, and whose connections fail past the deadline."""

    class BoundedSocket(SSLSocket):
        def do_handshake(self, block: bool = False) -> None:
            self.settimeout(deadline.left_s())
            super().do_handshake(block)

        def send(self, data: Any, flags: int = 0) -> int:
            self.settimeout(deadline.left_s())
            return super().send(data, flags)

        def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
            self.settimeout(deadline.left_s())
            return super().recv_into(buffer, nbytes, flags)

    context = create_default_context()
    context.sslsocket_class = BoundedSocket
    return context
