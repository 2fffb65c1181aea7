"""The timestamps that the service takes, and the UTC hours that they fall in."""

import pytest
from tests.acceptance.answers import success
from tests.acceptance.routes import ELEVEN, MULTI, SINGLE, TEN
from tests.service import RunningService

HOURS_OF_TIMESTAMPS = [
    ("2025-07-16T10:00:00Z", TEN),
    ("2025-07-16T10:59:59.999999999Z", TEN),
    ("2025-07-16T10:00:00", TEN),
    ("2025-07-16T10:00", TEN),
    ("2025-07-16T10:00Z", TEN),
    ("2025-07-16t10:00:00z", TEN),
    ("2025-07-16T12:30:00+02:00", TEN),
    ("2025-07-16T15:44:59+05:45", "2025-07-16T09:00:00Z"),
    ("2025-07-15T23:30:00-11:30", ELEVEN),
    ("2025-07-16T10:00:00-00:00", TEN),
    ("2024-02-29T23:00:00Z", "2024-02-29T23:00:00Z"),
    ("2016-12-31T23:59:60Z", "2016-12-31T23:00:00Z"),
    ("2017-01-01T05:29:60.5+05:30", "2016-12-31T23:00:00Z"),
    ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
    ("1969-12-31T23:30:00-01:00", "1970-01-01T00:00:00Z"),
]


@pytest.mark.parametrize(("timestamp", "hour"), HOURS_OF_TIMESTAMPS)
def test_a_timestamp_falls_in_its_utc_hour(service: RunningService, page: str, timestamp: str, hour: str) -> None:
    assert success(service.post(SINGLE, {"page": page, "timestamp": timestamp}))
    assert success(service.post(MULTI, {page: {timestamp: 2}}))
    assert service.views(page, hour) == 3
    assert service.views(page, timestamp) == 3


@pytest.mark.parametrize("timestamp", ["2025-06-01_21:00", "2025-06-01_21:00:59Z", "2025-06-01_23:00+02:00"])
def test_a_batch_may_write_an_underscore_for_the_t(service: RunningService, page: str, timestamp: str) -> None:
    assert success(service.post(MULTI, {page: {timestamp: 4}}))
    assert service.views(page, "2025-06-01T21:00") == 4


def test_timestamps_of_the_same_hour_are_summed(service: RunningService, page: str) -> None:
    batch = {
        page: {
            TEN: 1,
            "2025-07-16T10:00": 2,
            "2025-07-16_10:59": 4,
            "2025-07-16T12:01:00+02:00": 8,
            "2025-07-16T10:01": 0,
        }
    }
    assert success(service.post(MULTI, batch))
    assert service.views(page, TEN) == 15
