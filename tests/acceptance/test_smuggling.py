"""Requests with two ends, and bombs: a request that hides behind another is not served, and nothing is unpacked."""

import gzip
import re

import psutil
import pytest
from tests.acceptance.answers import refused
from tests.acceptance.bad_framing import AMBIGUOUS, CLEAR, REFUSED, Framed
from tests.acceptance.routes import MULTI, SINGLE, TEN
from tests.client import JSON, chunked, head
from tests.data_file import held
from tests.service import RunningService

BOMB = gzip.compress(b'{"' + b"x" * (1 << 29), compresslevel=1)  # half a GiB in 2 MiB
MOST_MIB = 64


def answers_to(service: RunningService, framed: Framed, page: str) -> list[int]:
    """The statuses of what is answered to a request, and to one for the page that is sent right behind it."""
    view = f'{{"page": "{page}", "timestamp": "{TEN}"}}'.encode()
    hidden = head("POST", SINGLE, [*JSON, ("content-length", str(len(view))), ("connection", "close")]) + view
    with service.connection() as connection:
        connection.send(framed.sent + hidden)
        return [int(status) for status in re.findall(rb"HTTP/1\.1 ([2-5]\d\d)", connection.everything())]


@pytest.mark.parametrize("framed", REFUSED, ids=lambda framed: framed.name)
def test_what_is_framed_badly_is_refused_with_all_that_follows(service: RunningService, framed: Framed) -> None:
    before = held(service.data_file)
    statuses = answers_to(service, framed, "example.com/hidden")
    assert len(statuses) == 1
    assert 400 <= statuses[0] < 500
    assert held(service.data_file) == before


@pytest.mark.parametrize("framed", AMBIGUOUS, ids=lambda framed: framed.name)
def test_after_a_body_that_is_framed_twice_the_connection_ends(
    service: RunningService, framed: Framed, page: str
) -> None:
    assert answers_to(service, framed, page) == [200]
    assert service.views(page, TEN) == 0


@pytest.mark.parametrize("framed", CLEAR, ids=lambda framed: framed.name)
def test_what_has_one_end_only_is_followed_by_the_next_request(
    service: RunningService, framed: Framed, page: str
) -> None:
    assert answers_to(service, framed, page) == [200, 200]
    assert service.views(page, TEN) == 1


@pytest.mark.parametrize("path", [SINGLE, MULTI])
def test_a_bomb_is_not_unpacked(own_service: RunningService, path: str) -> None:
    process = psutil.Process(own_service.pid)
    before = process.memory_info().rss
    for coding in ("gzip", "gzip, gzip", "deflate", "br"):
        headers = [*JSON, ("content-encoding", coding)]
        with own_service.connection() as connection:
            connection.send(head("POST", path, [*headers, ("content-length", str(len(BOMB)))]))
            refused(connection.answer(), 415)
    with own_service.connection() as connection:
        connection.send(head("POST", MULTI, [*JSON, ("transfer-encoding", "gzip, chunked")]) + chunked(BOMB))
        refused(connection.answer(), 400)
    assert process.memory_info().rss - before < MOST_MIB * 2**20
