"""What the SQLite store promises besides its ports: its table, its journal, its clock."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hourmill import failpoints
from hourmill.adapters.sqlite.journal import BEHIND_PARTS, KEY_LIFE, PART, Clocks
from hourmill.adapters.sqlite.reader import SqliteReader
from hourmill.adapters.sqlite.store import SqliteStore
from hourmill.core.batch import Batch, Cells, encode_cells
from hourmill.core.partition import partition_of
from hourmill.errors import OutcomeUnknown
from hourmill.failpoints import FailpointReached, Step

PARTITIONS = 4


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now_s = 1_000_000.0

    def __call__(self) -> float:
        return self.now_s


@asynccontextmanager
async def opened(path: Path, clock: Clock | None = None, fold_interval_s: float = 1.0) -> AsyncIterator[SqliteStore]:
    clock = clock or Clock()
    async with SqliteStore.open(path, PARTITIONS, fold_interval_s, Clocks(clock, clock)) as store:
        yield store


def rows(path: Path) -> list[tuple[str, str, int, int, int]]:
    with closing(sqlite3.connect(path)) as connection:
        sql = "SELECT page, view_hour, views, partition, shard_key FROM page_views ORDER BY 1, 2, 5"
        return connection.execute(sql).fetchall()


def add_to_journal(path: Path, cells: Cells) -> None:
    """Commit a group that no server has in memory."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO journal (cells) VALUES (?)", (encode_cells(cells),))
        connection.commit()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "views.db"


