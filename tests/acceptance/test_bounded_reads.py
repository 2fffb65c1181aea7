"""What a client may have under way among reads, and what a query may hold: the rest is refused, others are served."""

import signal
from contextlib import ExitStack
from itertools import chain

import pytest
from tests.acceptance.access_keys import bearer, make_key
from tests.acceptance.answers import refused, success
from tests.acceptance.routes import GOOD, SINGLE
from tests.acceptance.watcher import Watcher
from tests.client import Answer, Connection, HeaderLines, head
from tests.conftest import StartService
from tests.metrics import scrape
from tests.service import RunningService

from hourmill.core.strict import MAX_NAMED
from hourmill.http.query import MAX_PARAMETERS, MAX_QUERY_CHARS
from hourmill.services.stats.live import MAX_STREAMS

DEAR = "/v1/timeseries?from=2024-01-01&to=2026-04-01&interval=hour&compare=previous"
DEAREST = [
    DEAR,
    f"{DEAR}&format=csv",
    "/v1/timeseries?from=2010-01-01&to=2023-08-01&interval=day&compare=year&tz=Australia/Lord_Howe",
    "/v1/timeseries?from=1970-01-01&to=2065-01-01&interval=week&compare=previous&tz=Africa/Casablanca",
    "/v1/timeseries?from=1970-01-01&to=2169-12-31&interval=month&compare=year&tz=Pacific/Apia&format=csv",
    "/v1/totals?from=2024-01-01&to=2026-04-01&compare=year",
    "/v1/totals?from=1970-01-01&to=2169-12-31&compare=previous",
    "/v1/heatmap?from=2024-01-01&to=2026-04-01&tz=Asia/Kathmandu&format=csv",
    "/v1/pages?from=1970-01-01&to=2169-12-31&compare=year&limit=10000&search=e",
    "/v1/sites?from=1970-01-01&to=2169-12-31&compare=year&limit=10000&search=e",
    "/v1/live?format=json&prefix=e",
    "/report?page=example.com/a&now=2200-12-31T23:00Z",
    "/metrics",
    "/openapi.json",
    "/docs",
]
OTHER_ADDRESS = "127.0.0.2"
MUCH = 30


def asked(stack: ExitStack, service: RunningService, target: str, headers: HeaderLines = ()) -> Connection:
    """A connection on which something is asked, and no answer read yet."""
    connection = stack.enter_context(service.connection())
    connection.send(head("GET", target, headers))
    return connection


def answers(connections: list[Connection]) -> list[Answer]:
    return [connection.answer("GET") for connection in connections]


def test_who_asks_for_too_much_at_once_is_refused_and_another_address_is_served(start_service: StartService) -> None:
    service = start_service({"HOURMILL_MAX_READS_PER_CLIENT": "3"})
    with ExitStack() as stack:
        greedy = [asked(stack, service, DEAR) for _ in range(MUCH)]
        modest = stack.enter_context(Connection(service.port, OTHER_ADDRESS))
        assert [modest.request("GET", "/v1/totals").status for _ in range(3)] == [200] * 3
        found = answers(greedy)
    refusals = [answer for answer in found if answer.status != 200]
    assert 0 < len(refusals) <= MUCH - 3
    for answer in refusals:
        refused(answer, 429)
        assert answer.headers["retry-after"] == "1"
    assert scrape(service).value("hourmill_refused_requests_total", reason="TooManyReads") == len(refusals)
    assert service.get(DEAR).status == 200


def test_keys_are_told_apart_where_one_is_needed(start_service: StartService) -> None:
    service = start_service({"HOURMILL_MAX_READS_PER_CLIENT": "3", "HOURMILL_ACCESS": "both"})
    one, other = (make_key(service, "--scope", "read") for _ in range(2))
    with ExitStack() as stack:
        greedy = [asked(stack, service, DEAR, bearer(one)) for _ in range(MUCH)]
        assert service.get("/v1/totals", bearer(other)).status == 200
        assert {answer.status for answer in answers(greedy)} == {200, 429}


