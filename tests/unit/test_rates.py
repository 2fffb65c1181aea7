"""How often a client may ask."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourmill.errors import Quota, TooManyRequests
from hourmill.services.rates import MINUTE_S, Rates


class Clock:
    """A time that is set."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def taken(rates: Rates, client: str, times: int) -> int:
    """How many of so many requests at once are taken."""
    count = 0
    for _ in range(times):
        try:
            rates.take(client)
        except TooManyRequests:
            continue
        count += 1
    return count


def test_so_many_at_once_and_then_one_after_the_other() -> None:
    clock = Clock()
    rates = Rates("key", 6, clock)
    assert rates.take("a") == Quota("key", 6, 5, 10)
    assert taken(rates, "a", 10) == 5
    with pytest.raises(TooManyRequests) as refused:
        rates.take("a")
    assert refused.value.quota == Quota("key", 6, 0, 10)
    clock.now_s += 9.9
    assert taken(rates, "a", 1) == 0
    clock.now_s += 0.1
    assert taken(rates, "a", 3) == 1
    clock.now_s += MINUTE_S
    assert taken(rates, "a", 10) == 6


def test_clients_do_not_share() -> None:
    rates = Rates("address", 2, Clock())
    assert [taken(rates, client, 3) for client in "ab"] == [2, 2]


def test_the_table_is_bounded_and_forgets_who_was_silent_for_the_longest() -> None:
    rates = Rates("address", 2, Clock(), most_clients=3)
    for client in "abc":
        assert taken(rates, client, 3) == 2
    rates.take("d")
    assert len(rates._full_at_s) == 3
    assert [taken(rates, client, 3) for client in "bcda"] == [0, 0, 1, 2]


@given(st.integers(1, 10_000), st.lists(st.floats(0, 30), max_size=50))
def test_in_no_time_more_is_taken_than_the_rate_allows(per_minute: int, pauses_s: list[float]) -> None:
    clock = Clock()
    rates = Rates("key", per_minute, clock)
    count = 0
    for pause_s in pauses_s:
        clock.now_s += pause_s
        count += taken(rates, "a", 3)
    assert count <= per_minute + sum(pauses_s) * per_minute / MINUTE_S + 1
    assert count >= min(3 * len(pauses_s), per_minute)
