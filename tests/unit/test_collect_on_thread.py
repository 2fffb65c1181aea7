"""The collector whose groups are committed on the thread that writes."""

import asyncio
import random
import threading
from collections.abc import Callable, Iterator

import pytest
from structlog.testing import capture_logs

from hourmill.adapters.sqlite.thread import WriterThread
from hourmill.core.batch import Batch
from hourmill.core.tally import view_count
from hourmill.errors import Closing, HourmillError, NotAccepted, OutcomeUnknown
from hourmill.services.collect import Limits
from hourmill.services.collect_on_thread import ThreadCollector

LIMITS = Limits(100_000, 10_000_000)
IDLE_S = 60.0


class Boom(Exception):
    """A fault of ours."""


class Writer:
    """A ThreadedWriter that keeps the number of views of each group, once it may go on."""

    def __init__(self) -> None:
        self.thread = WriterThread(lambda: False, IDLE_S)
        self.submit: Callable[[Callable[[], object]], None] = self.thread.submit
        self.views: list[int] = []
        self.fails_with: Exception | None = None
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def write(self, batch: Batch) -> None:
        """Take it, or fail once."""
        self.may_go_on.wait()
        error, self.fails_with = self.fails_with, None
        if error is not None:
            raise error
        self.views.append(view_count(batch.cells))


class Told:
    """What waits, and keeps what it was told, and on which thread."""

    def __init__(self) -> None:
        self.by = ""
        self.error: HourmillError | None = None

    def set_result(self, _: None, /) -> None:
        self.by = threading.current_thread().name

    def set_exception(self, error: HourmillError, /) -> None:
        self.by = threading.current_thread().name
        self.error = error


@pytest.fixture
def writer() -> Iterator[Writer]:
    writer = Writer()
    yield writer
    writer.may_go_on.set()
    writer.thread.stop()


def view(collector: ThreadCollector) -> "asyncio.Future[None]":
    return collector.add_view("example.com/", 490_899, 10)


async def test_nothing_is_lost_and_nothing_waits_in_the_end(writer: Writer) -> None:
    collector = ThreadCollector(writer, LIMITS)
    chance = random.Random(7)
    futures = []
    for _ in range(300):
        futures += [view(collector) for _ in range(chance.randint(0, 30))]
        for _ in range(chance.randint(0, 3)):
            await asyncio.sleep(0)
    await asyncio.gather(*futures)
    assert sum(writer.views) == len(futures) == collector.figures.views == collector.figures.requests
    assert collector.waiting == Limits(0, 0)


async def test_what_joins_during_a_commit_is_one_group(writer: Writer) -> None:
    collector = ThreadCollector(writer, LIMITS)
    writer.may_go_on.clear()
    first = view(collector)
    while not collector.committing_s:  # noqa: ASYNC110 the thread tells nobody
        await asyncio.sleep(0)
    rest = [view(collector) for _ in range(5)]
    writer.may_go_on.set()
    await asyncio.gather(first, *rest)
    assert writer.views == [1, 5]


async def test_who_joins_is_told_on_the_thread_that_wrote(writer: Writer) -> None:
    collector = ThreadCollector(writer, LIMITS)
    told = Told()
    collector.join_with_view(told, "example.com/", 490_899, 10)
    collector.join(told, {"example.com/": {490_899: 3}}, 10)
    await collector.close()
    assert (told.by, sum(writer.views)) == ("hourmill-writer", 4)


async def test_closing_commits_what_waits_and_lets_nobody_in(writer: Writer) -> None:
    collector = ThreadCollector(writer, LIMITS)
    writer.may_go_on.clear()
    futures = [view(collector)]
    while not collector.committing_s:  # noqa: ASYNC110 the thread tells nobody
        await asyncio.sleep(0)
    futures += [view(collector) for _ in range(3)]
    closing = asyncio.create_task(collector.close())
    await asyncio.sleep(0)
    with pytest.raises(Closing):
        view(collector)
    writer.may_go_on.set()
    await closing
    assert writer.views == [1, 3]
    await asyncio.gather(*futures)


@pytest.mark.parametrize(("fails_with", "said"), [(NotAccepted("full"), NotAccepted), (Boom(), OutcomeUnknown)])
async def test_a_group_that_fails_is_told_so_and_the_next_one_is_committed(
    writer: Writer, fails_with: Exception, said: type[HourmillError]
) -> None:
    collector = ThreadCollector(writer, LIMITS)
    writer.fails_with = fails_with
    told = Told()
    with capture_logs() as lines:
        collector.join_with_view(told, "example.com/", 490_899, 10)
        await collector.close()
    assert type(told.error) is said
    assert [line["event"] for line in lines] == (["a job failed"] if isinstance(fails_with, Boom) else [])
    again = ThreadCollector(writer, LIMITS)
    await view(again)
    assert writer.views == [1]
    assert collector.waiting == Limits(0, 0)


async def test_who_has_gone_away_is_counted_all_the_same(writer: Writer) -> None:
    collector = ThreadCollector(writer, LIMITS)
    gone, there = view(collector), view(collector)
    gone.cancel()
    await there
    assert sum(writer.views) == 2


async def test_other_jobs_of_the_thread_have_their_turn(writer: Writer) -> None:
    collector = ThreadCollector(writer, LIMITS)
    answered = asyncio.Event()

    async def keep_busy() -> None:
        while not answered.is_set():
            await view(collector)

    busy = [asyncio.create_task(keep_busy()) for _ in range(8)]
    for number in range(100):
        assert await writer.thread.run(lambda number=number: number) == number  # type: ignore[misc]
    answered.set()
    await asyncio.gather(*busy)
    assert sum(writer.views) == collector.figures.requests
