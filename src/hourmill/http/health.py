"""GET /health (the process is there) and GET /readyz (send it requests, or not)."""

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Literal, TypeAlias

from hourmill.http.answer import Answer, fresh
from hourmill.http.problems import described, retry_after
from hourmill.http.rsgi import HTTPProtocol, Scope

Ready: TypeAlias = Callable[[], Awaitable[None]]
"""Returns once a server behind us can be used."""


class Health:
    """What a load balancer asks."""

    def __init__(self, behind: Sequence[Ready]) -> None:
        self._behind = behind
        self._state: Literal["starting", "ready", "draining"] = "starting"

    async def start(self) -> None:
        """Be ready once every server behind us can be used."""
        for ready in self._behind:
            await ready()
        if self._state == "starting":
            self._state = "ready"

    def drain(self) -> None:
        """Be ready no more."""
        self._state = "draining"

    async def health(self, scope: Scope, protocol: HTTPProtocol) -> Answer:  # noqa: ARG002 a handler's signature
        """Say that the service is there."""
        return fresh({"status": "ok"})

    async def readyz(self, scope: Scope, protocol: HTTPProtocol) -> Answer:  # noqa: ARG002 a handler's signature
        """Ready once every server behind it was reached, until it stops; not while one of them is away."""
        if self._state == "ready":
            return fresh({"status": "ready"})
        return described(HTTPStatus.SERVICE_UNAVAILABLE, f"The service is {self._state}.", [retry_after()], {})
