"""Errors as answers: trouble behind us is told in our own words, and its cause in the log."""

import pytest
from structlog.testing import capture_logs

from hourmill.errors import (
    BadQuery,
    Fault,
    HourmillError,
    KeysAway,
    NotAccepted,
    Overloaded,
    Poison,
    TooManyWatch,
    Unconfirmed,
    Unreachable,
    Unreadable,
)
from hourmill.http.problems import problem
from hourmill.http.trouble import SAY_AGAIN_S, TroubleLog

SAID = 'password authentication failed for user "ours" at 10.1.2.3, /var/lib/ours.db, relation "secret"'
OTHERS = [NotAccepted(SAID), Unreadable(SAID), KeysAway(SAID), TooManyWatch(SAID), Poison(SAID), Unreachable(SAID),
          Unconfirmed([0], SAID, sent=True), HourmillError(SAID)]  # fmt: skip


@pytest.mark.parametrize("error", OTHERS, ids=lambda error: type(error).__name__)
def test_what_a_server_behind_us_says_is_not_told_to_clients(error: HourmillError) -> None:
    answer = problem(error)
    assert answer.status >= 500
    assert b"ours" not in answer.body
    assert b"secret" not in answer.body
    assert (type(error).__doc__ or "").encode() in answer.body


def test_what_is_wrong_with_a_request_is_told_as_it_is() -> None:
    assert b"of this question" in problem(BadQuery([Fault("a")], "The end of this question is before its start.")).body


def test_it_is_logged_once_in_a_while_for_each_kind() -> None:
    now_s = [0.0]
    trouble = TroubleLog(lambda: now_s[0])
    with capture_logs() as logged:
        for passed_s in (0.0, 0.1, SAY_AGAIN_S, SAY_AGAIN_S + 0.1):
            now_s[0] = passed_s
            for error in (Unreadable(SAID), NotAccepted(SAID), Overloaded(), BadQuery([Fault("a")], "b")):
                trouble.note(error)
    assert [(line["error"], line["reason"]) for line in logged] == [("Unreadable", SAID), ("NotAccepted", SAID)] * 2