@pytest.fixture
def never_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is counted stays in the journal until somebody reads or counts again."""
    monkeypatch.setattr("hourmill.adapters.sqlite.store.IDLE_S", 3600.0)


async def test_the_table_has_the_documented_columns(path: Path) -> None:
    async with opened(path) as store:
        await store.count(Batch(cells={'"q\\é😀/~': {486_729: 5}}))
    assert rows(path) == [('"q\\é😀/~', "2025-07-11 09:00:00", 5, partition_of('"q\\é😀/~', PARTITIONS), 0)]


@pytest.mark.parametrize(("waited", "views"), [(KEY_LIFE.total_seconds(), 5), (KEY_LIFE.total_seconds() + 1, 10)])
async def test_a_key_is_remembered_for_72_hours(path: Path, waited: float, views: int) -> None:
    clock = Clock()
    async with opened(path, clock) as store:
        await store.count(Batch(keyed={b"k": {"a": {10: 5}}}))
        clock.now_s += waited
        await store.count(Batch(keyed={b"k": {"a": {10: 5}}}))
        assert await store.hours("a", 10, 10) == {10: views}


async def test_expired_keys_leave_the_file(path: Path) -> None:
    clock = Clock()
    async with opened(path, clock) as store:
        await store.count(Batch(keyed={b"%d" % n: {"a": {10: 1}} for n in range(500)}))
        clock.now_s += KEY_LIFE.total_seconds() + 1
        await store.count(Batch(keyed={b"new": {"a": {10: 1}}}))
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT key_hash FROM idempotency_keys").fetchall() == [(b"new",)]


async def test_a_journal_left_by_a_killed_server_is_folded_at_the_next_start(path: Path) -> None:
    async with opened(path) as store:
        await store.count(Batch(cells={"a": {10: 2}}))
    add_to_journal(path, {"a": {10: 3}, "b": {11: 1}})
    add_to_journal(path, {"a": {10: 4}})

    async with opened(path) as store:
        assert await store.hours("a", 10, 10) == {10: 9}
    assert [(page, views) for page, _, views, _, _ in rows(path)] == [("a", 9), ("b", 1)]


async def test_a_reader_beside_no_server_sees_what_the_journal_holds(path: Path) -> None:
    async with opened(path) as store:
        await store.count(Batch(cells={"a": {10: 2}}))
    add_to_journal(path, {"a": {9: 1, 10: 3}})

    with closing(SqliteReader(path)) as reader:
        assert await reader.hours("a", 10, 10) == {10: 5}


@pytest.mark.parametrize("step", [Step.JOURNALLING, Step.FOLDING])
async def test_an_error_nobody_thought_of_leaves_no_transaction_open(path: Path, step: Step, never_idle: None) -> None:
    async with opened(path, fold_interval_s=0) as store:
        await store.count(Batch(cells={"a": {10: 1}}))
        failpoints.arm(f"{step}=raise")
        with pytest.raises(FailpointReached):
            await store.count(Batch(keyed={b"first": {"a": {10: 10}}}))
        failpoints.arm("")
        await store.count(Batch(cells={"a": {10: 100}}))  # durable, whatever comes after
        await store.count(Batch(keyed={b"first": {"a": {10: 10}}}))
        assert await store.hours("a", 10, 10) == {10: 111}
    async with opened(path) as store:
        assert await store.hours("a", 10, 10) == {10: 111}


async def test_groups_that_the_server_does_not_know_of_are_never_dropped(path: Path, never_idle: None) -> None:
    async with opened(path) as store:
        await store.count(Batch(cells={"a": {10: 2}}))
        add_to_journal(path, {"a": {10: 3}})  # as if the lock of a network file system had failed
        await store.count(Batch(cells={"a": {10: 4}}))
        with pytest.raises(OutcomeUnknown):
            await store.fold()
        assert await store.hours("a", 10, 10) == {10: 9}
    assert [(page, views) for page, _, views, _, _ in rows(path)] == [("a", 9)]


def journalled(path: Path) -> int:
    """How many rows the journal has."""
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT count(*) FROM journal").fetchone()[0])


async def test_a_large_batch_is_folded_in_parts_between_commits(path: Path, never_idle: None) -> None:
    clock = Clock()
    async with opened(path, clock) as store:
        await store.count(Batch(cells={f"a/{number}": {10: 1, 11: 2} for number in range(PART)}))
        parts = journalled(path)
        assert parts >= 2
        for number in range(1, parts + 1):
            clock.now_s += 1
            await store.count(Batch(cells={"b": {10: 1}}))
            assert journalled(path) == parts  # one is folded, one is added
            with closing(SqliteReader(path)) as reader:
                assert await reader.hours(f"a/{PART - 1}", 10, 11) == {10: 1, 11: 2}
                assert await reader.hours("b", 10, 10) == {10: number}
    assert sum(views for _, _, views, _, _ in rows(path)) == 3 * PART + parts
    assert journalled(path) == 0


async def test_batches_wait_while_folding_is_behind_and_views_do_not(path: Path, never_idle: None) -> None:
    order: list[str] = []
    async with opened(path) as store:
        await store.count(Batch(cells={f"a/{number}": {10: 1} for number in range((BEHIND_PARTS + 1) * PART)}))
        store.patient.submit(lambda: order.append("batch"))
        store.submit(lambda: order.append("view"))
        await store.count(Batch(cells={"b": {10: 1}}))
        assert order == ["view"]
        assert await store.hours("b", 10, 10) == {10: 1}  # it folds
        await store.count(Batch(cells={"b": {10: 1}}))
        assert order == ["view", "batch"]


CELLS = st.dictionaries(
    st.sampled_from(["a", "b", "ü/1", ""]),
    st.dictionaries(st.integers(0, 3), st.integers(1, 9), min_size=1),
    min_size=1,
)
STEPS = st.lists(st.tuples(st.sampled_from([None, b"k1", b"k2"]), CELLS, st.sampled_from(["", "restart", "read"])))


@given(steps=STEPS)
@settings(deadline=None, max_examples=40)
def test_any_order_of_batches_keys_and_restarts_gives_the_sums_of_a_plain_dictionary(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[bytes | None, dict[str, dict[int, int]], str]]
) -> None:
    path = tmp_path_factory.mktemp("store") / "views.db"
    expected: dict[tuple[str, int], int] = {}
    keys = set()

    async def play() -> None:
        waiting = list(steps)
        while waiting:
            async with opened(path) as store:
                while waiting:
                    key, cells, then = waiting.pop(0)
                    if key not in keys:
                        for page, hours in cells.items():
                            for hour, count in hours.items():
                                expected[page, hour] = expected.get((page, hour), 0) + count
                    copied = {page: dict(hours) for page, hours in cells.items()}
                    await store.count(Batch(cells=copied) if key is None else Batch(keyed={key: copied}))
                    keys.update({key} - {None})
                    if then == "restart":
                        break
                    if then == "read":
                        await store.hours("a", 0, 3)

    asyncio.run(play())
    if path.exists():
        hours = {f"1970-01-01 0{hour}:00:00": hour for hour in range(4)}
        assert {(page, hours[text]): views for page, text, views, _, _ in rows(path)} == expected
