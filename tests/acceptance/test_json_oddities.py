"""JSON at its edges, on both routes: what is taken is counted as it was meant, what is refused is not counted."""

import pytest
from tests.acceptance.answers import pointers_of, refused, success
from tests.acceptance.json_oddities import (
    BAD_NUMBERS,
    BAD_TEXTS,
    BAD_VALUES,
    BLANKS,
    NO_BLANKS,
    NUMBERS,
    TEXTS,
    TEXTS_NO_PAGES,
    VALUES,
    Text,
    Value,
)
from tests.acceptance.routes import GOOD, GOOD_BATCH, MULTI, SINGLE, TEN
from tests.data_file import held
from tests.service import RunningService

MOST = 2**31 - 1


def named(case: Text | Value) -> str:
    """The name of a test's case, in ASCII."""
    return ascii(case.name[:40])[1:-1]


def single(page: bytes, more: bytes = b"") -> bytes:
    """The body of a single view."""
    return b'{"page": %b, "timestamp": "2025-07-16T10:00:00Z"%b}' % (page, more)


def batch(page: bytes, count: bytes = b"1") -> bytes:
    """The body of a batch of one entry, with a good one before."""
    return b'{"example.com/beside": {"2025-07-16T11:00:00Z": 0}, %b: {"2025-07-16T10:00:00Z": %b}}' % (page, count)


@pytest.mark.parametrize("text", TEXTS, ids=named)
def test_a_text_is_the_page_that_it_means(service: RunningService, text: Text) -> None:
    before = service.views(text.meaning, TEN)
    assert success(service.post(SINGLE, single(text.json)))
    assert success(service.post(MULTI, batch(text.json, b"2")))
    assert success(service.post(SINGLE, single(b'"example.com/x"', b", %b: %b" % (text.json, text.json))))
    assert service.views(text.meaning, TEN) == before + 3


@pytest.mark.parametrize("text", TEXTS_NO_PAGES, ids=named)
def test_a_text_that_is_no_page_is_refused_as_one_and_ignored_elsewhere(service: RunningService, text: Text) -> None:
    before = held(service.data_file)
    assert pointers_of(refused(service.post(SINGLE, single(text.json)), 400)) == ["#/page"]
    assert len(refused(service.post(MULTI, batch(text.json)), 400)) == 1
    assert held(service.data_file) == before
    elsewhere = b", %b: %b" % (text.json, text.json)
    assert success(service.post(SINGLE, single(b'"example.com/x"', elsewhere)))


@pytest.mark.parametrize("text", BAD_TEXTS, ids=named)
def test_what_is_no_text_is_refused_wherever_it_stands(service: RunningService, text: Value) -> None:
    bodies = [single(text.json), single(b'"a"', b", %b: 1" % text.json), single(b'"a"', b', "x": %b' % text.json)]
    assert_not_json(service, [(SINGLE, body) for body in bodies] + [(MULTI, batch(text.json))])


@pytest.mark.parametrize("number", NUMBERS, ids=named)
def test_a_number_is_ignored_elsewhere_and_a_count_only_if_it_is_one(
    service: RunningService, page: str, number: Value
) -> None:
    assert success(service.post(SINGLE, single(b'"example.com/x"', b', "x": %b' % number.json)))
    before = held(service.data_file)
    answer = service.post(MULTI, batch(b'"%b"' % page.encode(), number.json))
    if number.json.lstrip(b"-").isdigit() and len(number.json) < 12 and 0 <= int(number.json) <= MOST:
        assert success(answer)
    else:
        assert [pointer.rpartition("/")[2] for pointer in pointers_of(refused(answer, 400))] == [TEN]
        assert held(service.data_file) == before


@pytest.mark.parametrize("number", BAD_NUMBERS, ids=named)
def test_what_is_no_number_is_refused_wherever_it_stands(service: RunningService, number: Value) -> None:
    elsewhere = single(b'"a"', b', "x": [%b]' % number.json)
    assert_not_json(service, [(SINGLE, elsewhere), (MULTI, batch(b'"a"', number.json))])


@pytest.mark.parametrize("value", VALUES, ids=named)
def test_a_value_is_ignored_in_a_view_and_no_count(service: RunningService, page: str, value: Value) -> None:
    quoted = b'"%b"' % page.encode()
    assert success(service.post(SINGLE, single(quoted, b', "x": %b' % value.json)))
    assert service.views(page, TEN) == 1
    before = held(service.data_file)
    assert len(pointers_of(refused(service.post(MULTI, batch(quoted, value.json)), 400))) == 1
    assert held(service.data_file) == before


@pytest.mark.parametrize("value", BAD_VALUES, ids=named)
def test_what_is_no_value_is_refused_wherever_it_stands(service: RunningService, value: Value) -> None:
    bodies = [single(b'"a"', b', "x": %b' % value.json), single(value.json)]
    hours = b'{"a": %b}' % value.json
    assert_not_json(service, [(SINGLE, body) for body in bodies] + [(MULTI, batch(b'"a"', value.json)), (MULTI, hours)])


@pytest.mark.parametrize("blank", BLANKS, ids=repr)
def test_blanks_may_stand_around_a_body(service: RunningService, blank: bytes) -> None:
    for path, body in ((SINGLE, GOOD), (MULTI, GOOD_BATCH)):
        assert success(service.post(path, blank + body))
        assert success(service.post(path, body + blank))


@pytest.mark.parametrize("blank", NO_BLANKS, ids=repr)
def test_nothing_else_may_stand_around_a_body(service: RunningService, blank: bytes) -> None:
    around = [
        (path, body) for path, good in ((SINGLE, GOOD), (MULTI, GOOD_BATCH)) for body in (blank + good, good + blank)
    ]
    assert_not_json(service, around)


def assert_not_json(service: RunningService, requests: list[tuple[str, bytes]]) -> None:
    """That each is refused as a whole, and nothing is counted by any."""
    before = held(service.data_file)
    for path, body in requests:
        assert pointers_of(refused(service.post(path, body), 400)) == ["#"], body
    assert held(service.data_file) == before
