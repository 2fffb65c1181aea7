"""Work in time slices: in turn, a slice at a time, and never all of it while others wait."""

import asyncio
from collections.abc import Callable

import pytest
from tests.unit.test_collect import passes

from hourmill.errors import Malformed, Overloaded
from hourmill.services.time_slices import LATE_S, TURN_S, TimeSlices, Work


class Bench:
    """Slices whose clock goes on by what each of them takes, and the order in which they ran."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.ran: list[str] = []
        self.slices = TimeSlices(lambda: self.now_s)

    def work(self, name: str, slices: int, takes_s: float = TURN_S) -> Work[str]:
        for _ in range(slices - 1):
            self._slice(name, takes_s)
            yield
        self._slice(name, takes_s)
        return name

    def _slice(self, name: str, takes_s: float) -> None:
        self.ran.append(name)
        self.now_s += takes_s


@pytest.fixture
async def bench() -> Bench:
    return Bench()


async def test_work_gives_its_result_or_its_error(bench: Bench) -> None:
    def fails() -> Work[None]:
        yield
        raise Malformed([])

    assert await bench.slices.result(bench.work("a", 3)) == "a"
    with pytest.raises(Malformed):
        await bench.slices.result(fails())
    assert bench.ran == ["a", "a", "a"]


async def test_the_event_loop_has_its_turn_after_each_slice_that_takes_as_long_as_a_turn(bench: Bench) -> None:
    rounds = 0

    def go_round() -> None:
        nonlocal rounds
        rounds += 1
        asyncio.get_running_loop().call_soon(go_round)

    go_round()
    await bench.slices.result(bench.work("a", 50))
    assert rounds >= 50


async def test_short_work_shares_a_turn(bench: Bench) -> None:
    await asyncio.gather(*(bench.slices.result(bench.work(name, 1, TURN_S / 10)) for name in "abcdefgh"))
    assert bench.ran == [*"abcdefgh"]


async def test_what_came_later_begins_before_what_has_begun_goes_on(bench: Bench) -> None:
    long = asyncio.create_task(bench.slices.result(bench.work("long", 20)))
    await passes(5)
    assert 3 <= len(bench.ran) < 20
    await asyncio.gather(*(bench.slices.result(bench.work(name, 2)) for name in "ab"))
    assert len(bench.ran) < 20
    assert await long == "long"


async def test_nothing_is_taken_on_while_what_came_before_waits_for_too_long(bench: Bench) -> None:
    told: list[object] = []
    note: Callable[[object, Exception | None], None] = lambda result, _: told.append(result)  # noqa: E731
    bench.slices.run(bench.work("a", 1), note)
    bench.slices.let_in()
    bench.now_s += LATE_S + 0.1
    with pytest.raises(Overloaded):
        bench.slices.let_in()
    await passes(3)
    assert told == ["a"]
    bench.slices.let_in()


async def test_the_client_may_go_away_meanwhile(bench: Bench) -> None:
    gone = asyncio.create_task(bench.slices.result(bench.work("gone", 3)))
    await asyncio.sleep(0)
    gone.cancel()
    assert await bench.slices.result(bench.work("b", 5)) == "b"
    assert bench.ran.count("gone") == 3
