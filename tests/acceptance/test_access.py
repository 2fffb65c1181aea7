"""Who may count and who may read: keys, their scopes, their sites. Making and revoking them: test_access_keys.py."""

from collections.abc import Callable, Iterator
from functools import cache
from urllib.parse import unquote

import pytest
from tests.acceptance.access_keys import bearer, challenged, make_key
from tests.acceptance.answers import refused, success
from tests.acceptance.routes import GOOD, GOOD_BATCH, MULTI, SINGLE, TEN
from tests.client import HeaderLines
from tests.conftest import StartService
from tests.data_file import held
from tests.service import RunningService, running_service

REPORT = "/report?page=example.com/a&now=" + TEN
OPEN_ROUTES = ["/health", "/readyz", "/session"]
Key = Callable[..., str]
NO_KEY = "hm_00000000_" + "0" * 64


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service that needs keys for everything."""
    with running_service(tmp_path_factory.mktemp("closed"), {"HOURMILL_ACCESS": "both"}) as running:
        yield running


@pytest.fixture(scope="module")
def key(closed: RunningService) -> Key:
    """Makes keys of it, each kind once."""
    return cache(lambda *options: make_key(closed, *options))


BAD_CREDENTIALS: list[tuple[HeaderLines, str | None]] = [
    ([], None),
    ([("authorization", "")], None),
    ([("authorization", "Basic aG06aG0=")], None),
    ([("authorization", "Bearer")], None),
    ([("authorization", "Bearer ")], None),
    ([("authorization", "Bearer  ")], None),
    (bearer("x"), "invalid_token"),
    (bearer(NO_KEY), "invalid_token"),
    (bearer(NO_KEY.upper()), "invalid_token"),
    (bearer("hm_" + "0" * 5000), "invalid_token"),
    (bearer("' OR 1=1 --"), "invalid_token"),
    ([("authorization", b"Bearer hm_\xff\xfe")], None),
    ([("x-api-key", NO_KEY)], None),
    ([("cookie", f"hourmill_session={NO_KEY}")], None),
    ([("cookie", "hourmill_session=")], None),
    ([("cookie", ";;;=; =hourmill_session; hourmill_session")], None),
    ([*bearer(NO_KEY), *bearer(NO_KEY)], "invalid_token"),
]


@pytest.mark.parametrize(("headers", "error"), BAD_CREDENTIALS)
def test_without_a_good_key_nobody_counts_or_reads(
    closed: RunningService, headers: HeaderLines, error: str | None
) -> None:
    before = held(closed.data_file)
    challenged(closed.post(SINGLE, GOOD, headers), 401, error)
    challenged(closed.post(MULTI, GOOD_BATCH, headers), 401, error)
    challenged(closed.get(REPORT, headers), 401, error)
    assert held(closed.data_file) == before


def test_a_good_key_and_a_second_one_are_refused(closed: RunningService, key: Callable[..., str]) -> None:
    good = key("--scope", "write")
    challenged(closed.post(SINGLE, GOOD, [*bearer(good), *bearer(NO_KEY)]), 401, "invalid_token")
    challenged(closed.post(f"{SINGLE}?key={good}&key={NO_KEY}", GOOD), 401, "invalid_token")


@pytest.mark.parametrize("altered", ["id", "secret", "cut", "longer", "case"])
def test_a_key_that_is_nearly_right_is_wrong(closed: RunningService, key: Callable[..., str], altered: str) -> None:
    good = key("--scope", "read")
    other = "1" if good[-1] == "0" else "0"
    wrong = {
        "id": f"hm_00000000{good[11:]}",
        "secret": good[:-1] + other,
        "cut": good[:-1],
        "longer": good + "0",
        "case": good.replace("hm_", "HM_"),
    }
    challenged(closed.get(REPORT, bearer(wrong[altered])), 401, "invalid_token")


@pytest.mark.parametrize(
    ("scopes", "counts", "reads"),
    [(["write"], True, False), (["read"], False, True), (["read", "write"], True, True), (["admin"], True, True)],
)
def test_a_key_is_for_its_scopes(
    closed: RunningService, key: Callable[..., str], scopes: list[str], counts: bool, reads: bool
) -> None:
    headers = bearer(key(*(part for scope in scopes for part in ("--scope", scope))))
    before = held(closed.data_file)
    written, read = closed.post(SINGLE, GOOD, headers), closed.get(REPORT, headers)
    if counts:
        assert success(written)
    else:
        challenged(written, 403, 'insufficient_scope", scope="write')
        assert held(closed.data_file) == before
    if reads:
        assert read.status == 200
    else:
        challenged(read, 403, 'insufficient_scope", scope="read')


def test_the_scheme_may_be_written_in_any_case(closed: RunningService, key: Callable[..., str]) -> None:
    good = key("--scope", "read")
    for scheme in ("bearer", "BEARER"):
        assert closed.get(REPORT, [("authorization", f"{scheme}  {good}")]).status == 200


def test_a_beacon_may_have_its_key_in_the_query(closed: RunningService, key: Callable[..., str]) -> None:
    write, read = key("--scope", "write"), key("--scope", "read")
    assert success(closed.request("POST", f"{SINGLE}?key={write}", GOOD, [("content-type", "text/plain")]))
    challenged(closed.post(f"{SINGLE}?key={NO_KEY}", GOOD), 401, "invalid_token")
    challenged(closed.get(f"{REPORT}&key={read}"), 401, None)  # where it would stand in logs, and needs not


@pytest.mark.parametrize("target", OPEN_ROUTES)
def test_what_asks_how_it_is_needs_no_key(closed: RunningService, target: str) -> None:
    assert closed.get(target).status == 200


def test_a_wrong_path_or_method_is_told_without_a_key(closed: RunningService) -> None:
    refused(closed.get("/nowhere"), 404)
    refused(closed.get(SINGLE), 405)


@pytest.mark.parametrize(
    ("mode", "counting", "reading"), [("open", 200, 200), ("write", 401, 200), ("read", 200, 401), ("both", 401, 401)]
)
def test_the_setting_says_what_needs_a_key(start_service: StartService, mode: str, counting: int, reading: int) -> None:
    service = start_service({"HOURMILL_ACCESS": mode})
    assert (service.post(SINGLE, GOOD).status, service.get(REPORT).status) == (counting, reading)
    assert service.get("/session").json()["needed"] == (reading == 401)


def test_a_key_of_a_site_counts_no_other_and_nothing_of_the_request(
    closed: RunningService, key: Callable[..., str]
) -> None:
    headers = bearer(key("--scope", "write", "--site", "example.com"))
    assert success(closed.post(SINGLE, GOOD, headers))
    assert success(closed.post(MULTI, {"example.com/b": {TEN: 1}, "other.com/": {TEN: 0}}, headers))
    before = held(closed.data_file)
    others = ["example.com", "example.community/a", "other.com/example.com/", "/example.com/", "EXAMPLE.com/a"]
    for page in others:
        answer = closed.post(SINGLE, {"page": page, "timestamp": TEN}, headers)
        challenged(answer, 403, "insufficient_scope")
        assert [error["pointer"] for error in answer.json()["errors"]] == ["#/page"]
    answer = closed.post(MULTI, {page: {TEN: 1} for page in ["example.com/c", *others]}, headers)
    challenged(answer, 403, "insufficient_scope")
    named = [unquote(error["pointer"]).replace("~1", "/") for error in answer.json()["errors"]]
    assert named == [f"#/{page}" for page in others]
    many = closed.post(MULTI, {f"other.com/{number}": {TEN: 1} for number in range(30)}, headers).json()
    assert (len(many["errors"]), "30 pages" in many["detail"]) == (20, True)
    refused(closed.post(SINGLE, {"page": "other.com/a", "timestamp": "never"}, headers), 400)
    assert held(closed.data_file) == before


def test_a_refused_request_has_not_used_up_its_idempotency_key(closed: RunningService, key: Callable[..., str]) -> None:
    headers = [("idempotency-key", "after-a-refusal")]
    page = {"page": "once.example/a", "timestamp": TEN}
    limited = bearer(key("--scope", "write", "--site", "example.com"))
    challenged(closed.post(SINGLE, page, [*headers, *limited]), 403, "insufficient_scope")
    challenged(closed.post(SINGLE, page, headers), 401, None)
    assert success(closed.post(SINGLE, page, [*headers, *bearer(key("--scope", "write"))]))
    reading = bearer(key("--scope", "read"))
    hours = closed.get(f"/report?page=once.example/a&now={TEN}&order=desc&take=1", reading).json()["data"]
    assert hours == [{"h": 10, "v": 1}]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("page=example.com/a", 200),
        ("page=other.com/a", 403),
        ("page=example.com", 403),
        ("page=example.com/a&site=other.com", 403),
        ("page=example.com/a&page=other.com/a", 403),
        ("page=example.com/a&page=example.com/b", 400),
        ("p%61ge=other.com/a", 403),
        ("page=example%2Ecom/a", 200),
        ("page=%ff", 403),
        ("now=" + TEN, 403),
        ("", 403),
    ],
)
def test_a_key_of_a_site_reads_no_other(
    closed: RunningService, key: Callable[..., str], query: str, status: int
) -> None:
    answer = closed.get(f"/report?{query}", bearer(key("--scope", "read", "--site", "example.com")))
    assert answer.status == status
    if status == 403:
        challenged(answer, 403, 'insufficient_scope", scope="read')
        assert {error["parameter"] for error in answer.json()["errors"]} <= {"page", "site", "prefix"}


@pytest.mark.parametrize("query", ["", "?site=example.com"])
def test_what_is_of_all_sites_is_not_for_a_key_of_one(
    closed: RunningService, key: Callable[..., str], query: str
) -> None:
    challenged(closed.get(f"/metrics{query}", bearer(key("--scope", "read", "--site", "example.com"))), 403,
               'insufficient_scope", scope="read')  # fmt: skip
    assert closed.get(f"/metrics{query}", bearer(key("--scope", "read"))).status == 200


@pytest.mark.parametrize(
    "target", [REPORT, REPORT.replace("r", "%72", 1), REPORT.replace("report", "%72%65%70%6F%72%74")]
)
def test_a_path_is_decoded_once_before_anything_else(closed: RunningService, key: Key, target: str) -> None:
    assert closed.get(target).status == 401
    assert closed.get(target, bearer(key("--scope", "read"))).status == 200


@pytest.mark.parametrize(
    "path", ["/%2572eport", "//report", "/./report", "/a/../report", "/report/", "/Report", "/%2freport"]
)
def test_beyond_that_paths_are_compared_as_they_are(closed: RunningService, key: Key, path: str) -> None:
    assert closed.get(REPORT.replace("/report", path), bearer(key("--scope", "read"))).status == 404
