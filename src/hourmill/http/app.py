"""The routes, and the RSGI application that serves them."""

from collections.abc import Mapping
from typing import TypeAlias

from hourmill.errors import HourmillError
from hourmill.http.answer import Answer
from hourmill.http.assets import PREFIX, Assets
from hourmill.http.body import BodyReader
from hourmill.http.collect import Collect
from hourmill.http.health import Health
from hourmill.http.problems import not_allowed, not_found, problem
from hourmill.http.report import Report
from hourmill.http.rsgi import Handler, HTTPProtocol, Scope

Routes: TypeAlias = dict[str, dict[str, Handler]]
"""Path -> method -> handler."""


def routes_of(collect: Collect, report: Report, stats: Mapping[str, Handler], health: Health, assets: Assets) -> Routes:
    """Every route there is.

    stats  what answers GET, by path
    """
    reading = {
        "/report": report.report,
        **stats,
        "/health": health.health,
        "/readyz": health.readyz,
        "/": assets.index,
        PREFIX: assets.asset,
    }
    return {
        "/page-views/single": {"POST": collect.single},
        "/page-views/multi": {"POST": collect.multi},
        **{path: {"GET": handler, "HEAD": handler} for path, handler in reading.items()},
    }


class App:
    """Finds the handler, sends its answer or the problem it ended in."""

    def __init__(self, routes: Routes, bodies: BodyReader, health: Health) -> None:
        self._bodies = bodies
        self._health = health
        self._routes = routes

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        methods = self._routes.get(PREFIX if scope.path.startswith(PREFIX) else scope.path)
        handler = methods.get(scope.method) if methods else None
        answer: Answer | None
        if handler is None:
            answer = not_allowed(", ".join(methods)) if methods else not_found(scope.path)
        else:
            try:
                answer = await handler(scope, protocol)
            except HourmillError as error:
                answer = problem(error)
        if answer is not None:
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
