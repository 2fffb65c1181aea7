"""Large batches: few are read, one is under way, the others wait, and not for ever."""

import asyncio

import pytest
from tests.client import PATIENCE_S

from hourmill.errors import Overloaded
from hourmill.services import large_batches
from hourmill.services.large_batches import PLACES, LargeBatches

NO_WAIT_S = 0.0


async def test_only_so_many_are_read_and_a_place_that_is_left_goes_to_the_next_one() -> None:
    large = LargeBatches(1000, within_s=PATIENCE_S)
    places = [await large.place() for _ in range(PLACES)]
    next_one = asyncio.create_task(large.place())
    await asyncio.sleep(0)
    assert not next_one.done()
    places[0].leave()
    places[0].leave()  # once is enough
    (await next_one).leave()
    for place in places[1:]:
        place.leave()
    for place in [await large.place() for _ in range(PLACES)]:
        place.leave()


async def test_a_body_that_comes_slowly_gives_up_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_batches, "READ_WITHIN_S", 0.0)
    large = LargeBatches(1000, within_s=PATIENCE_S)
    places = [await large.place() for _ in range(2 * PLACES)]
    for place in places:
        place.keep()
        place.leave()


async def test_a_body_that_has_come_keeps_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_batches, "READ_WITHIN_S", 0.0)
    large = LargeBatches(1000, within_s=NO_WAIT_S)
    for _ in range(PLACES):
        (await large.place()).keep()
    with pytest.raises(Overloaded):
        await large.place()


async def test_one_at_a_time_has_its_turn() -> None:
    large = LargeBatches(1000, within_s=PATIENCE_S)
    under_way = most = 0

    async def batch() -> None:
        nonlocal under_way, most
        async with large.turn(10):
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0)
            under_way -= 1

    await asyncio.gather(*(batch() for _ in range(20)))
    assert most == 1


async def test_what_would_wait_for_too_long_or_is_too_much_is_refused() -> None:
    large = LargeBatches(1000, within_s=NO_WAIT_S)
    async with large.turn(600):
        with pytest.raises(Overloaded):  # it waits for too long
            await large.turn(600).__aenter__()
        patient = LargeBatches(1000, within_s=PATIENCE_S)
    async with patient.turn(1000):
        with pytest.raises(Overloaded):  # no more may wait
            await patient.turn(1).__aenter__()
    async with patient.turn(1), large.turn(1):
        pass
