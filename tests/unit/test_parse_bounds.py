"""What a body may make of work: how much of it is read, in slices of what size, and that no more is parsed."""

import json
from contextlib import suppress

import pytest
from tests.unit.test_parse import reference_cells

from hourmill.core import parse, strict
from hourmill.core.members import MAX_SKIPPED
from hourmill.core.parse import at_once, cells_of, reading, view_of
from hourmill.core.strict import MAX_VALUES, SLICE, Reading
from hourmill.errors import Malformed, TooManyEntries

TEN = "2025-07-16T10:00:00Z"
MOST = 1_000


def pages(number: int, hours: str = "{}") -> bytes:
    return ("{" + ",".join(f'"{n}":{hours}' for n in range(number)) + "}").encode()


def turns_of(slices: Reading) -> int:
    """How often others have their turn until it is read, or refused."""
    turns = 0
    with suppress(Malformed):
        for _ in slices:
            turns += 1
    return turns


def never(*_: object) -> None:
    raise AssertionError("it is parsed")


@pytest.mark.parametrize(
    "body",
    [
        b'{"\\"":{},' + pages(2 * MOST)[1:],
        b'{"a\\\\":{},' + pages(2 * MOST)[1:],
        pages(MOST + 1),
        json.dumps({"a": {f"2025-07-16T10:00:00.{n}Z": 0 for n in range(MOST)}}).encode(),
        b'{"a":' * 2_000_000,
        b'"",' * 2_000_000,
    ],
    ids=["pages", "backslashes", "one page more", "hours", "depth", "texts"],
)
def test_a_body_that_must_have_more_entries_is_not_parsed(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strict, "cells_of", never)
    if body.count(b'"') > 2 * MOST + 2:
        monkeypatch.setattr(parse, "_multi", never)
    with pytest.raises(TooManyEntries):
        cells_of(body, most_entries=MOST)


@pytest.mark.parametrize("name", ["a", 'a"', 'a\\"', "a\\\\"])
def test_as_many_as_there_may_be_are_read_however_they_are_spelled(name: str) -> None:
    full = {f"{name}{n}{name}": {TEN: 1} for n in range(MOST // 2)}
    assert len(cells_of(json.dumps(full).encode(), most_entries=MOST)) == MOST // 2
    with pytest.raises(TooManyEntries):
        cells_of(json.dumps(full | {"one more": {}}).encode(), most_entries=MOST)


@pytest.mark.parametrize("escaped", [False, True], ids=["quick", "thorough"])
@pytest.mark.parametrize("one_page", [False, True])
def test_a_large_batch_is_read_in_slices(escaped: bool, one_page: bool) -> None:
    minutes = [f"2025-07-{n // 1440 + 1:02}T{n // 60 % 24:02}:{n % 60:02}Z" for n in range(5_000)]
    batch = {"a": dict.fromkeys(minutes, 2)} if one_page else {f"a/{n}": {TEN: 2} for n in range(2_500)}
    body = json.dumps(batch | ({'"': {}} if escaped else {})).encode()
    assert cells_of(body) == reference_cells(body)
    assert turns_of(reading(body)) >= 5_000 // SLICE - 1


@pytest.mark.parametrize("nested", ["[" + "[]," * 500_000 + "1]", '{"a":' * 300_000, "[" * 1_000_000])
@pytest.mark.parametrize("around", ['{"first": 1, "a": %s}', '{"first": 1, "a": {"2025-07-16T10:00:00Z": %s}}'])
def test_what_stands_for_a_count_and_is_long_is_not_looked_through(nested: str, around: str) -> None:
    with pytest.raises(Malformed) as refusal:
        cells_of((around % nested).encode())
    assert {fault.pointer for fault in refusal.value.faults} <= {"#", "#/first", "#/a", f"#/a/{TEN}"}


def test_what_is_short_is_looked_behind() -> None:
    nested = "[" + "1," * (MAX_SKIPPED // 2 - 10) + "1]"
    with pytest.raises(Malformed) as refusal:
        cells_of(f'{{"a": {nested}, "b": 1, "c": {{}}}}'.encode())
    assert [fault.pointer for fault in refusal.value.faults] == ["#/a", "#/b"]
    with pytest.raises(Malformed, match="malformed") as refusal:
        cells_of(b'{"a": [1,], "b": 1}')
    assert [fault.pointer for fault in refusal.value.faults] == ["#"]


def test_after_so_many_faults_the_rest_is_not_read() -> None:
    body = pages(50_000, "1")
    with pytest.raises(Malformed, match="More than 1,000 faults"):
        at_once(strict.cells_of(body))
    assert turns_of(strict.cells_of(body)) <= 1_000 // SLICE


def test_a_single_view_has_so_many_values_and_no_more() -> None:
    def body(others: int) -> bytes:
        return json.dumps({"page": "a", "timestamp": TEN, "x": [0] * others}).encode()

    assert view_of(body(MAX_VALUES - 4)) == view_of(body(0))
    with pytest.raises(Malformed) as refusal:
        view_of(body(MAX_VALUES - 3))
    assert "more than 1,000 values" in refusal.value.faults[0].detail


@pytest.mark.parametrize("long", ["x" * 4_000_000, "\u00e9" * 2_000_000, "\udfff" * 3_000])
def test_a_page_of_megabytes_is_refused_for_its_length(long: str) -> None:
    with pytest.raises(Malformed) as refusal:
        cells_of(json.dumps({long: {}}).encode())
    assert "at most 2,048 bytes" in refusal.value.faults[0].detail
