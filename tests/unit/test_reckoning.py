"""Up to when one channel knows its partition to be counted."""

from datetime import UTC, datetime, timedelta

import pytest

from hourmill.adapters.rabbitmq.reckoning import LOOKS_APART_AT_MOST, Reckoning

START = datetime(2025, 7, 16, 10, tzinfo=UTC)


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


@pytest.fixture
def reckoning() -> Reckoning:
    return Reckoning()


def test_one_look_tells_nothing(reckoning: Reckoning) -> None:
    assert reckoning.looked(0, 1, at(0)) is None


def test_what_was_before_a_look_at_an_empty_queue_is_counted(reckoning: Reckoning) -> None:
    reckoning.looked(0, 1, at(0))
    assert reckoning.looked(0, 1, at(2)) == at(0)
    assert reckoning.looked(9, 1, at(4)) == at(2)


def test_what_is_here_is_not_counted_yet(reckoning: Reckoning) -> None:
    reckoning.looked(0, 1, at(0))
    reckoning.delivered(1, at(-3))
    reckoning.delivered(2, at(-5))  # of an API process whose clock is behind
    reckoning.delivered(3, at(1))
    assert reckoning.looked(0, 1, at(2)) == at(-5)
    reckoning.acked(2)
    assert reckoning.looked(0, 1, at(4)) == at(1)
    reckoning.acked(3)
    assert reckoning.looked(0, 1, at(6)) == at(4)
    assert reckoning.waiting == 0


def test_a_clock_ahead_promises_nothing_beyond_the_look(reckoning: Reckoning) -> None:
    reckoning.looked(0, 1, at(0))
    reckoning.delivered(1, at(3600))
    assert reckoning.looked(0, 1, at(2)) == at(0)


def test_a_message_without_its_moment_keeps_the_answer_open(reckoning: Reckoning) -> None:
    reckoning.looked(0, 1, at(0))
    reckoning.delivered(1, None)
    assert reckoning.looked(0, 1, at(2)) is None
    reckoning.acked(1)
    assert reckoning.looked(0, 1, at(4)) == at(2)


@pytest.mark.parametrize("consumers", [0, 2])
def test_another_consumer_keeps_the_answer_open(reckoning: Reckoning, consumers: int) -> None:
    reckoning.looked(0, 1, at(0))
    assert reckoning.looked(0, consumers, at(2)) is None
    assert reckoning.looked(0, 1, at(4)) is None
    assert reckoning.looked(0, 1, at(6)) == at(4)


def test_looks_far_apart_begin_anew(reckoning: Reckoning) -> None:
    reckoning.looked(0, 1, at(0))
    late = LOOKS_APART_AT_MOST.total_seconds() + 1
    assert reckoning.looked(0, 1, at(late)) is None
    assert reckoning.looked(0, 1, at(late + 2)) == at(late)


def test_behind_a_backlog_the_oldest_message_here_tells_once_the_order_is_sure(reckoning: Reckoning) -> None:
    reckoning.delivered(1, at(-10))  # what another worker gave back may be older, and still in the queue
    assert reckoning.looked(50, 1, at(0)) is None
    assert reckoning.looked(50, 1, at(2)) is None
    reckoning.delivered(2, at(-30))
    reckoning.delivered(3, at(-20))
    assert reckoning.looked(50, 1, at(4)) is None
    reckoning.acked(1)
    assert reckoning.looked(50, 1, at(6)) == at(-30)
    reckoning.acked(2)
    assert reckoning.looked(50, 1, at(8)) == at(-20)
    reckoning.acked(3)
    assert reckoning.looked(50, 1, at(10)) is None  # the next ones are on their way


def test_after_an_empty_queue_the_order_is_sure(reckoning: Reckoning) -> None:
    reckoning.looked(0, 1, at(0))
    reckoning.delivered(1, at(1))
    assert reckoning.looked(50, 1, at(2)) == at(0)
    assert reckoning.looked(50, 1, at(4)) == at(1)
