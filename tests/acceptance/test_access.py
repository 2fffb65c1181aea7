"""Who may count and who may read: keys, their scopes, their sites."""

import asyncio
import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from time import monotonic
from urllib.parse import unquote

import pytest
from tests.acceptance.access_keys import bearer, keys, made_key, make_key, store_of
from tests.acceptance.answers import refused, success
from tests.acceptance.routes import GOOD, GOOD_BATCH, MULTI, SINGLE, TEN
from tests.client import Answer, HeaderLines, head
from tests.cluster import Cluster, eventually
from tests.command import run
from tests.conftest import StartService
from tests.data_file import held
from tests.service import RunningService, running_service

from hourmill.services.key_ring import READ_WITHIN_S, TRUSTED_S

REPORT = "/report?page=example.com/a&now=" + TEN
OPEN_ROUTES = ["/health", "/readyz", "/session"]
NO_KEY = "hm_00000000_" + "0" * 64
REVOKED_WITHIN_S = TRUSTED_S + READ_WITHIN_S


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service that needs keys for everything."""
    with running_service(tmp_path_factory.mktemp("closed"), {"HOURMILL_ACCESS": "both"}) as running:
        yield running


@pytest.fixture(scope="module")
def key(closed: RunningService) -> Callable[..., str]:
    """Makes keys of it, each kind once."""
    return cache(lambda *options: make_key(closed, *options))


def challenged(answer: Answer, status: int, error: str | None) -> None:
    """A refusal that tells how to get in (RFC 6750)."""
    assert answer.headers["cache-control"] == "no-store"
    problem = answer.json()
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
    assert (problem["status"], bool(problem["detail"])) == (status, True)
    expected = 'Bearer realm="hourmill"' + (f', error="{error}"' if error else "")
    assert answer.headers["www-authenticate"].startswith(expected)


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


async def test_a_revoked_key_opens_nothing_after_ten_seconds(own_closed: RunningService) -> None:
    made = made_key(own_closed, "--scope", "read")
    headers = bearer(made["key"])
    assert own_closed.get(REPORT, headers).status == 200
    assert f"{made['id']} is revoked." in keys(own_closed, "revoke", made["id"])

    async def refused_now() -> bool:
        return own_closed.get(REPORT, headers).status == 401

    assert await eventually(refused_now, REVOKED_WITHIN_S) <= 10
    made_again = made_key(own_closed, "--scope", "read")
    began_s = monotonic()
    assert own_closed.get(REPORT, bearer(made_again["key"])).status == 200
    assert monotonic() - began_s < 5


def test_an_expiring_key_says_so_and_its_use_is_shown(own_closed: RunningService) -> None:
    made = made_key(own_closed, "--scope", "read", "--days", "3", name="a [red]name")
    assert own_closed.get(REPORT, bearer(made["key"])).status == 200
    own_closed.stop()
    (listed,) = json.loads(keys(own_closed, "list", "--json"))["keys"]
    assert (listed["id"], listed["name"], listed["scopes"]) == (made["id"], "a [red]name", ["read"])
    assert listed["used"]
    assert listed["expires"] > listed["created"]
    shown = keys(own_closed, "list")
    assert made["id"] in shown
    assert listed["used"][:16].replace("T", " ") in shown
    assert "[red]name" in shown
    assert made["key"].rpartition("_")[2] not in shown + own_closed.log_file.read_text()


def test_a_key_is_not_in_the_data_file(own_closed: RunningService) -> None:
    made = made_key(own_closed, "--scope", "read")
    assert own_closed.get(REPORT, bearer(made["key"])).status == 200
    own_closed.stop()
    secret = made["key"].rpartition("_")[2]
    content = own_closed.data_file.read_bytes()
    assert made["id"].encode() in content
    assert secret.encode() not in content
    assert bytes.fromhex(secret) not in content


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["create", "a"], 2, "--scope"),
        (["create", "a", "--scope", "all"], 2, "write"),
        (["create", "", "--scope", "read"], 2, "name"),
        (["create", "a\x1b[31m", "--scope", "read"], 2, "control character"),
        (["create", "a", "--scope", "write", "--site", "example.com/a"], 2, "--site"),
        (["create", "a", "--scope", "admin", "--site", "example.com"], 2, "admin"),
        (["create", "a", "--scope", "read", "--days", "0"], 2, "--days"),
        (["revoke", "12345678"], 1, "no key 12345678"),
        (["revoke"], 2, "ID"),
    ],
)
def test_what_cannot_be_made_or_revoked_is_told(
    service: RunningService, arguments: list[str], code: int, said: str
) -> None:
    done = run(service.folder, "keys", *arguments, settings={"DATABASE_URL": store_of(service)})
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr


def test_a_data_file_that_is_made_for_a_key_is_told(tmp_path: Path) -> None:
    arguments = ("keys", "create", "a", "--scope", "read")
    first, second = (run(tmp_path, *arguments) for _ in range(2))
    assert f"Made a new data file, {tmp_path / 'hourmill.db'}." in first.stderr
    assert "data file" not in second.stderr


def test_that_there_is_no_key_yet_is_logged(own_closed: RunningService) -> None:
    assert own_closed.get("/readyz").status == 200
    own_closed.stop()
    assert "there is no access key yet" in own_closed.log_file.read_text()


@pytest.mark.parametrize("by", ["header", "query"])
def test_a_stream_ends_with_its_key(own_closed: RunningService, by: str) -> None:
    made = made_key(own_closed, "--scope", "read")
    target, headers = ("/v1/live", bearer(made["key"])) if by == "header" else (f"/v1/live?key={made['key']}", [])
    with own_closed.connection() as connection:
        connection.send(head("GET", target, headers))
        assert connection.socket.recv(1000).startswith(b"HTTP/1.1 200")
        began_s = monotonic()
        keys(own_closed, "revoke", made["id"])
        connection.everything()
        assert monotonic() - began_s < 12
    challenged(own_closed.get("/v1/live"), 401, None)
    own_closed.stop()
    assert "Traceback" not in own_closed.log_file.read_text()


async def test_keys_open_every_api_process_on_postgresql(cluster: Cluster) -> None:
    del cluster.settings["RABBITMQ_URL"]
    cluster.migrate()
    cluster.settings["HOURMILL_ACCESS"] = "both"
    one, other = await cluster.ready_api(), await cluster.ready_api()
    made = await asyncio.to_thread(made_key, one, "--scope", "write", "--scope", "read")
    for api in (one, other):
        assert success(await asyncio.to_thread(api.post, SINGLE, GOOD, bearer(made["key"])))
    await asyncio.to_thread(keys, one, "revoke", made["id"])

    async def refused_by_both() -> bool:
        answers = [await asyncio.to_thread(api.get, REPORT, bearer(made["key"])) for api in (one, other)]
        return [answer.status for answer in answers] == [401, 401]

    await eventually(refused_by_both, REVOKED_WITHIN_S)


@pytest.fixture
def own_closed(start_service: StartService) -> RunningService:
    """A service that needs keys for everything, for one test."""
    return start_service({"HOURMILL_ACCESS": "both"})
