"""Failpoints: plans are read strictly, carried out once, and every step is documented."""

from collections.abc import Iterator

import pytest
from tests.documents import rows, sections, text_of

from hourmill.failpoints import FailpointReached, Plan, Step, arm, armed, parse, reached


@pytest.fixture(autouse=True)
def disarmed() -> Iterator[None]:
    """Whatever a test arms is gone after it."""
    yield
    arm("")


@pytest.mark.parametrize(
    ("text", "plans"),
    [
        ("", {}),
        ("stored=kill", {Step.STORED: Plan("kill")}),
        ("stored=raise@3", {Step.STORED: Plan("raise", 3)}),
        ("stored=pause:1.5@20", {Step.STORED: Plan("pause", 20, 1.5)}),
        ("stored=kill,acked=pause:2", {Step.STORED: Plan("kill"), Step.ACKED: Plan("pause", 1, 2.0)}),
    ],
)
def test_plans_are_read(text: str, plans: dict[Step, Plan]) -> None:
    assert parse(text) == plans


@pytest.mark.parametrize(
    "text",
    ["stored", "nowhere=kill", "stored=", "stored=stop", "stored=kill@0", "stored=kill@", "stored=kill:1",
     "stored=pause", "stored=pause:", "stored=pause:-1", "stored=raise@1 ", "stored=kill;acked=kill"],
)  # fmt: skip
def test_what_is_no_plan_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="is not STEP=kill, STEP=raise or STEP=pause:SECONDS"):
        parse(text)


def test_a_plan_is_carried_out_at_its_pass_and_once() -> None:
    arm("stored=raise@3")
    assert armed(Step.STORED)
    assert not armed(Step.ACKED)
    raised_at = []
    for number in range(1, 6):
        reached(Step.ACKED)
        try:
            reached(Step.STORED)
        except FailpointReached:
            raised_at.append(number)
    assert raised_at == [3]


def test_a_pause_lasts_as_long_as_was_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("hourmill.failpoints.time.sleep", slept.append)
    arm("stored=pause:0.5@2")
    reached(Step.STORED)
    assert not slept
    reached(Step.STORED)
    assert slept == [0.5]


def test_a_step_that_is_not_armed_does_nothing() -> None:
    arm("stored=raise")
    arm("")
    for step in Step:
        reached(step)


def test_every_step_is_documented() -> None:
    documented = [
        row[0].strip("`") for row in rows(sections(text_of("docs/faults.md"))["Failpoints"]) if row[0].startswith("`")
    ]
    assert documented == [str(step) for step in Step]
