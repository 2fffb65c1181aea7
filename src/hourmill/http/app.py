"""The routes, and the RSGI application that serves them."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from hourmill.errors import HourmillError
from hourmill.http.answer import Answer
from hourmill.http.assets import PREFIX, Assets
from hourmill.http.body import BodyReader
from hourmill.http.collect import Collect
from hourmill.http.health import Health
from hourmill.http.problems import not_allowed, not_found, problem
from hourmill.http.report import Report
from hourmill.http.rsgi import HTTPProtocol, Scope

Handler: TypeAlias = Callable[[Scope, HTTPProtocol], Awaitable[Answer]]


class App:
    """Finds the handler, sends its answer or the problem it ended in."""

    def __init__(self, collect: Collect, report: Report, bodies: BodyReader, health: Health, assets: Assets) -> None:
        self._bodies = bodies
        self._health = health
        self._routes: dict[str, dict[str, Handler]] = {
            "/page-views/single": {"POST": collect.single},
            "/page-views/multi": {"POST": collect.multi},
            "/report": {"GET": report.report, "HEAD": report.report},
            "/health": {"GET": health.health, "HEAD": health.health},
            "/readyz": {"GET": health.readyz, "HEAD": health.readyz},
            "/": {"GET": assets.index, "HEAD": assets.index},
            PREFIX: {"GET": assets.asset, "HEAD": assets.asset},
        }

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        methods = self._routes.get(PREFIX if scope.path.startswith(PREFIX) else scope.path)
        handler = methods.get(scope.method) if methods else None
        if handler is None:
            answer = not_allowed(", ".join(methods)) if methods else not_found(scope.path)
        else:
            try:
                answer = await handler(scope, protocol)
            except HourmillError as error:
                answer = problem(error)
        protocol.response_bytes(*answer)

    async def start(self) -> None:
        """Be ready once every server behind us can be used."""
        await self._health.start()

    def drain(self) -> None:
        """Say that no further requests are wanted."""
        self._health.drain()

    def give_up(self) -> None:
        """End the requests whose bodies have not arrived."""
        self._bodies.give_up()
