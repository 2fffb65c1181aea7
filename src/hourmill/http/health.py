"""GET /health (the process is there) and GET /readyz (send it requests, or not)."""

from http import HTTPStatus
from typing import Literal

from hourmill.http.answer import Answer, fresh
from hourmill.http.problems import described, retry_after
from hourmill.http.rsgi import HTTPProtocol, Scope


class Health:
    """What a load balancer asks; `state` is set by the roof."""

    def __init__(self) -> None:
        self.state: Literal["starting", "ready", "draining"] = "starting"

    async def health(self, scope: Scope, protocol: HTTPProtocol) -> Answer:  # noqa: ARG002 a handler's signature
        """Say that the service is there."""
        return fresh({"status": "ok"})

    async def readyz(self, scope: Scope, protocol: HTTPProtocol) -> Answer:  # noqa: ARG002 a handler's signature
        """Ready once every server behind it was reached, until it stops; not while one of them is away."""
        if self.state == "ready":
            return fresh({"status": "ready"})
        return described(HTTPStatus.SERVICE_UNAVAILABLE, f"The service is {self.state}.", [retry_after()], {})
