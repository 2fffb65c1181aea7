"""A browser signs in: its cookie reads, never counts, and ends with the key it came from."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.acceptance.access_keys import bearer, keys, made_key, make_key
from tests.acceptance.answers import refused
from tests.acceptance.routes import GOOD, SINGLE
from tests.client import JSON, Answer, HeaderLines
from tests.cluster import eventually
from tests.conftest import StartService
from tests.data_file import held
from tests.service import RunningService

from hourmill.services.sign_in import MOST_UNDER_WAY, PER_MINUTE_AND_ADDRESS, PER_MINUTE_AND_KEY

REPORT = "/report?page=example.com/a"
SIGNED_OUT = {"needed": True, "active": False, "name": None, "site": None, "expires": None}
TRUSTED = {"HOURMILL_ACCESS": "both", "HOURMILL_TRUSTED_PROXIES": "127.0.0.1"}


@pytest.fixture
def closed(start_service: StartService) -> RunningService:
    return start_service({"HOURMILL_ACCESS": "both"})


def signed_in(service: RunningService, key: str, headers: HeaderLines = ()) -> Answer:
    answer = service.post("/session", {"key": key}, headers)
    assert answer.status == 200, answer
    return answer


def cookie_of(answer: Answer) -> HeaderLines:
    return [("cookie", answer.headers["set-cookie"].partition(";")[0])]


def test_a_cookie_reads_and_never_counts(closed: RunningService) -> None:
    key = make_key(closed, "--scope", "admin", name="ours")
    assert closed.get("/session").json() == SIGNED_OUT
    answer = signed_in(closed, key)
    cookie = cookie_of(answer)
    attributes = answer.headers["set-cookie"].split("; ")[1:]
    assert attributes == ["Path=/", "Max-Age=604800", "HttpOnly", "SameSite=Strict"]
    assert key not in answer.headers["set-cookie"]
    assert (answer.json()["active"], answer.json()["name"]) == (True, "ours")
    assert closed.get("/session", cookie).json() == answer.json()
    assert closed.get(REPORT, cookie).status == 200
    assert closed.get(REPORT, [("cookie", f"a=b; {cookie[0][1]!s}; c=d")]).status == 200
    before = held(closed.data_file)
    assert closed.post(SINGLE, GOOD, cookie).status == 401
    assert held(closed.data_file) == before
    secret = str(cookie[0][1]).partition("=")[2]
    assert closed.get(REPORT, bearer(secret)).status == 401
    assert closed.get(REPORT, [("cookie", f"hourmill_session={key}")]).status == 401


def test_signing_out_ends_the_session_everywhere(closed: RunningService) -> None:
    key = make_key(closed, "--scope", "read")
    cookie, other = cookie_of(signed_in(closed, key)), cookie_of(signed_in(closed, key))
    answer = closed.request("DELETE", "/session", None, cookie)
    assert (answer.status, "Max-Age=0" in answer.headers["set-cookie"]) == (204, True)
    assert closed.get(REPORT, cookie).status == 401
    assert closed.get("/session", cookie).json() == SIGNED_OUT
    assert closed.get(REPORT, other).status == 200
    assert closed.request("DELETE", "/session").status == 204


async def test_a_session_ends_with_its_key(closed: RunningService) -> None:
    made = made_key(closed, "--scope", "read")
    cookie = cookie_of(signed_in(closed, made["key"]))
    keys(closed, "revoke", made["id"])

    async def over() -> bool:
        return closed.get(REPORT, cookie).status == 401

    await eventually(over)
    assert '"keys": []' in keys(closed, "list", "--json")


def test_a_session_outlives_a_restart_and_is_told_in_the_list(closed: RunningService) -> None:
    cookie = cookie_of(signed_in(closed, make_key(closed, "--scope", "read")))
    closed.restart()
    assert closed.get(REPORT, cookie).status == 200
    assert '"signed_in": 1' in keys(closed, "list", "--json")


def test_a_session_is_for_the_site_of_its_key(closed: RunningService) -> None:
    cookie = cookie_of(signed_in(closed, make_key(closed, "--scope", "read", "--site", "example.com")))
    assert closed.get("/session", cookie).json()["site"] == "example.com"
    assert closed.get(REPORT, cookie).status == 200
    assert closed.get("/report?page=other.com/a", cookie).status == 403


def test_a_session_ends_no_later_than_its_key(closed: RunningService) -> None:
    made = made_key(closed, "--scope", "read", "--days", "1")
    assert signed_in(closed, made["key"]).json()["expires"] == made["expires"]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b'{"key": "hm_00000000_' + b"0" * 64 + b'"}', JSON, 401),
        (b'{"key": ""}', JSON, 401),
        (b'{"key": 5}', JSON, 400),
        (b"{}", JSON, 400),
        (b"", JSON, 400),
        (b"\xff", JSON, 400),
        (b"[" * 1000, JSON, 400),
        (b"x" * 20_000, JSON, 413),
        (b"key=hm_", [("content-type", "application/x-www-form-urlencoded")], 415),
        (b'{"key": ""}', [("content-type", "text/plain")], 415),
        (b'{"key": ""}', [], 415),
    ],
)
def test_a_bad_sign_in_is_refused(closed: RunningService, body: bytes, headers: HeaderLines, status: int) -> None:
    answer = closed.request("POST", "/session", body, headers)
    assert "set-cookie" not in answer.headers
    if status in {401, 403}:
        assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
    else:
        refused(answer, status)


def test_a_key_that_may_not_read_signs_nobody_in(closed: RunningService) -> None:
    answer = closed.post("/session", {"key": make_key(closed, "--scope", "write")})
    assert (answer.status, "set-cookie" in answer.headers) == (403, False)


def test_a_session_is_no_key_to_sign_in_with(closed: RunningService) -> None:
    cookie = cookie_of(signed_in(closed, make_key(closed, "--scope", "read")))
    assert closed.post("/session", {"key": str(cookie[0][1]).partition("=")[2]}).status == 401


def test_where_reading_is_open_nobody_need_sign_in(service: RunningService) -> None:
    assert service.get("/session").json() == SIGNED_OUT | {"needed": False}
    answer = service.post("/session", {"key": "any"})
    assert (answer.json(), "set-cookie" in answer.headers) == (SIGNED_OUT | {"needed": False}, False)


@pytest.mark.parametrize(("proxies", "secure"), [("127.0.0.1", True), ("10.0.0.0/8, ::1", False)])
def test_behind_tls_the_cookie_goes_nowhere_else(start_service: StartService, proxies: str, secure: bool) -> None:
    service = start_service({"HOURMILL_ACCESS": "both", "HOURMILL_TRUSTED_PROXIES": proxies})
    answer = signed_in(service, make_key(service, "--scope", "read"), [("x-forwarded-proto", "https")])
    cookie = answer.headers["set-cookie"]
    assert ("; Secure" in cookie, cookie.startswith("__Host-hourmill_session=hm_")) == (secure, secure)
    assert service.get(REPORT, cookie_of(answer)).status == 200
    assert re.fullmatch(r"\S+=hm_\w+", cookie.partition(";")[0])


def test_an_address_tries_to_sign_in_so_often_and_no_more(closed: RunningService) -> None:
    wrong = [{"key": f"hm_{number:08x}_{number:064x}"} for number in range(150)]
    with ThreadPoolExecutor(50) as threads:
        answers = list(threads.map(lambda value: closed.post("/session", value), wrong))
    refusals = [answer for answer in answers if answer.status != 401]
    assert 50 < len(refusals) <= len(wrong) - PER_MINUTE_AND_ADDRESS
    for answer in refusals:
        assert (answer.status, answer.headers["retry-after"].isdigit()) == (429, True)
        assert answer.headers["ratelimit-policy"] == f'"sign-ins of address";q={PER_MINUTE_AND_ADDRESS};w=60'
    assert closed.get("/session").json() == SIGNED_OUT


def test_a_key_begins_so_many_sessions_from_wherever_and_no_more(start_service: StartService) -> None:
    service = start_service(TRUSTED)
    key, other = make_key(service, "--scope", "read"), make_key(service, "--scope", "read")

    def sign_in(number: int) -> Answer:
        return service.post("/session", {"key": key}, [("x-forwarded-for", f"192.0.2.{number}")])

    with ThreadPoolExecutor(30) as threads:
        answers = list(threads.map(sign_in, range(90)))
    begun = sum(answer.status == 200 for answer in answers)
    assert PER_MINUTE_AND_KEY - MOST_UNDER_WAY <= begun < 60
    assert {answer.status for answer in answers} == {200, 429}
    assert f'"signed_in": {begun}' in keys(service, "list", "--json")
    assert signed_in(service, other).json()["active"]
