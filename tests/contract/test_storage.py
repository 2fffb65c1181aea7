"""What stores say of their size, and what is made of it (services/storage.py)."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from tests.contract.stores import OpenStore

from hourmill.adapters.postgres.storage import PostgresStorage
from hourmill.adapters.sqlite.connection import open_for_reading
from hourmill.adapters.sqlite.storage import SqliteStorage
from hourmill.core.batch import Batch, Cells
from hourmill.core.hour import hour_of_moment
from hourmill.core.retention import Retention, first_hour
from hourmill.ports.storage import Storage
from hourmill.services.janitor import Janitor
from hourmill.services.storage import Forecast, forecast

NOW = datetime(2026, 5, 20, 13, 30, tzinfo=UTC)
TODAY = hour_of_moment(NOW) // 24
CELLS: Cells = {  # 70 cells and 7 days of each of two pages in the last week; one cell long ago; one today
    page: {first_hour(TODAY - day) + hour: 1 for day in range(1, 8) for hour in range(5)} for page in ("a/x", "b/y")
}
OLD: Cells = {"c": {first_hour(TODAY - 100): 1}}
OpenStorage = Callable[[], AbstractAsyncContextManager[Storage]]
YOUNG: Cells = {"a/x": {first_hour(TODAY - 3) + hour: 1 for hour in range(15)}}
RUNNING: Cells = {"a/x": {first_hour(TODAY): 1}}


@asynccontextmanager
async def sqlite_storage(path: Path) -> AsyncIterator[Storage]:
    with closing(open_for_reading(path)) as connection:
        yield SqliteStorage(connection)


@pytest.fixture
def open_storage(request: pytest.FixtureRequest, open_store: OpenStore, tmp_path: Path) -> OpenStorage:
    """The storage of the same store."""
    if "database_url" in request.fixturenames:
        return partial(PostgresStorage.open, request.getfixturevalue("database_url"))
    return partial(sqlite_storage, tmp_path / "views.db")


async def forecasts(
    open_store: OpenStore, open_storage: OpenStorage, retention: Retention, *filled: Cells
) -> dict[str, Forecast]:
    async with open_store() as store:
        for cells in filled:
            await store.count(Batch({page: dict(hours) for page, hours in cells.items()}))
        await store.folded()
        await Janitor(store.household, Retention(), lambda: NOW).clean()
    async with open_storage() as storage:
        return {table.size.name: table for table in await forecast(storage, retention, NOW)}


@pytest.mark.parametrize(
    ("retention", "in_a_year"),
    [
        (Retention(), [72 + 3650, 15 + 730, 71 + 3650, 3 + 15]),  # 2 months of a page in 50 days
        (Retention(hourly_days=10), [10 * 19, 15 + 730, 10 * 19, 3 + 15]),  # from 1 May on, 19 days before that day
        (Retention(hourly_days=10, daily_days=400), [10 * 19, 14 + 730, 10 * 19, 2 + 15]),
        (Retention(hourly_days=10, daily_days=10), [10 * 19, 2 * 19, 10 * 19, 1]),
    ],
)
async def test_tables_are_measured_and_forecast(
    open_store: OpenStore, open_storage: OpenStorage, retention: Retention, in_a_year: list[int]
) -> None:
    tables = await forecasts(open_store, open_storage, retention, CELLS, OLD, RUNNING)
    counters = [tables[name] for name in ("page_views", "page_views_daily", "site_views", "page_views_monthly")]
    assert [table.size.rows for table in counters] == [72, 15, 71, 3]
    assert all(table.size.bytes for table in counters)
    assert [table.daily_rows for table in counters[:3]] == [10, 2, 10]
    assert counters[0].daily_bytes == round(10 * (counters[0].size.bytes or 0) / 72)
    assert [table.year_rows for table in counters] == in_a_year
    assert tables["idempotency_keys"].year_rows is None


@pytest.mark.parametrize(
    ("filled", "daily_rows"),
    [
        ([], 0),
        ([RUNNING], 0),  # a day that runs says nothing
        ([YOUNG], 5),  # since three days ago
        ([YOUNG, OLD], 15 / 7),
        ([YOUNG, {"a/x": {first_hour(TODAY - 7): 1}}], 16 / 7),
    ],
)
async def test_a_younger_store_grows_as_it_did_since_its_first_day(
    open_store: OpenStore, open_storage: OpenStorage, filled: list[Cells], daily_rows: float
) -> None:
    tables = await forecasts(open_store, open_storage, Retention(), *filled)
    assert tables["page_views"].daily_rows == tables["site_views"].daily_rows == daily_rows
