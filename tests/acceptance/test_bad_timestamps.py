"""Timestamps that the service refuses, in a view, a batch and a query."""

from urllib.parse import urlencode

import pytest
from tests.acceptance.answers import pointers_of, refused
from tests.acceptance.bad_timestamps import BAD_TIMESTAMPS
from tests.acceptance.routes import MULTI, SINGLE, TEN
from tests.data_file import held
from tests.service import RunningService


def _below(page: str, timestamp: str) -> str:
    shown = timestamp if len(timestamp) <= 2048 else timestamp[:64] + "\u2026"
    return "#/" + "/".join(name.replace("~", "~0").replace("/", "~1") for name in (page, shown))


@pytest.mark.parametrize("timestamp", [*BAD_TIMESTAMPS, "2025-07-16_10:00"])
def test_a_bad_timestamp_is_refused_and_changes_nothing(service: RunningService, timestamp: str) -> None:
    before = held(service.data_file)
    answer = service.post(SINGLE, {"page": "example.com/a", "timestamp": timestamp})
    assert pointers_of(refused(answer, 400)) == ["#/timestamp"]
    assert held(service.data_file) == before


@pytest.mark.parametrize("timestamp", [*BAD_TIMESTAMPS, "2025-07-16__10:00", "_2025-07-16T10:00"])
def test_a_bad_timestamp_refuses_its_batch(service: RunningService, timestamp: str) -> None:
    before = held(service.data_file)
    answer = service.post(MULTI, {"example.com/b": {TEN: 1}, "a/~": {TEN: 1, timestamp: 1, "2025-07-16T11:00": 1}})
    assert pointers_of(refused(answer, 400)) == [_below("a/~", timestamp)]
    assert service.post(MULTI, {"a": {timestamp: 0}}).status == 400
    assert held(service.data_file) == before


@pytest.mark.parametrize("timestamp", [*BAD_TIMESTAMPS, "2025-07-16_10:00"])
def test_a_bad_now_is_refused(service: RunningService, timestamp: str) -> None:
    answer = service.get("/report?" + urlencode({"page": "a", "now": timestamp}))
    assert refused(answer, 400) == [{"parameter": "now"}]
