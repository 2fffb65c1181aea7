"""Requests with an Idempotency-Key: counted once, answered alike, also over restarts."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.acceptance.access_keys import bearer, made_key
from tests.acceptance.answers import success
from tests.acceptance.routes import MULTI, SINGLE, TEN
from tests.service import RunningService, running_service


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


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service that needs access keys for counting."""
    with running_service(tmp_path_factory.mktemp("closed"), {"HOURMILL_ACCESS": "write"}) as running:
        yield running


def test_one_key_of_two_owners_is_two(closed: RunningService, page: str) -> None:
    owners = [made_key(closed, "--scope", "write")["key"] for _ in range(2)]
    for path, value in (SINGLE, {"page": page, "timestamp": TEN}), (MULTI, {page: {TEN: 3}}):
        for owner in owners * 2:  # each counts once, whatever the other sends
            assert success(closed.post(path, value, [*bearer(owner), ("idempotency-key", page + path)]))
    assert closed.views(page, TEN) == 2 * (1 + 3)


def test_a_public_key_cannot_use_up_the_keys_of_others(closed: RunningService, page: str) -> None:
    public = made_key(closed, "--scope", "write", "--site", "example.com")["key"]
    customer = made_key(closed, "--scope", "write")["key"]
    nightly = [("idempotency-key", "nightly-2026-11-30")]
    assert success(closed.post(f"{MULTI}?key={public}", {}, nightly))
    assert success(closed.post(MULTI, {page: {TEN: 7}}, [*bearer(customer), *nightly]))
    assert closed.views(page, TEN) == 7


def test_an_owner_is_the_same_however_it_shows_its_key(closed: RunningService, page: str) -> None:
    owner, key = made_key(closed, "--scope", "write")["key"], [("idempotency-key", page)]
    view = {"page": page, "timestamp": TEN}
    assert success(closed.post(SINGLE, view, [*bearer(owner), *key]))
    assert success(closed.post(f"{SINGLE}?key={owner}", view, key))
    assert closed.views(page, TEN) == 1


def test_where_no_access_key_is_needed_all_are_one_owner(service: RunningService, page: str) -> None:
    key, view = [("idempotency-key", page)], {"page": page, "timestamp": TEN}
    for shown in ([], bearer(made_key(service, "--scope", "write")["key"])):
        assert success(service.post(SINGLE, view, [*shown, *key]))
    assert service.views(page, TEN) == 1
