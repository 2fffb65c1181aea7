"""core/parse against a slow and obvious reading of the same rules, over generated bodies."""

import json
import unicodedata
from calendar import timegm
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NoReturn, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.generated_bodies import batch_body, single_body

from hourmill.core.hour import hour_of
from hourmill.core.parse import cells_of, view_of
from hourmill.core.time_bounds import WHOLE_TIME, TimeBounds
from hourmill.errors import Malformed

Result = TypeVar("Result")
MOST = 2**31 - 1
BOUNDS = TimeBounds(now=486_000, first=100, last=487_000)  # of the generated days, one is before them and one behind


class Refused(Exception):
    """The reference does not take it."""


def reference_view(body: bytes, bounds: TimeBounds = WHOLE_TIME) -> tuple[str, int]:
    """The view in the body of a single request."""
    view = _object(body)
    _demand(isinstance(view.get("page"), str) and isinstance(view.get("timestamp", ""), str))
    _demand_page(view["page"])
    hour = reference_hour(view["timestamp"], separators="Tt") if "timestamp" in view else bounds.now
    _demand(bounds.first <= hour <= bounds.last)
    return view["page"], hour


def reference_cells(body: bytes, bounds: TimeBounds = WHOLE_TIME) -> dict[str, dict[int, int]]:
    """The cells in the body of a multi request."""
    cells: dict[str, dict[int, int]] = {}
    for page, counts in _object(body).items():
        _demand_page(page)
        _demand(isinstance(counts, dict))
        for timestamp, count in counts.items():
            hour = reference_hour(timestamp, separators="Tt_")
            _demand(type(count) is int)
            _demand(0 <= count <= MOST)
            if count > 0:
                _demand(bounds.first <= hour <= bounds.last)
                cells.setdefault(page, {}).setdefault(hour, 0)
                cells[page][hour] += count
    return cells


def reference_hour(text: str, separators: str) -> int:
    """Hours from 1970 to the timestamp, by cutting it at its separators."""
    _demand(len(text) <= 64)
    date, separator, rest = text[:10], text[10:11], text[11:]
    _demand(separator != "" and separator in separators)
    year, month, day = _numbers(date.split("-"), [4, 2, 2])
    clock, offset = _clock_and_offset(rest)
    whole, point, fraction = clock.partition(".")
    _demand(not point or (fraction.isascii() and fraction.isdigit() and whole.count(":") == 2))
    hour, minute, second, *_ = [*_numbers(whole.split(":"), [2, 2, 2][: 1 + whole.count(":")]), 0, 0]
    _demand(":" in whole)
    try:
        moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC) - offset
    except (ValueError, OverflowError):
        raise Refused from None
    _demand(1970 <= moment.year <= 2200)
    if second > 59:
        after = moment + timedelta(seconds=1)
        _demand(second == 60 and (after.day, after.hour, after.minute, after.second) == (1, 0, 0, 0))
    return timegm(moment.timetuple()) // 3600


def _clock_and_offset(rest: str) -> tuple[str, timedelta]:
    if rest[-1:] in ("Z", "z"):
        return rest[:-1], timedelta()
    if rest[-6:-5] not in ("+", "-"):
        return rest, timedelta()
    hours, minutes = _numbers(rest[-5:].split(":"), [2, 2])
    _demand(hours < 24 and minutes < 60)
    offset = timedelta(hours=hours, minutes=minutes)
    return rest[:-6], offset if rest[-6] == "+" else -offset


def _numbers(texts: list[str], lengths: list[int]) -> list[int]:
    _demand(list(map(len, texts)) == lengths)
    _demand(all(digit in "0123456789" for text in texts for digit in text))
    return list(map(int, texts))


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(
            body.decode("utf-8"), object_pairs_hook=_without_repeats, parse_int=_integer, parse_constant=_refuse
        )
    except ValueError:
        raise Refused from None
    _demand(isinstance(value, dict))
    found: dict[str, Any] = value
    return found


def _without_repeats(members: list[tuple[str, Any]]) -> dict[str, Any]:
    _demand(len({name for name, _ in members}) == len(members))
    return dict(members)


def _integer(digits: str) -> int:
    return int(digits) if len(digits) < 100 else 10**99  # int() refuses thousands of digits


def _refuse(_: str) -> NoReturn:
    raise Refused


def _demand_page(page: str) -> None:
    _demand(all(unicodedata.category(character) not in ("Cc", "Cs") for character in page))
    _demand(1 <= len(page.encode()) <= 2048)


def _demand(holds: bool) -> None:
    if not holds:
        raise Refused


def outcome(parse: Callable[[bytes, TimeBounds], Result], body: bytes, bounds: TimeBounds = BOUNDS) -> Result | None:
    """What a body is parsed into; None if it is refused, naming at least one fault."""
    try:
        return parse(body, bounds)
    except (Malformed, Refused) as refusal:
        named = len(refusal.faults) if isinstance(refusal, Malformed) else 1
    assert 1 <= named <= 20
    return None


