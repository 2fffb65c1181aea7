"""The usual request that counts, in a few calls; whatever else comes is a task's work (http/app.py).

Granian makes a task for each request. Its steps, futures and turns of the event loop cost more than all that a view
needs besides; so a request that can be taken as it is has none: docs/decisions/0020.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from hourmill.core.figures import RequestFigures
from hourmill.errors import Closing, HourmillError, NotAccepted, Overloaded
from hourmill.http.answer import COUNTED, Answer
from hourmill.http.body import BodyReader, is_json
from hourmill.http.problems import problem
from hourmill.http.rsgi import Body, HTTPProtocol, Scope
from hourmill.http.trouble import TroubleLog
from hourmill.services.time_slices import TimeSlices, Work

UNUSUAL = frozenset({"content-encoding", "idempotency-key", "origin", "x-request-id"})  # headers that ask for more


class Quick(NamedTuple):
    """How a route counts a usual request.

    take     adds what a body holds, and the request that is told when that is durable; before, it may change the
             answer of success. Raises as the route's handler does. Work that takes longer is given back
    refusal  why it would be refused at once, or None; asked on any thread
    slices   does that work
    """

    take: Callable[[bytes, "QuickRequest"], Work[None] | None]
    limit_bytes: int
    refusal: Callable[[], NotAccepted | None]
    slices: TimeSlices


class Shortcut:
    """Takes usual requests: a POST of JSON, its length known and within the limit, no header that asks for more."""

    def __init__(
        self, routes: Mapping[str, Quick], bodies: BodyReader, figures: RequestFigures, trouble: TroubleLog
    ) -> None:
        """routes: by path."""
        self._routes = routes
        self._bodies = bodies
        self._figures = figures
        self._trouble = trouble
        # Plain numbers are raised by one thread each: Granian's turns away, another one may commit.
        self._refused = {path: dict.fromkeys((Overloaded, Closing), 0) for path in routes}
        self._committed = RequestFigures()

    def figures(self) -> list[RequestFigures]:
        """What was answered on other threads than the event loop's; it is in no other figures."""
        answers = {path: {503: sum(kinds.values())} for path, kinds in self._refused.items() if any(kinds.values())}
        refused = Counter[str]()
        for kinds in self._refused.values():
            refused.update({kind.__name__: number for kind, number in kinds.items() if number})
        committed = self._committed  # copied, as it may grow meanwhile
        told = {path: statuses.copy() for path, statuses in committed.answers.copy().items()}
        return [RequestFigures(answers, dict(refused)), RequestFigures(told, committed.refused.copy())]

    def take(self, scope: Scope, protocol: HTTPProtocol) -> bool:
        """Whether the request is a usual one; it is answered then. Runs on Granian's thread, beside the event loop."""
        path = scope.path
        route = self._routes.get(path)
        if route is None or scope.method != "POST":
            return False
        headers = scope.headers
        if not UNUSUAL.isdisjoint(headers.keys()):
            return False
        length = headers.get("content-length")
        is_small = length is not None and int(length) <= route.limit_bytes  # the server has checked that it is digits
        if (refusal := route.refusal()) is not None:  # at once: where too much waits, this shall not wait with it
            self._refused[path][type(refusal)] += 1
            protocol.response_bytes(*problem(refusal))
            return True
        if not is_small or not is_json(headers.get("content-type") or ""):
            return False
        request = QuickRequest(path, protocol, self._committed, self._trouble)
        self._bodies.begin(protocol, partial(self._came, route, request))
        return True

    def _came(self, route: Quick, request: "QuickRequest", body: Body) -> None:
        try:
            work = route.take(self._bodies.end(body), request)
            if work is not None:
                route.slices.let_in()
                route.slices.run(work, lambda _, error: self._worked(request, error))
        except HourmillError as error:
            request.refuse(error, self._figures)
        except Exception:  # a fault of ours: the event loop logs it, but answers nobody
            request.refuse(HourmillError(), self._figures)
            raise

    def _worked(self, request: "QuickRequest", error: Exception | None) -> None:
        if error is not None:
            request.refuse(error if isinstance(error, HourmillError) else HourmillError(), self._figures)
            if not isinstance(error, HourmillError):
                raise error


class QuickRequest:
    """A request that is answered when its group is durable, or at once when it is refused.

    answer  of success
    """

    __slots__ = ("_committed", "_path", "_protocol", "_trouble", "answer")

    def __init__(self, path: str, protocol: HTTPProtocol, committed: RequestFigures, trouble: TroubleLog) -> None:
        """committed: figures of the thread that commits."""
        self._path = path
        self._protocol = protocol
        self._committed = committed
        self.answer = COUNTED
        self._trouble = trouble

    def set_result(self, _: None, /) -> None:
        self._answer(self.answer, self._committed)

    def set_exception(self, error: HourmillError, /) -> None:
        self.refuse(error, self._committed)

    def refuse(self, error: HourmillError, figures: RequestFigures) -> None:
        """Answer with an error."""
        figures.refused_for(error)
        self._trouble.note(error)
        self._answer(problem(error), figures)

    def _answer(self, answer: Answer, figures: RequestFigures) -> None:
        figures.answered(self._path, answer.status)
        self._protocol.response_bytes(*answer)
