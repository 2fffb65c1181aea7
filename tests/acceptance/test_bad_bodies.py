"""Bodies that the service refuses: what of them is named, and that nothing is counted by them."""

import pytest
from tests.acceptance.answers import pointers_of, refused
from tests.acceptance.bad_batches import BAD_BATCHES
from tests.acceptance.bad_bodies import DEEP_BODIES, Body
from tests.acceptance.bad_singles import BAD_SINGLES
from tests.acceptance.routes import MULTI, SINGLE, TEN
from tests.data_file import held
from tests.service import RunningService


@pytest.mark.parametrize("bad", BAD_SINGLES, ids=lambda bad: bad.name)
def test_a_bad_single_is_refused_and_changes_nothing(service: RunningService, bad: Body) -> None:
    before = held(service.data_file)
    answer = service.post(SINGLE, bad.body, [("idempotency-key", "bad")])
    assert pointers_of(refused(answer, 400)) == bad.pointers
    assert held(service.data_file) == before


@pytest.mark.parametrize("path", [SINGLE, MULTI])
@pytest.mark.parametrize("body", DEEP_BODIES, ids=["arrays", "objects"])
def test_a_deep_body_is_refused_whether_or_not_the_python_can_read_it(
    service: RunningService, path: str, body: bytes
) -> None:
    before = held(service.data_file)
    assert refused(service.post(path, body), 400)
    assert held(service.data_file) == before


@pytest.mark.parametrize("bad", BAD_BATCHES, ids=lambda bad: bad.name)
def test_a_bad_batch_is_refused_and_changes_nothing(service: RunningService, bad: Body) -> None:
    before = held(service.data_file)
    answer = service.post(MULTI, bad.body, [("idempotency-key", "bad")])
    assert pointers_of(refused(answer, 400)) == bad.pointers
    assert held(service.data_file) == before


def test_every_bad_entry_of_a_batch_is_named(service: RunningService) -> None:
    batch = {"a": {TEN: -1, "then": 1, "2025-07-16T11:00Z": 1}, "": {}, "b": {"now": 2.5}, "c": 7}
    pointers = ["#/a/" + TEN, "#/a/then", "#/", "#/b/now", "#/b/now", "#/c"]
    assert pointers_of(refused(service.post(MULTI, batch), 400)) == pointers


@pytest.mark.parametrize("count", [20, 21, 1000])
def test_the_first_20_bad_entries_are_named_and_all_are_numbered(service: RunningService, count: int) -> None:
    answer = service.post(MULTI, {"good": {TEN: 1}} | {f"page{number}": {TEN: -1} for number in range(count)})
    assert pointers_of(refused(answer, 400)) == [f"#/page{number}/{TEN}" for number in range(20)]
    assert (f"{count:,}" in answer.json()["detail"]) == (count > 20)


def test_after_1000_bad_entries_a_batch_is_not_looked_at_any_further(service: RunningService) -> None:
    answer = service.post(MULTI, {f"page{number}": {TEN: -1} for number in range(9_000)})
    assert len(refused(answer, 400)) == 20
    assert answer.json()["detail"].startswith("More than 1,000 faults")


def test_the_answer_to_an_absurdly_long_name_stays_small(service: RunningService) -> None:
    long = "x" * 100_000
    for batch in ({long: {TEN: 1}}, {"a": {long: 1}}, {f"{number}{long}": {long: -1} for number in range(30)}):
        answer = service.post(MULTI, batch)
        refused(answer, 400)
        assert len(answer.body) < 16_000
    answer = service.post(MULTI, f'{{"a": {{"x": {{"{long}": 1, "{long}": 1}}}}}}'.encode())
    refused(answer, 400)
    assert len(answer.body) < 1000
