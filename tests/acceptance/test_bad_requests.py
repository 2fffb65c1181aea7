"""Methods, paths, headers and queries that the service refuses: with which status, naming what."""

import pytest
from tests.acceptance.answers import refused
from tests.acceptance.bad_requests import (
    BAD_KEYS,
    BAD_QUERIES,
    UNKNOWN_PATHS,
    UNREADABLE_QUERIES,
    WRONG_MEDIA,
    WRONG_METHODS,
)
from tests.acceptance.routes import GOOD, GOOD_BATCH, MULTI, SINGLE
from tests.client import JSON, HeaderLines
from tests.data_file import held
from tests.service import RunningService

BOTH_ROUTES = pytest.mark.parametrize(("path", "body"), [(SINGLE, GOOD), (MULTI, GOOD_BATCH)], ids=["single", "multi"])


@pytest.mark.parametrize(("query", "parameters"), BAD_QUERIES)
def test_a_bad_query_is_refused(service: RunningService, query: str, parameters: list[str]) -> None:
    assert refused(service.get("/report" + query), 400) == [{"parameter": name} for name in parameters]


@pytest.mark.parametrize("query", UNREADABLE_QUERIES)
def test_a_query_that_is_not_utf_8_is_refused(service: RunningService, query: str) -> None:
    assert len(refused(service.get("/report" + query), 400)) == 1


@pytest.mark.parametrize(("target", "method", "allowed"), WRONG_METHODS)
def test_a_wrong_method_is_refused_with_those_allowed(
    service: RunningService, target: str, method: str, allowed: str
) -> None:
    before = held(service.data_file)
    answer = service.request(method, target, None if method == "HEAD" else GOOD, JSON)
    assert (answer.status, answer.headers["allow"]) == (405, allowed)
    if method != "HEAD":
        refused(answer, 405)
    assert held(service.data_file) == before


@pytest.mark.parametrize("path", UNKNOWN_PATHS)
def test_an_unknown_path_is_not_found(service: RunningService, path: str) -> None:
    before = held(service.data_file)
    for answer in (service.get(path), service.post(path, GOOD_BATCH)):
        refused(answer, 404)
        assert len(answer.body) < 1000
    assert held(service.data_file) == before


@BOTH_ROUTES
@pytest.mark.parametrize("headers", WRONG_MEDIA)
def test_another_media_type_is_refused(service: RunningService, path: str, body: bytes, headers: HeaderLines) -> None:
    before = held(service.data_file)
    refused(service.request("POST", path, body, headers), 415)
    assert held(service.data_file) == before


@BOTH_ROUTES
@pytest.mark.parametrize("headers", BAD_KEYS)
def test_a_bad_key_is_refused(service: RunningService, path: str, body: bytes, headers: HeaderLines) -> None:
    before = held(service.data_file)
    assert refused(service.post(path, body, headers), 400) == [{"header": "Idempotency-Key"}]
    assert held(service.data_file) == before
