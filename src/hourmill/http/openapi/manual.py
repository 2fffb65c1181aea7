"""GET /openapi.json and GET /docs."""

import msgspec

from hourmill.http.answer import Answer
from hourmill.http.assets import Assets
from hourmill.http.openapi.document import Json
from hourmill.http.openapi.page import html_of
from hourmill.http.rsgi import HTTPProtocol, Scope


class Manual:
    """The document of the routes, for programs and for people; made once."""

    def __init__(self, document: Json, assets: Assets) -> None:
        self._assets = assets
        self._document = assets.made("openapi.json", msgspec.json.encode(document))
        self._page = assets.made("docs.html", html_of(document).encode())

    async def document(self, scope: Scope, protocol: HTTPProtocol) -> Answer:  # noqa: ARG002 a GET has no body to read
        """For programs."""
        return self._document.answer(scope)

    async def page(self, scope: Scope, protocol: HTTPProtocol) -> Answer:  # noqa: ARG002 a GET has no body to read
        """For people."""
        return self._page.answer(scope)
