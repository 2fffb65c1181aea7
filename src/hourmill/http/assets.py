"""GET / and /assets/: the dashboard's files, read once, as they are in the package."""

import gzip
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from hourmill.http.answer import Answer, Headers
from hourmill.http.problems import not_found
from hourmill.http.rsgi import HTTPProtocol, Scope

FOLDER = Path(__file__).parent / "assets"
INDEX = "index.html"
CLASSIC = "js/early.js"  # the script that is not a module
PREFIX = "/assets/"
VERSION = b"VERSION"  # stands in index.html for the hash of all files
MODULES = b"<!-- MODULES -->"  # and this for links to all modules, so that they are asked for at once
HASH_CHARS = 16

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    "": "text/plain; charset=utf-8",  # a licence
}
COMPRESSED = frozenset({".woff2"})

# nothing from another host, nothing written into the page; data: is for what a chart may draw
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
SECURITY: Headers = [
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
]
ALWAYS_ASKED = "no-cache"
KEPT = "public, max-age=31536000, immutable"  # a year: the name of a changed file is another one


class File(NamedTuple):
    """A file as it is sent, and as it is sent to who takes gzip."""

    headers: Headers
    etag: str
    body: bytes
    zipped: bytes | None

    def answer(self, scope: Scope) -> Answer:
        """The file, or that who asks has it already."""
        if self.etag in (scope.headers.get("if-none-match") or ""):
            return Answer(304, self.headers, b"")
        if self.zipped is not None and "gzip" in (scope.headers.get("accept-encoding") or ""):
            return Answer(200, [*self.headers, ("content-encoding", "gzip")], self.zipped)
        return Answer(200, self.headers, self.body)


class Assets:
    """Answers with the dashboard. All its files but index.html have one version, their common hash, in their paths."""

    def __init__(self, folder: Path = FOLDER) -> None:
        bodies = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files_of(folder)}
        self._version = version = hash_of(*(name.encode() + b"\0" + bodies[name] for name in sorted(bodies)))
        self._index = self.made(INDEX, bodies.pop(INDEX).replace(MODULES, _preloaded(bodies)))
        self._files = {f"{PREFIX}{version}/{name}": _file(name, body, KEPT) for name, body in bodies.items()}

    def made(self, name: str, body: bytes) -> File:
        """A file that is asked for by its own path; VERSION in it becomes the one in the paths of all others."""
        return _file(name, body.replace(VERSION, self._version.encode()), ALWAYS_ASKED)

    async def index(self, scope: Scope, protocol: HTTPProtocol) -> Answer:  # noqa: ARG002 a GET has no body to read
        """The page."""
        return self._index.answer(scope)

    async def asset(self, scope: Scope, protocol: HTTPProtocol) -> Answer:  # noqa: ARG002 a GET has no body to read
        """What the page needs: scripts, styles, type."""
        file = self._files.get(scope.path)
        return not_found(scope.path) if file is None else file.answer(scope)


def files_of(folder: Path) -> list[Path]:
    """The files in a folder and below it."""
    return [path for path in folder.rglob("*") if path.is_file()]


def hash_of(*parts: bytes) -> str:
    """What tells contents apart."""
    digest = sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8) + part)
    return digest.hexdigest()[:HASH_CHARS]


def _preloaded(names: Iterable[str]) -> bytes:
    modules = sorted(name for name in names if name.endswith(".js") and name != CLASSIC)
    return b"\n  ".join(b'<link rel="modulepreload" href="assets/VERSION/%b">' % name.encode() for name in modules)


def _file(name: str, body: bytes, caching: str) -> File:
    suffix = Path(name).suffix
    etag = f'"{hash_of(body)}"'
    headers = [("content-type", TYPES[suffix]), ("cache-control", caching), ("etag", etag), *SECURITY]
    if suffix in COMPRESSED:
        return File(headers, etag, body, None)
    return File([*headers, ("vary", "accept-encoding")], etag, body, gzip.compress(body, mtime=0))
