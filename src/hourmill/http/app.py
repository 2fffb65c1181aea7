"""The routes, and the RSGI application that serves them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from hourmill.errors import HourmillError
from hourmill.http.answer import Answer, fresh
from hourmill.http.collect import Collect
from hourmill.http.problems import not_allowed, not_found, problem
from hourmill.http.report import Report
from hourmill.http.rsgi import HTTPProtocol, Scope

Handler: TypeAlias = Callable[[Scope, HTTPProtocol], Awaitable[Answer]]


class App:
    """Finds the handler, sends its answer or the problem it ended in."""

    def __init__(self, collect: Collect, report: Report) -> None:
        self._routes: dict[str, dict[str, Handler]] = {
            "/page-views/single": {"POST": collect.single},
            "/page-views/multi": {"POST": collect.multi},
            "/report": {"GET": report.report, "HEAD": report.report},
            "/health": {"GET": health, "HEAD": health},
        }
        self._in_flight = 0
        self._last_answered: asyncio.Future[None] | None = None

    async def drained(self) -> None:
        """Wait until no request is in flight."""
        if self._in_flight:
            self._last_answered = asyncio.get_running_loop().create_future()
            await self._last_answered

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        self._in_flight += 1
        try:
            answer = await self._answer(scope, protocol)
            protocol.response_bytes(*answer)
        finally:
            self._in_flight -= 1
            if self._last_answered is not None and not self._in_flight:
                self._last_answered.set_result(None)

    async def _answer(self, scope: Scope, protocol: HTTPProtocol) -> Answer:
        methods = self._routes.get(scope.path)
        if methods is None:
            return not_found(scope.path)
        handler = methods.get(scope.method)
        if handler is None:
            return not_allowed(", ".join(methods))
        try:
            return await handler(scope, protocol)
        except HourmillError as error:
            return problem(error)


async def health(scope: Scope, protocol: HTTPProtocol) -> Answer:  # noqa: ARG001 a handler's signature
    """Say that the service is there."""
    return fresh({"status": "ok"})
