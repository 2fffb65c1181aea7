"""The hours that a report shows."""

import pytest

from hourmill.core.window import HOURS, Order, Window, arrange, window_of

VIEWS = {99: 1, 100: 2, 110: 3, 123: 4, 124: 5}
WINDOW = Window(100, 123)


@pytest.mark.parametrize(
    ("now_hour", "complete", "window"),
    [
        (123, False, Window(100, 123)),
        (123, True, Window(99, 122)),
        (0, False, Window(-23, 0)),
        (0, True, Window(-24, -1)),
    ],
)
def test_a_window_is_24_hours_with_or_without_the_running_one(now_hour: int, complete: bool, window: Window) -> None:
    assert window_of(now_hour, complete=complete) == window
    assert window.last - window.first + 1 == HOURS


def test_every_hour_of_the_window_is_there_and_no_other() -> None:
    arranged = arrange(VIEWS, WINDOW, "asc", HOURS)
    assert [hour for hour, _ in arranged] == list(range(100, 124))
    assert {hour: views for hour, views in arranged if views} == {100: 2, 110: 3, 123: 4}


@pytest.mark.parametrize(
    ("order", "take", "arranged"),
    [
        ("asc", 1, [(100, 2)]),
        ("asc", 2, [(100, 2), (101, 0)]),
        ("desc", 1, [(123, 4)]),
        ("desc", 2, [(123, 4), (122, 0)]),
    ],
)
def test_hours_are_ordered_then_cut(order: Order, take: int, arranged: list[tuple[int, int]]) -> None:
    assert arrange(VIEWS, WINDOW, order, take) == arranged
    assert arrange(VIEWS, WINDOW, order, HOURS)[:take] == arranged


def test_newest_first_is_oldest_first_reversed() -> None:
    assert arrange(VIEWS, WINDOW, "desc", HOURS) == arrange(VIEWS, WINDOW, "asc", HOURS)[::-1]


def test_a_page_without_views_has_24_zeros() -> None:
    assert arrange({}, WINDOW, "asc", HOURS) == [(hour, 0) for hour in range(100, 124)]