@settings(max_examples=400)
@given(st.randoms(use_true_random=False))
def test_a_single_is_read_as_the_reference_reads_it(random: Random) -> None:
    body = single_body(random)
    assert outcome(view_of, body) == outcome(reference_view, body), body


@settings(max_examples=400)
@given(st.randoms(use_true_random=False))
def test_a_batch_is_read_as_the_reference_reads_it(random: Random) -> None:
    body = batch_body(random)
    assert outcome(cells_of, body) == outcome(reference_cells, body), body


@settings(max_examples=200)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_as_the_reference_reads_them(body: bytes) -> None:
    assert outcome(view_of, body) == outcome(reference_view, body)
    assert outcome(cells_of, body) == outcome(reference_cells, body)


def test_thousands_of_generated_singles_are_read_alike() -> None:
    bodies = [single_body(Random(seed)) for seed in range(3000)]
    read = [outcome(view_of, body) for body in bodies]
    assert read == [outcome(reference_view, body) for body in bodies]
    assert 1000 < sum(view is not None for view in read) < 2500


def test_thousands_of_generated_batches_are_read_alike() -> None:
    bodies = [batch_body(Random(seed)) for seed in range(3000)]
    read = [outcome(cells_of, body) for body in bodies]
    assert read == [outcome(reference_cells, body) for body in bodies]
    assert 800 < sum(cells is not None for cells in read) < 2500


@pytest.mark.parametrize(
    ("body", "cells"),
    [
        (b"{}", {}),
        (b' { "a" : { } } ', {}),
        (b'{"a": {"1970-01-01T01:00Z": 0}, "b": {"1970-01-01T01:00Z": 2}}', {"b": {1: 2}}),
        (b'{"a": {"1970-01-01T01:00Z": 1, "1970-01-01_01:30": 2, "1970-01-01T02:00Z": 0}}', {"a": {1: 3}}),
        (b'{"a\\"b\\\\": {"1970-01-01T01:00Z": 2147483647}}', {'a"b\\': {1: MOST}}),
        (b'{"\\u00e9": {"1970-01-01T00:00Z": 1}, "e\\u0301": {"1970-01-01T00:00Z": -0}}', {"\u00e9": {0: 1}}),
        (b'{"\\ud83d\\ude00": {"1970-01-01T00:00Z": 1}}', {"\U0001f600": {0: 1}}),
    ],
)
def test_a_batch_gives_its_cells_without_zeros(body: bytes, cells: dict[str, dict[int, int]]) -> None:
    assert cells_of(body) == cells == reference_cells(body)


TOO_OLD, TOO_NEW = "2025-07-16T07:59:59Z", "2025-07-16T13:00:00Z"
FEW_HOURS = TimeBounds(
    now=hour_of("2025-07-16T10:00Z"), first=hour_of("2025-07-16T08:00Z"), last=hour_of("2025-07-16T12:00Z")
)


@pytest.mark.parametrize("timestamp", ["2025-07-16T08:00:00Z", "2025-07-16T12:59:59Z", "2025-07-16T14:59:59+02:00"])
def test_the_first_and_the_last_hour_are_taken(timestamp: str) -> None:
    hour = hour_of(timestamp)
    assert view_of(json.dumps({"page": "a", "timestamp": timestamp}).encode(), FEW_HOURS) == ("a", hour)
    assert cells_of(json.dumps({"a": {timestamp: 2}}).encode(), FEW_HOURS) == {"a": {hour: 2}}


def test_what_is_too_far_ahead_is_named_with_the_latest_time() -> None:
    latest = "too far ahead: this server's clock allows up to 2025-07-16T12:59:59Z now"
    with pytest.raises(Malformed) as refusal:
        view_of(json.dumps({"page": "a", "timestamp": TOO_NEW}).encode(), FEW_HOURS)
    assert [(fault.pointer, fault.detail) for fault in refusal.value.faults] == [("#/timestamp", latest)]
    with pytest.raises(Malformed) as refusal:
        cells_of(json.dumps({"a": {"2025-07-16T10:00Z": 1, TOO_NEW: 1}, "b": {TOO_OLD: 1}}).encode(), FEW_HOURS)
    assert [fault.pointer for fault in refusal.value.faults] == [f"#/a/{TOO_NEW}", f"#/b/{TOO_OLD}"]


@pytest.mark.parametrize("others", ["", '"x": "\\"", '])
def test_a_view_without_a_timestamp_is_of_the_running_hour(others: str) -> None:
    assert view_of(f'{{{others}"page": "a"}}'.encode(), FEW_HOURS) == ("a", FEW_HOURS.now)


@pytest.mark.parametrize("others", ["", '"x": "\\"", '])
def test_a_timestamp_of_null_is_none(others: str) -> None:
    with pytest.raises(Malformed) as refusal:
        view_of(f'{{{others}"page": "a", "timestamp": null}}'.encode(), FEW_HOURS)
    assert [fault.pointer for fault in refusal.value.faults] == ["#/timestamp"]


def test_a_count_of_zero_may_be_of_any_time() -> None:
    assert cells_of(json.dumps({"a": {TOO_OLD: 0, TOO_NEW: 0}}).encode(), FEW_HOURS) == {}
