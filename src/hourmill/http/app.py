"""The routes, and the RSGI application that serves them."""

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from hourmill.core.access_key import AccessKey, KeyScope
from hourmill.core.figures import RequestFigures, added_up
from hourmill.errors import HourmillError
from hourmill.http.answer import Answer
from hourmill.http.assets import PREFIX, Assets
from hourmill.http.body import BodyReader
from hourmill.http.collect import Collect
from hourmill.http.cors import Cors
from hourmill.http.gate import Gate, Route
from hourmill.http.health import Health
from hourmill.http.live import LiveRoute
from hourmill.http.metrics import Metrics
from hourmill.http.openapi.document import document_of
from hourmill.http.openapi.manual import Manual
from hourmill.http.problems import not_allowed, not_found, problem
from hourmill.http.reads import Lane
from hourmill.http.report import Report
from hourmill.http.request_id import failed, named
from hourmill.http.rsgi import Handler, HTTPProtocol, Scope
from hourmill.http.session import Session
from hourmill.http.shortcut import Quick, Shortcut
from hourmill.http.trouble import TroubleLog

Routes: TypeAlias = dict[str, dict[str, Route]]
"""Path -> method -> what is done, and who may."""

FILES = ("/", PREFIX)


LIVE = "/v1/live"


class Parts(NamedTuple):
    """What answers.

    stats  what answers GET, by path
    """

    collect: Collect
    report: Report
    stats: Mapping[str, Handler]
    live: LiveRoute
    health: Health
    session: Session
    assets: Assets
    metrics: Metrics


def routes_of(parts: Parts) -> Routes:
    """Every route there is, with the scope of the key that it may need."""
    collect, session, assets = parts.collect, parts.session, parts.assets
    routes: Routes = {
        "/page-views/single": _count(collect.single, lambda key: collect.of_key(key).single, collect.quick_single()),
        "/page-views/multi": _count(collect.multi, lambda key: collect.of_key(key).multi, collect.quick_multi()),
        "/report": _get(parts.report.report, KeyScope.READ, Lane.REPORTS),
        **{path: _get(handler, KeyScope.READ, Lane.STATISTICS) for path, handler in parts.stats.items()},
        LIVE: _watch(parts.live),
        "/health": _get(parts.health.health),
        "/livez": _get(parts.health.health),
        "/readyz": _get(parts.health.readyz),
        "/metrics": _get(parts.metrics.metrics, KeyScope.READ, Lane.FILES, of_all=True),
        "/session": {
            "GET": Route(session.show),
            "POST": Route(session.begin, counted=True),
            "DELETE": Route(session.end),
        },
        "/": _get(assets.index, lane=Lane.FILES),
        PREFIX: _get(assets.asset, lane=Lane.FILES),
    }
    manual = Manual(document_of(_scopes(routes)), assets)
    return routes | {
        "/openapi.json": _get(manual.document, lane=Lane.FILES),
        "/docs": _get(manual.page, lane=Lane.FILES),
    }


class Entry(NamedTuple):
    """What is before the handlers; cors None: pages of other origins are not let in."""

    gate: Gate
    cors: Cors | None


class App:
    """Finds the handler, lets in who may, sends the answer or the problem it ended in; counts both in its figures."""

    def __init__(self, routes: Routes, entry: Entry, bodies: BodyReader, health: Health, live: LiveRoute) -> None:
        self._figures = RequestFigures()
        self._trouble = TroubleLog(time.monotonic)
        self._shortcut = Shortcut(_quick(routes, entry.gate), bodies, self._figures, self._trouble)
        self.take = self._shortcut.take
        self._bodies = bodies
        self._health = health
        self._live = live
        self._gate = entry.gate
        self._cors = entry.cors
        self._routes = routes

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        path = PREFIX if scope.path.startswith(PREFIX) else scope.path
        methods = self._routes.get(path)
        route = methods.get(scope.method) if methods else None
        answer: Answer | None
        if route is None:
            answer = self._unrouted(scope, methods)
        else:
            try:
                handler = await self._gate.handler(route, scope) if self._gate.asks(route) else route.handler
                answer = await handler(scope, protocol)
            except HourmillError as error:
                answer = problem(error)
                self._figures.refused_for(error)
                self._trouble.note(error)
            except Exception as error:  # noqa: BLE001 a fault of ours: its client is told, and under which name it is logged
                answer = failed(path, scope.headers)
                self._figures.refused_for(error)
        self._figures.answered(path if methods else "other", 200 if answer is None else answer.status)
        if answer is not None:
            if self._cors is not None and methods:
                answer = self._cors.dressed(scope, methods, answer)
            protocol.response_bytes(*named(answer, scope.headers))

    def _unrouted(self, scope: Scope, methods: Mapping[str, Route] | None) -> Answer:
        if not methods:
            return not_found(scope.path)
        preflight = None if self._cors is None else self._cors.preflight(scope, methods)
        return preflight or not_allowed(", ".join(methods))

    def figures(self) -> RequestFigures:
        """What was answered and refused so far."""
        return added_up([self._figures, *self._shortcut.figures()])

    async def start(self) -> None:
        """Be ready once every server behind us can be used."""
        await self._health.start()

    def drain(self) -> None:
        """Say that no further requests are wanted; end what would go on for ever."""
        self._health.drain()
        self._live.close()
        self._gate.close()

    def give_up(self) -> None:
        """End the requests whose bodies have not arrived."""
        self._bodies.give_up()


def _count(handler: Handler, of_key: Callable[[AccessKey], Handler], quick: Quick) -> dict[str, Route]:
    # beacons have no headers
    return {"POST": Route(handler, KeyScope.WRITE, of_key=of_key, key_in_query=True, quick=quick)}


def _quick(routes: Routes, gate: Gate) -> dict[str, Quick]:
    """What may be taken without a task, by path: only where nobody is asked anything."""
    posts = {path: methods["POST"] for path, methods in routes.items() if "POST" in methods}
    return {path: route.quick for path, route in posts.items() if route.quick and not gate.asks(route)}


def _watch(live: LiveRoute) -> dict[str, Route]:
    # an EventSource cannot send headers
    watched = Route(live.of_client(None), KeyScope.READ, of_client=live.of_client, key_in_query=True, lasting=True)
    return {"GET": watched, "HEAD": watched}


def _get(
    handler: Handler, scope: KeyScope | None = None, lane: Lane | None = None, *, of_all: bool = False
) -> dict[str, Route]:
    route = Route(handler, scope, lane, of_all=of_all)
    return {"GET": route, "HEAD": route}


def _scopes(routes: Routes) -> dict[tuple[str, str], KeyScope | None]:
    """What the document tells of: every route but the dashboard's files, with the scope that a key needs."""
    found = {(method, path): route.scope for path, methods in routes.items() for method, route in methods.items()}
    told = {(method, path): scope for (method, path), scope in found.items() if method != "HEAD" and path not in FILES}
    return told | dict.fromkeys([("GET", "/openapi.json"), ("GET", "/docs")])
