"""GET /health (the process is there) and GET /readyz (send it requests, or not)."""

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Literal, TypeAlias

from hourmill.http.answer import Answer, fresh
from hourmill.http.problems import described, retry_after
from hourmill.http.rsgi import HTTPProtocol, Scope

Ready: TypeAlias = Callable[[], Awaitable[None]]
"""Returns once a server behind us can be used."""

Refusal: TypeAlias = Callable[[], str | None]
"""Why nothing is accepted, for seconds now; None: something is."""


class Health:
    """What a load balancer asks."""

    def __init__(self, behind: Sequence[Ready], refusal: Refusal = lambda: None) -> None:
        self._behind = behind
        self._refusal = refusal
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
        """Ready once every server behind it was reached, until it stops; not while nothing is accepted."""
        state: str = self._state
        detail = f"The service is {self._state}."
        if self._state == "ready":
            refusal = self._refusal()
            if refusal is None:
                return fresh({"status": "ready"})
            state, detail = "refusing", f"Nothing is accepted. {refusal}"
        return described(HTTPStatus.SERVICE_UNAVAILABLE, detail, [retry_after()], {"state": state})
