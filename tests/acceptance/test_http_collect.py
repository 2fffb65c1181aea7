"""Views that the service takes, one by one and in batches, over real HTTP; what it refuses is in test_bad_bodies."""

import pytest
from tests.acceptance.answers import success
from tests.acceptance.routes import ELEVEN, MULTI, SINGLE, TEN
from tests.data_file import held
from tests.service import RunningService

CONTENT_TYPES = [
    "application/json",
    "application/json; charset=utf-8",
    "Application/JSON;charset=UTF-8",
    'application/json ; charset="utf-8"',
    "text/plain",
    "text/plain;charset=UTF-8",
]
UNKNOWN_MEMBERS = [
    '"referrer": "https://example.com/"',
    '"Page": "another", "TIMESTAMP": 1',
    '"": null',
    '"a": [{"b": [1, 2.5e3, true, {"c": {}}]}]',
    '"quoted": "\\"page\\": \\"another\\""',
    '"huge": 1e400, "long": ' + "7" * 5000,
    '"nested": ' + "[" * 30 + "]" * 30,
    '"siblings": [{"a": 1}, {"a": 1}]',
]


def test_a_single_view_adds_one(service: RunningService, page: str) -> None:
    answers = [service.post(SINGLE, {"page": page, "timestamp": TEN}) for _ in range(3)]
    assert all(map(success, answers))
    assert service.views(page, TEN) == 3


def test_a_batch_adds_each_number_to_its_page_and_hour(service: RunningService, page: str) -> None:
    other = page + "/other"
    assert success(service.post(MULTI, {page: {TEN: 5, ELEVEN: 3}, other: {TEN: 2}}))
    assert service.report(page, now=ELEVEN)[-2:] == [(10, 5), (11, 3)]
    assert service.report(other, now=ELEVEN)[-2:] == [(10, 2), (11, 0)]


def test_a_batch_of_thousands_of_cells_is_counted_whole(own_service: RunningService) -> None:
    batch = {
        f"example.com/{page}": {f"2025-07-16T{hour:02}:00:00Z": page + hour for hour in range(24)}
        for page in range(300)
    }
    assert success(own_service.post(MULTI, batch))
    counted = {
        (page, f"2025-07-16 {hour[11:13]}:00:00"): count
        for page, hours in batch.items()
        for hour, count in hours.items()
        if count
    }
    assert held(own_service.data_file).views == counted


@pytest.mark.parametrize("content_type", CONTENT_TYPES)
def test_json_is_taken_as_json_or_as_plain_text(service: RunningService, page: str, content_type: str) -> None:
    view, batch = f'{{"page": "{page}", "timestamp": "{TEN}"}}', f'{{"{page}": {{"{TEN}": 2}}}}'
    headers = [("content-type", content_type), ("content-encoding", "identity")]
    assert success(service.request("POST", SINGLE, view.encode(), headers))
    assert success(service.request("POST", MULTI, batch.encode(), headers))
    assert service.views(page, TEN) == 3


@pytest.mark.parametrize("members", UNKNOWN_MEMBERS)
def test_unknown_members_are_ignored(service: RunningService, page: str, members: str) -> None:
    assert success(service.post(SINGLE, f'{{"page": "{page}", {members}, "timestamp": "{TEN}"}}'.encode()))
    assert service.views(page, TEN) == 1


@pytest.mark.parametrize("batch", [{}, {"example.com/none": {}}, {"example.com/none": {TEN: 0, ELEVEN: 0}}])
def test_a_batch_without_a_view_succeeds_and_adds_nothing(
    service: RunningService, batch: dict[str, dict[str, int]]
) -> None:
    before = held(service.data_file)
    assert success(service.post(MULTI, batch))
    assert held(service.data_file) == before


def test_a_count_of_zero_adds_nothing_beside_others(service: RunningService, page: str) -> None:
    assert success(service.post(MULTI, {page: {TEN: 0, ELEVEN: 1}, page + "/none": {TEN: 0}}))
    assert {cell: views for cell, views in held(service.data_file).views.items() if cell[0].startswith(page)} == {
        (page, "2025-07-16 11:00:00"): 1
    }


def test_sums_go_past_32_bits(service: RunningService, page: str) -> None:
    most = 2**31 - 1
    for _ in range(3):
        assert success(service.post(MULTI, {page: {TEN: most, "2025-07-16T10:30:00Z": most}}))
    assert service.views(page, TEN) == 6 * most
