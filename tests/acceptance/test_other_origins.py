"""Pages of other origins: let in as the setting says, never with cookies, never to sign in."""

from pathlib import Path

import pytest
from tests.acceptance.routes import GOOD, SINGLE
from tests.client import HeaderLines
from tests.command import run
from tests.conftest import StartService
from tests.service import RunningService

from hourmill.cli.options import Exit

REPORT = "/report?page=example.com/a"
OURS, THEIRS = "https://example.com", "https://example.com.evil.example"
ALLOWED = "access-control-allow-origin"


def from_origin(origin: str, *more: tuple[str, str]) -> HeaderLines:
    return [("origin", origin), *more]


def asking(origin: str) -> HeaderLines:
    return from_origin(
        origin, ("access-control-request-method", "POST"), ("access-control-request-headers", "authorization")
    )


@pytest.fixture(scope="module")
def listed_only() -> dict[str, str]:
    return {"HOURMILL_CORS_ORIGINS": f"{OURS}, http://localhost:8080"}


def test_a_listed_origin_may_ask_send_and_read(start_service: StartService, listed_only: dict[str, str]) -> None:
    service = start_service(listed_only)
    asked = service.request("OPTIONS", SINGLE, None, asking(OURS))
    assert (asked.status, asked.headers[ALLOWED], asked.headers["vary"]) == (204, OURS, "origin")
    assert asked.headers["access-control-allow-methods"] == "POST"
    assert asked.headers["access-control-allow-headers"] == "authorization, content-type, idempotency-key"
    assert service.request("OPTIONS", REPORT, None, asking(OURS)).headers["access-control-allow-methods"] == "GET, HEAD"
    for answer in (
        service.post(SINGLE, GOOD, from_origin(OURS)),
        service.request("POST", SINGLE, GOOD, from_origin(OURS, ("content-type", "text/plain"))),
        service.get(REPORT, from_origin("http://localhost:8080")),
        service.post(SINGLE, b"{}", from_origin(OURS)),
    ):
        assert answer.headers[ALLOWED] in {OURS, "http://localhost:8080"}
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("origin", [THEIRS, "http://example.com", "https://EXAMPLE.com:444", "null", ""])
def test_another_origin_may_neither_ask_nor_read(
    start_service: StartService, listed_only: dict[str, str], origin: str
) -> None:
    service = start_service(listed_only)
    asked = service.request("OPTIONS", SINGLE, None, asking(origin))
    assert (asked.status, ALLOWED in asked.headers) == (405, False)
    assert ALLOWED not in service.post(SINGLE, GOOD, from_origin(origin)).headers


def test_every_origin_may_be_let_in_but_not_to_sign_in(start_service: StartService) -> None:
    service = start_service({"HOURMILL_CORS_ORIGINS": "*"})
    answer = service.get(REPORT, from_origin(THEIRS))
    assert (answer.headers[ALLOWED], "vary" in answer.headers) == ("*", False)
    assert service.request("OPTIONS", "/session", None, asking(THEIRS)).status == 405
    for target in ("/session", "/", "/health", "/nowhere"):
        assert ALLOWED not in service.get(target, from_origin(THEIRS)).headers


def test_without_the_setting_no_origin_is_let_in(service: RunningService) -> None:
    assert service.request("OPTIONS", SINGLE, None, asking(OURS)).status == 405
    assert ALLOWED not in service.get(REPORT, from_origin(OURS)).headers


@pytest.mark.parametrize("target", ["/", REPORT, "/session", "/nowhere", "/report"])
def test_what_could_be_taken_for_a_page_says_that_it_is_none(service: RunningService, target: str) -> None:
    assert service.get(target).headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "origin",
    [
        "https://*.example",
        "https://u:p@example.com",
        "https://example.com/",
        "https://Example.com",
        "https://example.com:443",
        "http://example.com:80",
        "http://",
        "example.com",
    ],
)
def test_what_no_browser_would_name_is_refused(tmp_path: Path, origin: str) -> None:
    done = run(tmp_path, "config", settings={"HOURMILL_CORS_ORIGINS": f"{OURS}, {origin}"})
    assert (done.returncode, "is no origin" in done.stderr) == (Exit.SETTINGS, True)


@pytest.mark.parametrize(
    "origin",
    ["http://localhost:8080", "https://example.com:80", "http://[::1]:8080", "http://xn--bcher-kva.example", "*"],
)
def test_what_a_browser_would_name_is_taken(tmp_path: Path, origin: str) -> None:
    assert run(tmp_path, "config", settings={"HOURMILL_CORS_ORIGINS": f"{OURS}, {origin}"}).returncode == 0
