"""When nothing is said to be accepted."""

import pytest

from hourmill.services.acceptance import REFUSING_AFTER_S, TRIED_AGAIN_AFTER_S, Outcomes, Trouble, refusal

LONG_AGO_S = 1_000.0
OLD = Trouble(LONG_AGO_S, "the disk is full")
YOUNG = Trouble(LONG_AGO_S + 100, "the broker is away")
NOW_S = YOUNG.since_s + REFUSING_AFTER_S - 1
NEVER_S = float("-inf")


@pytest.mark.parametrize(
    ("troubles", "accepted_at_s", "reason"),
    [
        ([], NEVER_S, None),
        ([None, None], NEVER_S, None),
        ([None, YOUNG], NEVER_S, None),
        ([OLD, YOUNG], NEVER_S, OLD.reason),
        ([YOUNG, OLD, None], OLD.since_s - 1, OLD.reason),
        ([OLD], NOW_S - 1, None),  # others are accepted meanwhile
        ([OLD], NOW_S - REFUSING_AFTER_S, OLD.reason),
    ],
)
def test_a_trouble_that_lasts_while_nothing_is_accepted_is_told(
    troubles: list[Trouble | None], accepted_at_s: float, reason: str | None
) -> None:
    assert refusal(troubles, accepted_at_s, NOW_S) == reason


def test_a_trouble_begins_with_the_first_failure_and_tells_the_last_reason() -> None:
    outcomes = Outcomes()
    outcomes.accepted(1)
    outcomes.failed(2, "first")
    outcomes.failed(3, "second")
    assert outcomes.trouble(4) == Trouble(2, "second")


def test_a_trouble_ends_when_a_group_is_accepted() -> None:
    outcomes = Outcomes()
    outcomes.failed(2, "first")
    outcomes.accepted(3)
    assert (outcomes.trouble(4), outcomes.accepted_at_s) == (None, 3)


def test_a_trouble_is_forgotten_when_nobody_tries_for_a_while_and_is_as_old_as_it_was_when_somebody_does() -> None:
    outcomes = Outcomes()
    outcomes.failed(2, "first")
    assert outcomes.trouble(2 + TRIED_AGAIN_AFTER_S + 1) is None
    outcomes.failed(20, "again")
    assert outcomes.trouble(21) == Trouble(2, "again")
