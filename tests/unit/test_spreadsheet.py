"""What a page looks like in a file for spreadsheets."""

import csv
from datetime import UTC, datetime
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourmill.core.spreadsheet import cell, csv_line, harmless

BLANKS = ["", " ", "\u00a0", "\u200b", "\u2028", "\ufeff", "\u3000", "\u2060", "\u00ad", " \u200b ", '"', '" ']
SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20\ufe66"


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("blank", BLANKS)
@pytest.mark.parametrize("before", ["", ";", "a;", "\t", "a\t", "|", "a|", "a;b|", "a;;"])
def test_what_could_be_a_formula_is_marked_where_it_begins(before: str, blank: str, sign: str) -> None:
    assert harmless(f"{before}{blank}{sign}1+1") == f"{before}'{blank}{sign}1+1"


@pytest.mark.parametrize(
    "text", ["", "a", "example.com/a-b", "a=b", "example.com/?a=b&c=-1", "a,-b", "'=1", ";", "a;b=c", "a|b", "1", " a"]
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text


def test_several_are_marked_each() -> None:
    assert harmless("=a;+b|\u00a0@c") == "'=a;'+b|'\u00a0@c"


@given(st.text(alphabet=st.sampled_from("ab=+-@;|\t \"'\u00a0\u200b\ufeff")))
def test_no_part_of_a_text_begins_like_a_formula_and_nothing_else_is_changed(text: str) -> None:
    made = harmless(text)
    assert made.replace("'", "") == text.replace("'", "")
    parts = made.replace("|", ";").replace("\t", ";").split(";")
    assert not [part for part in parts if part.lstrip(' "\u00a0\u200b\ufeff').startswith(tuple(SIGNS))]
    assert next(csv.reader(StringIO(cell(text), newline=""))) == [made]


def test_texts_are_quoted_and_nothing_else() -> None:
    moment = datetime(2025, 7, 16, 10, tzinfo=UTC)
    assert csv_line(["a", 'b"c', "", None, 5, 0.5, True, moment]) == '"a","b""c","",,5,0.5,true,2025-07-16T10:00:00Z'
