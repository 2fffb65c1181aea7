"""What a worker answers: whether it lives, whether it is ready, and its metrics."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from hourmill.http.answer import Answer
from hourmill.http.health import Health
from hourmill.http.metrics import Metrics
from hourmill.http.problems import not_allowed, not_found
from hourmill.http.rsgi import HTTPProtocol, Scope

Handler: TypeAlias = Callable[[Scope, HTTPProtocol], Awaitable[Answer]]


class WatchApp:
    """An application for those who watch; it takes no views and tells none."""

    def __init__(self, health: Health, metrics: Metrics) -> None:
        self._health = health
        self._routes: dict[str, Handler] = {
            "/metrics": metrics.metrics,
            "/livez": health.health,
            "/health": health.health,
            "/readyz": health.readyz,
        }

    def take(self, scope: Scope, protocol: HTTPProtocol) -> bool:  # noqa: ARG002
        """Nothing here is asked often."""
        return False

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        handler = self._routes.get(scope.path)
        if handler is None:
            answer = not_found(scope.path)
        elif scope.method not in ("GET", "HEAD"):
            answer = not_allowed("GET, HEAD")
        else:
            answer = await handler(scope, protocol)
        protocol.response_bytes(*answer)

    async def start(self) -> None:
        """Be ready once every server behind us can be used."""
        await self._health.start()

    def drain(self) -> None:
        """Say that it stops."""
        self._health.drain()

    def give_up(self) -> None:
        """Nothing is read here."""
