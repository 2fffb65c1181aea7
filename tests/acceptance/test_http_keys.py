"""Requests with an Idempotency-Key: counted once, answered alike, also over restarts."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.acceptance.answers import success
from tests.acceptance.routes import MULTI, SINGLE, TEN
from tests.service import RunningService


@pytest.mark.parametrize(("path", "views"), [(SINGLE, 1), (MULTI, 3)])
def test_a_keyed_request_is_counted_once_and_answered_alike(
    service: RunningService, page: str, path: str, views: int
) -> None:
    value = {"page": page, "timestamp": TEN} if path == SINGLE else {page: {TEN: 3}}
    first, second = (service.post(path, value, [("Idempotency-Key", page)]) for _ in range(2))
    first.headers.pop("date"), second.headers.pop("date")
    assert success(first)
    assert second == first
    assert service.views(page, TEN) == views


@pytest.mark.parametrize(("path", "views"), [(SINGLE, 1), (MULTI, 3)])
def test_parallel_repeats_of_a_key_are_counted_once(service: RunningService, page: str, path: str, views: int) -> None:
    value = {"page": page, "timestamp": TEN} if path == SINGLE else {page: {TEN: 3}}
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: service.post(path, value, [("idempotency-key", page)]), range(20)))
    assert all(map(success, answers))
    assert service.views(page, TEN) == views


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_key_and_its_views_outlive_the_service(own_service: RunningService, page: str, end: str) -> None:
    view, key = {"page": page, "timestamp": TEN}, [("idempotency-key", "k" * 255)]
    assert success(own_service.post(SINGLE, view, key))
    own_service.stop() if end == "stop" else own_service.kill()
    own_service.start()
    assert success(own_service.post(SINGLE, view, key))
    assert own_service.views(page, TEN) == 1


def test_unlike_keys_are_counted_each(service: RunningService, page: str) -> None:
    visible = "".join(map(chr, range(0x21, 0x7F)))
    for key in ("a", "A", "aa", visible, "k" * 254, "k" * 255):
        assert success(service.post(SINGLE, {"page": page, "timestamp": TEN}, [("idempotency-key", key)]))
    assert service.views(page, TEN) == 6


def test_a_refused_request_does_not_use_up_its_key(service: RunningService, page: str) -> None:
    key = [("idempotency-key", page)]
    assert service.post(SINGLE, {"page": page, "timestamp": "yesterday"}, key).status == 400
    assert success(service.post(SINGLE, {"page": page, "timestamp": TEN}, key))
    assert service.views(page, TEN) == 1
