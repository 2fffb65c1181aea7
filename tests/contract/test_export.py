"""What is exported is all that was counted, at one moment."""

from tests.contract.cleaning import APRIL, DAYS_30, MARCH, cleaned
from tests.contract.stores import OpenStore

from hourmill.core.batch import Batch, Cells
from hourmill.core.count_row import RowFormat, heading, written
from hourmill.core.hour import hour_of
from hourmill.core.retention import day_of
from hourmill.ports.export import CounterExport
from hourmill.services.export import Days, exported

TEN = hour_of("2015-05-17T10:00:00Z")
CELLS: Cells = {"a/1": {TEN: 2, TEN + 1: 3}, 'b,"/2': {TEN: 5, TEN + 30: 1}, "ü": {TEN + 1: 7}}
EXPORTED = (
    "page,time,views\n"
    'a/1,2015-05-17T10:00:00Z,2\n"b,""/2",2015-05-17T10:00:00Z,5\n'
    "a/1,2015-05-17T11:00:00Z,3\nü,2015-05-17T11:00:00Z,7\n"
    '"b,""/2",2015-05-18T16:00:00Z,1\n'
)


async def text_of(counters: CounterExport, row_format: RowFormat = "csv", span: Days | None = None) -> str:
    days = [written(rows, row_format) async for rows in exported(counters, span or Days(), lambda done, of: None)]
    return heading(row_format) + "".join(days)


async def test_an_export_has_everything_that_was_counted_in_the_order_of_time(open_store: OpenStore) -> None:
    async with open_store() as store:
        await store.count(Batch({"a/1": {TEN: 1}, 'b,"/2': {TEN: 5}, "ü": {TEN + 1: 7}}))
        await store.folded()
        await store.count(Batch({"a/1": {TEN: 1, TEN + 1: 3}}, {b"k" * 16: {'b,"/2': {TEN + 30: 1}}}))
        async with store.export() as counters:
            assert await text_of(counters) == EXPORTED
        async with store.export() as counters:
            assert (await text_of(counters, "ndjson")).count("\n") == 5


async def test_some_days_can_be_exported(open_store: OpenStore) -> None:
    day = day_of(TEN)
    async with open_store() as store:
        await store.count(Batch({"a": {TEN - 24: 1, TEN: 2, TEN + 24: 3}}))
        async with store.export() as counters:
            assert (await text_of(counters, span=Days(day, day + 1))).splitlines()[1:] == ["a,2015-05-17T10:00:00Z,2"]


async def test_days_whose_hours_are_gone_are_exported_as_days(open_store: OpenStore) -> None:
    async with open_store() as store:
        await store.count(Batch({"a": {MARCH: 2, APRIL: 3}}))
        await cleaned(store, DAYS_30)
        await store.count(Batch({"a": {MARCH - 1: 4}, "b": {MARCH: 1}}))
        async with store.export() as counters:
            text = await text_of(counters)
    assert text.splitlines()[1:] == ["a,2026-03-31,6", "b,2026-03-31,1", "a,2026-04-01T00:00:00Z,3"]


async def test_an_export_does_not_see_what_is_counted_meanwhile(open_store: OpenStore) -> None:
    async with open_store() as store:
        await store.count(Batch({"a": {TEN: 1}}))
        async with store.export() as counters:
            assert await counters.days() == [day_of(TEN)]
            await store.count(Batch({"a": {TEN: 1, TEN + 48: 1}}))
            await store.folded()
            assert (await text_of(counters)).splitlines()[1:] == ["a,2015-05-17T10:00:00Z,1"]