def test_of_all_reads_together_no_more_are_under_way_than_may(start_service: StartService) -> None:
    service = start_service({"HOURMILL_MAX_READS": "4"})
    with ExitStack() as stack:
        greedy = [asked(stack, service, DEAR) for _ in range(MUCH)]
        modest = stack.enter_context(Connection(service.port, OTHER_ADDRESS))
        assert modest.request("GET", "/v1/totals").status == 200  # the other one has more, so it gives way
        found = answers(greedy)
    assert {answer.status for answer in found} == {200, 503}
    assert {answer.headers["retry-after"] for answer in found if answer.status == 503} == {"1"}


def test_views_health_and_reports_are_answered_while_the_dearest_questions_wait(own_service: RunningService) -> None:
    with ExitStack() as stack:
        dear = [asked(stack, own_service, target) for target in DEAREST for _ in range(2)]
        for _ in range(5):
            assert success(own_service.post(SINGLE, GOOD))
            assert own_service.get("/health").status == own_service.get("/livez").status == 200
            assert own_service.get("/report?page=example.com/a").status == 200
        assert {answer.status for answer in answers(dear)} == {200}


def test_questions_that_wait_do_not_hold_up_the_stop(own_service: RunningService) -> None:
    with ExitStack() as stack:
        waiting = [asked(stack, own_service, DEAR) for _ in range(MUCH)]
        first = waiting[0].answer("GET")
        assert own_service.end(signal.SIGTERM) == 0
        found = [first, *answers(waiting[1:])]
    assert {answer.status for answer in found} <= {200, 503}
    assert found[0].status == 200


def test_streams_are_shared_between_addresses_whoever_came_first(own_service: RunningService) -> None:
    with ExitStack() as stack:

        def watch(address: str) -> Watcher:
            return Watcher(stack.enter_context(Connection(own_service.port, address)), "/v1/live?site=example.com")

        greedy = [watch("127.0.0.1") for _ in range(MAX_STREAMS)]
        modest = [watch(OTHER_ADDRESS) for _ in range(10)]
        assert {watcher.status for watcher in chain(greedy, modest)} == {200}
        assert watch("127.0.0.1").status == 503  # it still has most
        assert all(watcher.rest().endswith(b"0\r\n\r\n") for watcher in greedy[-10:])
        assert all(watcher.event()["views"] == 0 for watcher in chain(greedy[:-10], modest))


@pytest.mark.parametrize("path", ["/report", "/v1/pages", "/v1/live"])
def test_a_query_with_thousands_of_faults_is_answered_with_few(service: RunningService, path: str) -> None:
    assert refused(service.get(f"{path}?" + "%ff&" * 16_000), 400) == [{}]
    assert refused(service.get(f"{path}?page=" + "a" * MAX_QUERY_CHARS), 400) == [{}]
    answer = service.get(f"{path}?" + "&".join(["a=%ff"] * MAX_PARAMETERS))
    assert refused(answer, 400) == [{"parameter": "a"}] * MAX_NAMED
    assert f"{MAX_PARAMETERS} faults, the first {MAX_NAMED} are named" in answer.json()["detail"]


def test_a_query_may_have_as_many_parameters_as_is_said(service: RunningService) -> None:
    others = "&a" * (MAX_PARAMETERS - 1)
    assert service.get(f"/report?page=a{others}").status == 200
    assert refused(service.get(f"/report?page=a{others}&a"), 400) == [{}]


def test_pages_that_a_key_is_not_for_are_named_up_to_a_number(start_service: StartService) -> None:
    service = start_service({"HOURMILL_ACCESS": "both"})
    key = make_key(service, "--scope", "read", "--site", "example.com")
    answer = service.get("/report?" + "&".join(["page=other.example/a"] * 50), bearer(key))
    assert (answer.status, len(answer.json()["errors"])) == (403, MAX_NAMED)


def test_an_accept_header_of_thousands_of_parts_is_read_to_a_bound(service: RunningService) -> None:
    answer = service.get("/v1/totals", [("accept", "a/b," * 10_000 + "text/csv")])
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
