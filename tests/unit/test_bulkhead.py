"""Reads take turns, one of each client; what is past the bounds is refused."""

import asyncio
from contextlib import suppress

import pytest

from hourmill.errors import ReadsFull, TooManyReads
from hourmill.services.bulkhead import Bounds, Bulkhead


class Reads:
    """Reads of some clients, each of which goes on until it is told to end.

    ran      whose turn it was, in order
    refused  who was refused, in order
    """

    def __init__(self, bulkhead: Bulkhead) -> None:
        self.bulkhead = bulkhead
        self.ran: list[str] = []
        self.refused: list[tuple[str, str]] = []
        self._going_on: list[asyncio.Event] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def _read(self, client: str) -> None:
        try:
            async with self.bulkhead.turn(client):
                self.ran.append(client)
                ended = asyncio.Event()
                self._going_on.append(ended)
                await ended.wait()
        except (TooManyReads, ReadsFull) as error:
            self.refused.append((client, type(error).__name__))

    async def ask(self, *clients: str) -> None:
        self.tasks += [asyncio.create_task(self._read(client)) for client in clients]
        await self._settled()

    async def end_one(self) -> None:
        self._going_on.pop(0).set()
        await self._settled()

    async def end_all(self) -> None:
        while self._going_on:
            await self.end_one()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _settled(self) -> None:
        for _ in range(5):  # turns of the event loop: more than a hand-over takes
            await asyncio.sleep(0)


async def test_who_comes_later_has_a_turn_before_all_of_another_that_asked_much() -> None:
    reads = Reads(Bulkhead(Bounds(running=1, of_client=10, together=100)))
    await reads.ask(*["much"] * 5, "little", "other", "little")
    await reads.end_all()
    assert reads.ran == ["much", "much", "little", "other", "much", "little", "much", "much"]
    assert len(reads.bulkhead) == 0


async def test_no_more_run_at_the_same_time_than_may() -> None:
    reads = Reads(Bulkhead(Bounds(running=2, of_client=10, together=100)))
    await reads.ask("a", "a", "b", "c")
    assert reads.ran == ["a", "a"]
    await reads.end_one()
    assert reads.ran == ["a", "a", "b"]
    await reads.end_all()
    assert reads.ran == ["a", "a", "b", "c"]


async def test_a_client_with_all_that_it_may_have_under_way_is_refused_and_others_are_not() -> None:
    reads = Reads(Bulkhead(Bounds(running=1, of_client=3, together=100)))
    await reads.ask(*["a"] * 5, "b")
    assert reads.refused == [("a", "TooManyReads")] * 2
    await reads.end_one()
    await reads.ask("a")
    await reads.end_all()
    assert (reads.ran.count("a"), reads.ran.count("b"), len(reads.refused)) == (4, 1, 2)


async def test_when_all_places_are_taken_the_newest_of_who_has_most_gives_way() -> None:
    reads = Reads(Bulkhead(Bounds(running=1, of_client=10, together=8)))
    await reads.ask(*["a"] * 6, "b", "b", "c")
    assert reads.refused == [("a", "ReadsFull")]
    await reads.ask("b", "c", "c")  # then all three have as many, or one more
    assert sorted(reads.refused) == [("a", "ReadsFull")] * 3 + [("c", "ReadsFull")]
    await reads.end_all()
    assert sorted(reads.ran) == ["a", "a", "a", "b", "b", "b", "c", "c"]


async def test_who_gave_way_and_asks_again_takes_nothing_from_who_has_less() -> None:
    reads = Reads(Bulkhead(Bounds(running=1, of_client=10, together=4)))
    await reads.ask(*["a"] * 4, "b", "a", "a")
    assert reads.refused == [("a", "ReadsFull")] * 3
    await reads.end_all()
    assert sorted(reads.ran) == ["a", "a", "a", "b"]


async def test_what_nobody_waits_for_any_more_has_no_turn() -> None:
    reads = Reads(Bulkhead(Bounds(running=1, of_client=3, together=3)))
    await reads.ask("a", "a", "b")
    reads.tasks[1].cancel()
    await reads.ask("c")
    await reads.end_all()
    assert (reads.ran, reads.refused, len(reads.bulkhead)) == (["a", "b", "c"], [], 0)


async def test_who_is_cancelled_in_the_moment_of_its_turn_leaves_it_to_the_next() -> None:
    reads = Reads(Bulkhead(Bounds(running=1, of_client=3, together=3)))
    await reads.ask("a", "b", "c")
    reads._going_on[0].set()
    await reads.tasks[0]  # "b" has its turn, and has not begun
    reads.tasks[1].cancel()
    await reads.end_all()
    assert "c" in reads.ran
    assert len(reads.bulkhead) == 0


async def test_once_closed_what_waits_is_refused_and_what_runs_ends() -> None:
    reads = Reads(Bulkhead(Bounds(running=1, of_client=10, together=10)))
    await reads.ask("a", "b", "c")
    reads.bulkhead.close()
    await reads.ask("d")
    assert sorted(reads.refused) == [("b", "ReadsFull"), ("c", "ReadsFull"), ("d", "ReadsFull")]
    await reads.end_all()
    assert reads.ran == ["a"]


async def test_a_read_that_fails_leaves_its_turn_to_the_next() -> None:
    bulkhead = Bulkhead(Bounds(running=1, of_client=10, together=10))
    for _ in range(3):
        with suppress(LookupError):
            async with bulkhead.turn("a"):
                raise LookupError
    async with bulkhead.turn("a"):
        assert len(bulkhead) == 1
    with pytest.raises(TooManyReads):
        async with Bulkhead(Bounds(running=1, of_client=0, together=10)).turn("a"):
            pass
