"""What GET /report answers: 24 hours, ordered, cut, up to the clock's hour or another."""

from datetime import UTC, datetime

import pytest
from tests.acceptance.answers import success
from tests.acceptance.routes import ELEVEN, MULTI, SINGLE, TEN
from tests.service import RunningService


def test_a_report_has_24_hours_with_zeros_oldest_first(service: RunningService, page: str) -> None:
    assert success(service.post(MULTI, {page: {"2025-07-15T11:00Z": 1, "2025-07-15T10:59Z": 2, TEN: 4, ELEVEN: 8}}))
    zeros = [(hour % 24, 0) for hour in range(12, 34)]
    assert service.report(page, now="2025-07-16T10:59:59Z") == [(11, 1), *zeros, (10, 4)]


def test_a_report_of_an_unseen_page_is_all_zeros(service: RunningService, page: str) -> None:
    assert service.report(page, now="1970-01-01T00:00:00Z") == [(hour % 24, 0) for hour in range(1, 25)]
    assert service.report(page, now="2200-12-31T23:00:00Z") == [(hour, 0) for hour in range(24)]


def test_a_report_is_ordered_then_cut(service: RunningService, page: str) -> None:
    assert success(service.post(MULTI, {page: {"2025-07-15T11:00Z": 1, TEN: 2}}))
    assert service.report(page, now=TEN, take="2") == [(11, 1), (12, 0)]
    assert service.report(page, now=TEN, take="2", order="desc") == [(10, 2), (9, 0)]
    assert service.report(page, now=TEN, order="asc") == service.report(page, now=TEN, order="desc")[::-1]


@pytest.mark.parametrize("take", ["24", "25", "024", "1000", "9" * 4400])
def test_a_report_takes_no_more_than_24_hours(service: RunningService, page: str, take: str) -> None:
    assert service.report(page, now=TEN, take=take) == service.report(page, now=TEN)


def test_a_complete_report_leaves_the_running_hour_out(service: RunningService, page: str) -> None:
    assert success(service.post(MULTI, {page: {"2025-07-15T10:00Z": 1, "2025-07-16T09:00Z": 2, TEN: 4}}))
    complete = service.report(page, now=TEN, complete="true")
    assert complete == [(10, 1), *((hour % 24, 0) for hour in range(11, 33)), (9, 2)]
    assert service.report(page, now=TEN, complete="true", order="desc", take="1") == [(9, 2)]
    assert service.report(page, now=TEN, complete="false") == service.report(page, now=TEN)


def test_a_report_ends_with_the_clock_s_hour_and_shows_what_was_just_counted(
    service: RunningService, page: str
) -> None:
    before = datetime.now(UTC).isoformat()
    assert success(service.post(SINGLE, {"page": page, "timestamp": before}))
    shown = service.report(page)
    after = datetime.now(UTC).isoformat()
    assert sum(views for _, views in shown) == 1
    assert shown in (service.report(page, now=before), service.report(page, now=after))


@pytest.mark.parametrize("now", ["2025-07-16T12:00:00%2B02:00", "2025-07-16T07:30-02:30", "2025-07-16T10:00:00.5Z"])
def test_a_report_takes_now_with_an_offset(service: RunningService, now: str) -> None:
    answer = service.get(f"/report?page=example.com/&now={now}&take=1&order=desc")
    assert answer.body == b'{"data":[{"h":10,"v":0}]}'
