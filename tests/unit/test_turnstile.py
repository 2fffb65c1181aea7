"""Whom the turnstile lets in."""

import asyncio

import pytest
from tests.unit.test_collect import Groups, passes

from hourmill.errors import Closing, Overloaded
from hourmill.services.collect import Limits
from hourmill.services.collect_on_loop import LoopCollector
from hourmill.services.turnstile import (
    AFTER_CALM_S,
    CALM_S,
    FLOOD_PASSED_S,
    FLOOD_PER_S,
    ROUND_S,
    SHUT_ROUNDS,
    Turnstile,
)

LIMITS = Limits(3, 1_000_000)


class Clock:
    """Stands still, but for what it is told."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class Service:
    """A turnstile, and requests that take their time on the event loop."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.collector = LoopCollector(Groups(), LIMITS)
        self.turnstile = Turnstile(self.collector, self.clock)
        self.let_in: list[int] = []

    def arrive(self, *takes_s: float) -> None:
        """So many requests come at once; each takes so long if it is let in."""
        for number, took_s in enumerate(takes_s):
            asyncio.get_running_loop().call_soon(self._work, number, took_s)

    def _work(self, number: int, took_s: float) -> None:
        try:
            self.turnstile.let_in()
        except Overloaded:
            return
        self.let_in.append(number)
        self.clock.now_s += took_s

    async def round(self, *takes_s: float) -> list[int]:
        """What is let in of those that come at once."""
        self.let_in.clear()
        self.arrive(*takes_s)
        await passes(3)
        return list(self.let_in)


async def test_short_work_is_all_let_in() -> None:
    assert await Service().round(*[0.0001] * 1000) == list(range(1000))


async def test_the_longest_piece_of_work_does_not_refuse_those_that_came_with_it() -> None:
    assert await Service().round(0.001, 0.6, 0.001, 0.001) == [0, 1, 2, 3]


async def test_whoever_comes_when_too_much_waits_is_refused() -> None:
    service = Service()
    first = await service.round(*[0.1] * 20)
    assert first == list(range(round(AFTER_CALM_S / 0.1)))
    assert await service.round(*[0.1] * 20) == [0, 1, 2]
    assert await service.round(*[ROUND_S] * 20) == [0]


async def test_in_a_flood_nobody_is_let_in_for_a_while_and_less_after_that() -> None:
    service = Service()
    flood = [0.1] * (20 + FLOOD_PER_S)
    assert len(await service.round(*flood)) == round(AFTER_CALM_S / 0.1)
    assert await service.round(0.01) == []
    assert isinstance(service.turnstile.refusal(), Overloaded)
    service.clock.now_s += 1.01 * SHUT_ROUNDS * AFTER_CALM_S
    assert service.turnstile.refusal() is None
    assert await service.round(*[0.03] * 10) == [0, 1]  # ROUND_IN_FLOOD_S
    service.clock.now_s += FLOOD_PASSED_S
    assert await service.round(0.01) == [0]
    assert await service.round(*[0.1] * 10) == list(range(10))


async def test_what_is_refused_is_kept_by_nobody() -> None:
    service = Service()
    for _ in range(LIMITS.entries):
        service.collector.add_view("a", 0, 10)
    refusal = service.turnstile.refusal()
    assert isinstance(refusal, Overloaded)
    assert refusal.__traceback__ is None  # else it would keep the request until cyclic garbage is collected


async def test_a_flood_of_short_work_shuts_nobody_out() -> None:
    service = Service()
    for _ in range(3):
        assert await service.round(*[0.00001] * 5000) == list(range(5000))


async def test_after_a_calm_round_a_long_one_is_allowed_again() -> None:
    service = Service()
    await service.round(*[0.1] * 20)
    assert await service.round(CALM_S / 2) == [0]
    assert await service.round(0.5, 0.1) == [0, 1]


async def test_time_that_passes_without_requests_counts_for_nothing() -> None:
    service = Service()
    await service.round(*[0.1] * 20)
    service.clock.now_s += 100
    assert await service.round(0.1, 0.1) == [0, 1]


async def test_a_full_collector_refuses_before_any_work_is_done() -> None:
    service = Service()
    waiting = [service.collector.add_view("a", 0, 10) for _ in range(LIMITS.entries)]
    with pytest.raises(Overloaded):
        service.turnstile.let_in()
    await asyncio.gather(*waiting)
    service.turnstile.let_in()
    await service.collector.close()
    with pytest.raises(Closing):
        service.turnstile.let_in()
