"""How much the mill puts into one call of the store; that it counts right is shown on real servers."""

from collections.abc import Sequence

from hourmill.core.batch import Batch, Cells
from hourmill.core.figures import FlushFigures
from hourmill.core.message import Claim, Message
from hourmill.errors import Scattered
from hourmill.ports.queue import Delivery
from hourmill.ports.store import ParkedCell
from hourmill.services.mill import Mill, Pace

PRODUCER = bytes(16)
MANY = 30_000  # two of them are more than one call takes


class Queue:
    """A Consumer with one flush in it; it closes the mill when that is acknowledged."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self.left = [Delivery(0, (1, message.claim.seq), message, again=False) for message in messages]
        self.mill: Mill | None = None

    async def gather(self, most: int, within_s: float) -> list[Delivery]:
        return list(self.left)

    async def ack(self, deliveries: Sequence[Delivery]) -> None:
        self.left = [delivery for delivery in self.left if delivery not in deliveries]
        if self.mill is not None and not self.left:
            self.mill.close()

    async def hold(self, partitions: frozenset[int]) -> None:
        """All of it is held."""

    async def partitions(self) -> frozenset[int]:
        return frozenset({0})

    async def ready(self) -> None:
        """It is."""


class Calls:
    """A ClaimingCounter that keeps how many claims and cells each call had; cells of `alone` are taken one by one."""

    def __init__(self, alone: str | None = None) -> None:
        self.made: list[tuple[int, int]] = []
        self._alone = alone

    async def apply(self, claims: Sequence[Claim], batch: Batch, parked: Sequence[ParkedCell] = ()) -> Sequence[Claim]:
        if self._alone in batch.cells and len(claims) > 1:
            raise Scattered
        cells = [*batch.cells.values(), *(hours for cells in batch.keyed.values() for hours in cells.values())]
        self.made.append((len(claims), sum(map(len, cells))))
        return []

    async def accepts(self, cells: Cells) -> bool:
        return True

    async def ready(self) -> None:
        """It is."""


async def calls(batches: Sequence[Batch]) -> list[tuple[int, int]]:
    """Claims and cells of each call that one flush of these batches takes."""
    return (await milled(batches))[0]


async def milled(batches: Sequence[Batch], alone: str | None = None) -> tuple[list[tuple[int, int]], FlushFigures]:
    """Those, and the figures of the flush."""
    messages = [Message(Claim(PRODUCER, 0, seq), batch) for seq, batch in enumerate(batches, 1)]
    queue, counter = Queue(messages), Calls(alone)
    queue.mill = Mill(queue, counter, Pace(1, 1.0))
    await queue.mill.run()
    return counter.made, queue.mill.figures


def cells(page: str) -> Cells:
    return {page: dict.fromkeys(range(MANY), 1)}


async def test_a_batch_that_the_store_takes_alone_is_counted_apart_from_the_others() -> None:
    batches = [Batch({page: {0: 1}}, {}) for page in "abcd"]
    assert (await milled(batches, alone="b"))[0] == [(1, 1), (1, 1), (2, 2)]


async def test_cells_that_come_again_are_one_call_however_often() -> None:
    assert await calls([Batch(cells("a"), {}) for _ in range(5)]) == [(5, MANY)]


async def test_different_cells_are_a_call_for_every_fifty_thousand() -> None:
    assert await calls([Batch(cells(page), {}) for page in "abc"]) == [(2, 2 * MANY), (1, MANY)]


async def test_cells_of_keys_are_cells_of_their_own() -> None:
    keyed = [Batch({}, {bytes([number]): cells("a")}) for number in range(3)]
    assert await calls(keyed) == [(2, 2 * MANY), (1, MANY)]


async def test_a_key_in_several_batches_of_a_flush_is_a_repeated_request() -> None:
    one, other = {b"one": {"a": {10: 1}}}, {b"other": {"a": {10: 1}}}
    _, figures = await milled([Batch({}, one), Batch({}, one | other), Batch({}, one)])
    assert (figures.views, figures.repeated) == (2, 2)
