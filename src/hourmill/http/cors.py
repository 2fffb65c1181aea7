"""Pages of other origins: which may read our answers, and may send what a browser asks about first (CORS)."""

from collections.abc import Iterable, Mapping

from hourmill.http.answer import Answer, Headers
from hourmill.http.gate import Route
from hourmill.http.rsgi import Scope

ANY = "*"
REMEMBERED_S = 7200  # by browsers; none remembers for longer than two hours
REQUEST_HEADERS = "authorization, content-type, idempotency-key"
ANSWER_HEADERS = "retry-after, ratelimit, ratelimit-policy, link"


class Cors:
    """Lets pages of these origins in where a key lets in; never with cookies, and never to sign in."""

    def __init__(self, origins: Iterable[str]) -> None:
        """origins: like https://example.com; or *, for all."""
        self._origins = frozenset(origins)

    def preflight(self, request: Scope, methods: Mapping[str, Route]) -> Answer | None:
        """The answer to a browser that asks whether a page may send a request; None: it may not."""
        origin = self._allowed(request, methods)
        if origin is None or request.method != "OPTIONS" or "access-control-request-method" not in request.headers:
            return None
        allowed: Headers = [
            *self._headers(origin),
            ("access-control-allow-methods", ", ".join(methods)),
            ("access-control-allow-headers", REQUEST_HEADERS),
            ("access-control-max-age", str(REMEMBERED_S)),
        ]
        return Answer(204, allowed, b"")

    def dressed(self, request: Scope, methods: Mapping[str, Route], answer: Answer) -> Answer:
        """The answer, for a page to read if it may."""
        origin = self._allowed(request, methods)
        if origin is None or request.method == "OPTIONS":  # preflight() has said all that there is to say
            return answer
        exposed = ("access-control-expose-headers", ANSWER_HEADERS)
        return answer._replace(headers=[*answer.headers, *self._headers(origin), exposed])

    def _allowed(self, request: Scope, methods: Mapping[str, Route]) -> str | None:
        """The origin as it is to be named, if it is let in there."""
        origin = request.headers.get("origin")
        if origin is None or all(route.scope is None for route in methods.values()):
            return None
        if ANY in self._origins:
            return ANY
        return origin if origin in self._origins else None

    def _headers(self, origin: str) -> Headers:
        allowed = ("access-control-allow-origin", origin)
        return [allowed] if origin == ANY else [allowed, ("vary", "origin")]
