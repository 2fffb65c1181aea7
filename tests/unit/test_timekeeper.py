"""Which hours are taken and kept now; the store that is asked is a list of answers."""

import asyncio
from typing import cast

import pytest

from hourmill.core.hour import FIRST_HOUR, LAST_HOUR, hour_of
from hourmill.core.retention import Retention
from hourmill.core.time_bounds import TimeBounds, time_bounds
from hourmill.errors import Unreadable
from hourmill.ports.stats import StatsReader
from hourmill.services import timekeeper
from hourmill.services.timekeeper import Timekeeper

NOON = hour_of("2025-07-16T12:00Z")
JUNE_2024, JULY_2024 = hour_of("2024-06-01T00:00Z"), hour_of("2024-07-01T00:00Z")
YEAR = Retention(hourly_days=400, daily_days=800)


@pytest.mark.parametrize(
    ("retention", "kept_from", "bounds"),
    [
        (Retention(), FIRST_HOUR, TimeBounds(NOON, FIRST_HOUR, NOON + 25, FIRST_HOUR)),
        (Retention(), JULY_2024, TimeBounds(NOON, FIRST_HOUR, NOON + 25, JULY_2024)),
        (Retention(400), FIRST_HOUR, TimeBounds(NOON, FIRST_HOUR, NOON + 25, JUNE_2024)),
        (Retention(400), JULY_2024, TimeBounds(NOON, FIRST_HOUR, NOON + 25, JULY_2024)),
        (YEAR, FIRST_HOUR, TimeBounds(NOON, hour_of("2023-05-01T00:00Z"), NOON + 25, JUNE_2024)),
    ],
)
def test_hours_are_kept_from_what_settings_and_store_say_later(
    retention: Retention, kept_from: int, bounds: TimeBounds
) -> None:
    assert time_bounds(NOON, retention, 25, kept_from) == bounds


def test_no_bound_is_behind_the_last_hour_there_is() -> None:
    assert time_bounds(LAST_HOUR - 3, Retention(), 25).last == LAST_HOUR


def test_the_bounds_move_with_the_clock() -> None:
    now_s = [NOON * 3600 + 3599.9]
    keeper = Timekeeper(Retention(), 25, lambda: now_s[0])
    assert keeper.bounds()[:3] == (NOON, FIRST_HOUR, NOON + 25)
    assert keeper.bounds() is keeper.bounds()
    now_s[0] += 0.2
    assert keeper.bounds()[:3] == (NOON + 1, FIRST_HOUR, NOON + 26)
    now_s[0] -= 3600 * 5  # it was wrong, and is set
    assert keeper.bounds()[:3] == (NOON - 4, FIRST_HOUR, NOON + 21)


class Answers:
    """A store that gives these answers one after the other, None while it is away; then it gives no more."""

    def __init__(self, *answers: int | None) -> None:
        self._answers = list(answers)
        self.asked_out = asyncio.Event()

    async def hours_kept_from(self) -> int:
        if not self._answers:
            self.asked_out.set()
            await asyncio.Event().wait()
        answer = self._answers.pop(0)
        if answer is None:
            raise Unreadable
        return answer


async def test_while_the_store_is_away_what_it_said_last_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timekeeper, "ASKS_EVERY_S", 0.0)
    monkeypatch.setattr(timekeeper, "AGAIN_S", 0.0)
    store = Answers(None, None, JULY_2024, None)
    keeper = Timekeeper(Retention(400), 25, lambda: NOON * 3600.0)
    assert keeper.bounds().kept_from == JUNE_2024
    following = asyncio.create_task(keeper.follow(cast(StatsReader, store)))
    await store.asked_out.wait()
    await keeper.ready()
    following.cancel()
    assert keeper.bounds().kept_from == JULY_2024
