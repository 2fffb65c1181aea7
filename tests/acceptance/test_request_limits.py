"""How often a client may ask: told before, refused with 429 after, by address and by key."""

import re

import pytest
from tests.acceptance.access_keys import bearer, make_key
from tests.acceptance.answers import refused, success
from tests.acceptance.routes import GOOD, SINGLE
from tests.client import HeaderLines
from tests.conftest import StartService
from tests.data_file import held
from tests.service import RunningService

REPORT = "/report?page=example.com/a"
BEHIND = {"HOURMILL_REQUESTS_PER_MINUTE_PER_ADDRESS": "2", "HOURMILL_TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8"}


def forwarded(*entries: str) -> HeaderLines:
    return [("x-forwarded-for", entry) for entry in entries]


def statuses(service: RunningService, *headers: HeaderLines) -> list[int]:
    return [service.get(REPORT, one).status for one in headers]


def test_an_address_has_its_quota_and_is_told(start_service: StartService) -> None:
    service = start_service({"HOURMILL_REQUESTS_PER_MINUTE_PER_ADDRESS": "3"})
    for left in (2, 1, 0):
        answer = service.post(SINGLE, GOOD)
        assert success(answer)
        assert answer.headers["ratelimit-policy"] == '"address";q=3;w=60'
        assert re.fullmatch(rf'"address";r={left};t=(\d+)', answer.headers["ratelimit"])
    before = held(service.data_file)
    for answer in (service.post(SINGLE, GOOD), service.get(REPORT), service.post("/session", {"key": "x"})):
        refused(answer, 429)
        assert 1 <= int(answer.headers["retry-after"]) <= 20
        assert answer.headers["ratelimit"] == f'"address";r=0;t={answer.headers["retry-after"]}'
    assert held(service.data_file) == before
    for target in ("/health", "/readyz", "/", "/session"):
        answer = service.get(target)
        assert (answer.status, "ratelimit" in answer.headers) == (200, False)


def test_a_key_has_its_quota_wherever_it_comes_from(start_service: StartService) -> None:
    service = start_service({"HOURMILL_ACCESS": "both", "HOURMILL_REQUESTS_PER_MINUTE_PER_KEY": "2"})
    one, other = make_key(service, "--scope", "read"), make_key(service, "--scope", "read")
    answer = service.post("/session", {"key": one})
    cookie = [("cookie", answer.headers["set-cookie"].partition(";")[0])]
    assert statuses(service, bearer(one), cookie, bearer(one), cookie, bearer(other)) == [200, 200, 429, 429, 200]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (["192.0.2.1"], ["192.0.2.2"]),
        (["192.0.2.9, 192.0.2.1"], ["192.0.2.9, 192.0.2.2"]),
        (["192.0.2.9", "192.0.2.1, 10.1.2.3"], ["192.0.2.9", "192.0.2.2, 10.1.2.3"]),
        (["192.0.2.1:4711, 10.0.0.1"], ["192.0.2.2:4711"]),
        (["2001:db8::1"], ["[2001:db8:0:1::1]:443"]),
        (["::ffff:192.0.2.1"], ["192.0.2.2"]),
    ],
)
def test_clients_behind_trusted_proxies_are_told_apart(
    start_service: StartService, first: list[str], second: list[str]
) -> None:
    service = start_service(BEHIND)
    one, other = forwarded(*first), forwarded(*second)
    assert statuses(service, one, one, one, other) == [200, 200, 429, 200]


@pytest.mark.parametrize(
    "same",
    [
        [["192.0.2.1, 192.0.2.7"], ["192.0.2.2, 192.0.2.7"], ["192.0.2.7, 10.0.0.9"]],  # what a client writes itself
        [["2001:db8::1"], ["2001:db8::ffff:1"], ["2001:db8:0:0:9::"]],  # one /64 is one client
        [["::ffff:192.0.2.1"], ["192.0.2.1"], ["192.0.2.1:99"]],
        [["192.0.2.1, unknown"], ["192.0.2.2, _hidden"], ["192.0.2.3, "]],  # then the proxy stands for all
    ],
)
def test_one_client_cannot_look_like_several(start_service: StartService, same: list[list[str]]) -> None:
    service = start_service(BEHIND)
    assert statuses(service, *(forwarded(*entries) for entries in same)) == [200, 200, 429]


def test_nobody_else_is_believed(start_service: StartService) -> None:
    service = start_service(BEHIND | {"HOURMILL_TRUSTED_PROXIES": "10.0.0.0/8"})
    assert statuses(service, *(forwarded(f"192.0.2.{number}") for number in range(3))) == [200, 200, 429]


def test_without_the_settings_nobody_is_limited(service: RunningService) -> None:
    answers = [service.get(REPORT) for _ in range(100)]
    assert {answer.status for answer in answers} == {200}
    assert "ratelimit" not in answers[0].headers
