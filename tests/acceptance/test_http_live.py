"""GET /v1/live: events as they come, or one answer; as many as may watch, until the client or the service goes."""

import csv
import signal
from contextlib import ExitStack
from datetime import UTC, datetime
from io import StringIO

import pytest
from tests.acceptance.answers import refused, success
from tests.acceptance.routes import SINGLE
from tests.acceptance.watcher import Watcher
from tests.service import RunningService

from hourmill.services.stats.live import MAX_STREAMS

AT_ONCE_S = 5.0  # of the 10 in which the service stops


def test_views_are_in_the_next_event(service: RunningService, page: str) -> None:
    with service.connection() as connection:
        watcher = Watcher(connection, f"/v1/live?page={page}")
        assert (watcher.status, watcher.headers["content-type"]) == (200, "text/event-stream")
        assert watcher.headers["cache-control"] == "no-store"
        first = watcher.event()
        assert (first["views"], first["pages"]) == (0, [])
        assert success(service.post(SINGLE, {"page": page, "timestamp": datetime.now(UTC).isoformat()}))
        seen = watcher.event()
    assert (seen["views"], seen["pages"], seen["since"]) == (1, [{"page": page, "views": 1}], first["since"])
    assert seen["minutes"][-1]["views"] == 1


def test_who_asks_once_is_told_what_those_that_watch_are_told(service: RunningService, page: str) -> None:
    target = f"/v1/live?page={page}"
    with service.connection() as connection:
        watcher = Watcher(connection, target)
        watcher.event()
        assert success(service.post(SINGLE, {"page": page, "timestamp": datetime.now(UTC).isoformat()}))
        seen = watcher.event()
        answer, table = service.get(f"{target}&format=json"), service.get(f"{target}&format=csv")
    assert (answer.status, answer.headers["content-type"], answer.json()) == (200, "application/json", seen)
    rows = list(csv.DictReader(StringIO(table.body.decode())))
    minutes = [{"start": row["minute"], "views": int(row["views"])} for row in rows if row["minute"]]
    pages = [{"page": row["page"], "views": int(row["views"])} for row in rows if row["page"]]
    assert (minutes, pages, len(rows)) == (seen["minutes"], seen["pages"], len(minutes) + 1)
    assert table.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert table.headers["content-disposition"].startswith('attachment; filename="hourmill-live-20')
    assert (answer.headers["cache-control"], table.headers["cache-control"]) == ("no-store", "no-store")


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("application/json", "application/json"),
        ("text/csv", "text/csv"),
        ("text/csv;q=0.5, application/json", "application/json"),
        *((accept, "text/event-stream") for accept in ("text/event-stream", "*/*", "", "text/html, */*;q=0.8")),
    ],
)
def test_the_form_of_live_goes_by_accept(service: RunningService, accept: str, media: str) -> None:
    answer = service.request("HEAD", "/v1/live", headers=[("accept", accept)])
    assert (answer.status, answer.headers["content-type"].partition(";")[0]) == (200, media)
    assert (answer.headers["vary"], answer.body) == ("accept", b"")


def test_a_head_of_live_ends(service: RunningService) -> None:
    answer = service.request("HEAD", "/v1/live")
    assert (answer.status, answer.headers["content-type"], answer.body) == (200, "text/event-stream", b"")


@pytest.mark.parametrize(
    ("query", "parameters"),
    [("page=&site=x", ["page", "site", "page"]), ("site=a/b", ["site"]), ("format=xml", ["format"])],
)
def test_a_bad_query_of_live_is_refused(service: RunningService, query: str, parameters: list[str]) -> None:
    assert refused(service.get(f"/v1/live?{query}"), 400) == [{"parameter": name} for name in parameters]


def test_no_more_watch_than_may_and_who_goes_makes_room(own_service: RunningService) -> None:
    for _ in range(2):
        with ExitStack() as stack:
            for _ in range(MAX_STREAMS):
                assert Watcher(stack.enter_context(own_service.connection()), "/v1/live").status == 200
            answer = own_service.get("/v1/live")
            assert (answer.status, answer.headers["retry-after"]) == (503, "1")
        while own_service.get("/readyz").status == 200:  # until the service has noticed that they are gone
            with own_service.connection() as connection:
                if Watcher(connection, "/v1/live").status == 200:
                    break


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_who_watches_does_not_hold_up_the_stop(own_service: RunningService, signal_number: signal.Signals) -> None:
    with own_service.connection() as connection:
        watcher = Watcher(connection, "/v1/live")
        watcher.event()
        assert own_service.end(signal_number, AT_ONCE_S) == 0
        assert watcher.rest().endswith(b"0\r\n\r\n")
