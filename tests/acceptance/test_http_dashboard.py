"""GET / and /assets/: the dashboard's files."""

import gzip
import re
from html.parser import HTMLParser
from pathlib import Path
from posixpath import dirname, join, normpath

import pytest
from tests.service import RunningService

from hourmill.http.assets import FOLDER, POLICY, files_of

OWN_FILES = [path for path in files_of(FOLDER) if "vendor" not in path.parts]
NAMESPACE = "http://www.w3.org/2000/svg"


class Page(HTMLParser):
    """What a page names and what it holds itself."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.named: list[str] = []
        self.inline: list[str] = []
        self._script = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in {"link", "script"}:
            self.named.append(given.get("href") or given.get("src") or "")
        self._script = tag == "script"
        self.inline += [name for name in given if name == "style" or name.startswith("on")]
        self.inline += [tag] * (tag == "style")

    def handle_data(self, data: str) -> None:
        self.inline += [data] * (self._script and bool(data.strip()))

    def handle_endtag(self, tag: str) -> None:
        self._script = False


def page_of(service: RunningService) -> Page:
    return Page(service.get("/").body.decode())


def test_the_page_may_be_asked_for_by_nobody_but_its_own_host(service: RunningService) -> None:
    headers = service.get("/").headers
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in POLICY
    assert "unsafe" not in POLICY


def test_nothing_is_written_into_the_page_that_the_policy_would_stop(service: RunningService) -> None:
    assert page_of(service).inline == []


def test_all_that_the_page_and_its_modules_name_is_there_and_kept(service: RunningService) -> None:
    waiting, seen = [f"/{name}" for name in page_of(service).named], set[str]()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = service.get(path)
        assert answer.status == 200, path
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
        named = re.findall(rb'(?:from|import) "(\.[^"]+)"|url\("(\.[^"]+)"\)', answer.body)
        waiting += [normpath(join(dirname(path), (a or b).decode())) for a, b in named]
    names = {path.split("/", 3)[3] for path in seen}
    assert names == {path.relative_to(FOLDER).as_posix() for path in files_of(FOLDER)} - {
        "index.html",
        "css/docs.css",  # of the page /docs
        "vendor/uplot/LICENSE",
        "vendor/hanken-grotesk/LICENSE",
    }


def test_every_licence_of_others_is_there(service: RunningService) -> None:
    version = page_of(service).named[0].split("/")[1]
    uplot, hanken = (service.get(f"/assets/{version}/vendor/{name}/LICENSE") for name in ("uplot", "hanken-grotesk"))
    assert b"MIT License" in uplot.body
    assert b"SIL Open Font License" in hanken.body


@pytest.mark.parametrize("path", OWN_FILES, ids=lambda path: path.name)
def test_no_file_of_ours_names_another_host(path: Path) -> None:
    assert set(re.findall(r"(?:https?:)?//[\w-]+\.[\w.-]+[^\s\"]*", path.read_text())) <= {NAMESPACE}


def test_the_page_is_asked_for_again_and_not_sent_again(service: RunningService) -> None:
    first = service.get("/")
    assert first.headers["cache-control"] == "no-cache"
    again = service.get("/", [("if-none-match", first.headers["etag"])])
    assert (again.status, again.body) == (304, b"")
    assert service.get("/", [("if-none-match", '"another"')]).status == 200


def test_who_takes_gzip_gets_gzip(service: RunningService) -> None:
    plain, zipped = service.get("/"), service.get("/", [("accept-encoding", "br, gzip")])
    assert "content-encoding" not in plain.headers
    assert zipped.headers["content-encoding"] == "gzip"
    assert zipped.headers["vary"] == "accept-encoding"
    assert gzip.decompress(zipped.body) == plain.body


def test_a_head_has_the_headers_only(service: RunningService) -> None:
    answer = service.request("HEAD", "/")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["etag"] == service.get("/").headers["etag"]


@pytest.mark.parametrize(
    "path", ["/assets/", "/assets/nothing", "/assets/../app.py", "/assets/0000/js/main.js", "/index.html"]
)
def test_what_is_not_there_is_not_found(service: RunningService, path: str) -> None:
    assert service.get(path).status == 404


@pytest.mark.parametrize("path", ["/", "/assets/x"])
def test_only_get_and_head_are_allowed(service: RunningService, path: str) -> None:
    answer = service.post(path, {})
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")
