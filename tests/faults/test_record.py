"""The oracle itself: what it must find, and what it must not call wrong."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.faults.record import ABSURD, NOT_ACCEPTED, OK, UNKNOWN, Record, Verdict, judge
from tests.traffic import Cell

A, B = ("a", 10), ("b", 11)

Sent = tuple[Mapping[Cell, int], str | None, str | None]  # cells, key, outcome; None: it was never answered


def verdict(folder: Path, requests: list[Sent], counted: Mapping[Cell, int]) -> Verdict:
    with Record(folder / "record.ndjson") as record:
        for cells, key, outcome in requests:
            number = record.sent(cells, key)
            if outcome:
                record.ended(number, outcome)
    return judge(folder / "record.ndjson", counted)


@pytest.mark.parametrize(
    ("outcome", "counted", "lost", "doubled"),
    [
        (OK, 5, 0, 0),
        (OK, 4, 1, 0),
        (OK, 0, 5, 0),
        (OK, 6, 0, 1),
        (UNKNOWN, 0, 0, 0),
        (UNKNOWN, 5, 0, 0),
        (UNKNOWN, 10, 0, 5),
        (None, 5, 0, 0),
        (None, 6, 0, 1),
        (NOT_ACCEPTED, 0, 0, 0),
        (NOT_ACCEPTED, 5, 0, 5),
    ],
)
def test_one_request(tmp_path: Path, outcome: str | None, counted: int, lost: int, doubled: int) -> None:
    found = verdict(tmp_path, [({A: 5}, None, outcome)], {A: counted})
    assert (found.lost, found.doubled, bool(found.cells)) == (lost, doubled, bool(lost or doubled))
    assert found.sent == 5


@pytest.mark.parametrize(
    ("outcomes", "least", "most"),
    [
        ([OK, OK], 5, 5),
        ([UNKNOWN, OK], 5, 5),
        ([OK, UNKNOWN], 5, 5),
        ([NOT_ACCEPTED, OK], 5, 5),
        ([UNKNOWN, UNKNOWN], 0, 5),
        ([NOT_ACCEPTED, UNKNOWN], 0, 5),
        ([UNKNOWN, NOT_ACCEPTED], 0, 5),
        ([NOT_ACCEPTED, NOT_ACCEPTED], 0, 0),
    ],
)
def test_repeats_of_a_key_count_once(tmp_path: Path, outcomes: list[str], least: int, most: int) -> None:
    requests: list[Sent] = [({A: 5}, "key", outcome) for outcome in outcomes]
    for counted in range(11):
        assert (not verdict(tmp_path, requests, {A: counted}).cells) == (least <= counted <= most)
    assert verdict(tmp_path, requests, {}).sent == 5


def test_a_loss_in_one_cell_is_not_made_up_for_by_another(tmp_path: Path) -> None:
    found = verdict(tmp_path, [({A: 5, B: 5}, None, OK)], {A: 4, B: 6})
    assert (found.lost, found.doubled) == (1, 1)
    assert found.cells == ["a in hour 10: 4, not 5 to 5", "b in hour 11: 6, not 5 to 5"]


def test_a_cell_that_nobody_sent_is_doubled(tmp_path: Path) -> None:
    assert verdict(tmp_path, [({A: 5}, None, OK)], {A: 5, B: 1}).doubled == 1


def test_requests_under_way_at_the_same_time_are_told_apart(tmp_path: Path) -> None:
    with Record(tmp_path / "record") as record:
        numbers = [record.sent({A: views}) for views in (1, 10, 100)]
        record.ended(numbers[2], OK)
        record.ended(numbers[0], NOT_ACCEPTED)
    right = {counted for counted in range(120) if not judge(tmp_path / "record", {A: counted}).cells}
    assert right == set(range(100, 111))


def test_absurd_counts_are_judged_and_no_load(tmp_path: Path) -> None:
    found = verdict(tmp_path, [({A: ABSURD}, None, OK), ({B: 3}, None, OK)], {B: 3})
    assert (found.sent, found.lost) == (3, ABSURD)
