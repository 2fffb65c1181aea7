"""Requests that two servers could read in two ways: none of them hides a second one."""

import pytest
from tests.acceptance.routes import GOOD, SINGLE, TEN
from tests.client import JSON, HeaderLines, chunked, head
from tests.conftest import StartService
from tests.data_file import held
from tests.service import RunningService

HIDDEN_PAGE = "example.com/hidden"
_HIDDEN_BODY = f'{{"page": "{HIDDEN_PAGE}", "timestamp": "{TEN}"}}'.encode()
HIDDEN = head("POST", SINGLE, [*JSON, ("content-length", str(len(_HIDDEN_BODY)))]) + _HIDDEN_BODY
SHORT = ("content-length", str(len(GOOD)))
CHUNKED = ("transfer-encoding", "chunked")
SHAPES: list[tuple[HeaderLines, bytes]] = [
    ([("content-length", str(len(chunked(GOOD) + HIDDEN))), CHUNKED], chunked(GOOD + HIDDEN)),
    ([CHUNKED, ("content-length", "4")], chunked(GOOD + HIDDEN)),
    ([SHORT, ("content-length", str(len(GOOD + HIDDEN)))], GOOD + HIDDEN),
    ([("content-length", f"{len(GOOD)}, {len(GOOD + HIDDEN)}")], GOOD + HIDDEN),
    ([("content-length", f"+{len(GOOD + HIDDEN)}")], GOOD + HIDDEN),
    ([("content-length ", str(len(GOOD + HIDDEN)))], GOOD + HIDDEN),
    ([("transfer-encoding", "xchunked")], chunked(GOOD + HIDDEN)),
    ([("transfer-encoding", "chunked, identity")], chunked(GOOD + HIDDEN)),
    ([("transfer-encoding\t", "chunked")], chunked(GOOD + HIDDEN)),
    ([("transfer-encoding", "\x0bchunked")], chunked(GOOD + HIDDEN)),
    ([("x", "a\r\n transfer-encoding: chunked"), ("content-length", str(len(GOOD + HIDDEN)))], GOOD + HIDDEN),
]


@pytest.fixture
def one(start_service: StartService) -> RunningService:
    return start_service()


def test_no_shape_hides_a_second_request(one: RunningService) -> None:
    for headers, body in SHAPES:
        with one.connection() as connection:
            connection.send(head("POST", SINGLE, [*JSON, *headers]) + body)
            connection.end_sending()
            connection.everything()
    one.report("example.com/a")  # comes after whatever was made of that
    assert HIDDEN_PAGE not in {page for page, _ in held(one.data_file).views}


def test_the_hidden_request_would_count_if_it_were_one(one: RunningService) -> None:
    with one.connection() as connection:
        connection.send(HIDDEN)
        assert connection.answer().status == 200
    assert HIDDEN_PAGE in {page for page, _ in held(one.data_file).views}
