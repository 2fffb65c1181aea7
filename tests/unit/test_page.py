"""What a page is, and its site."""

import sys
import unicodedata

import pytest

from hourmill.core.page import MAX_PAGE_BYTES, page_fault

GOOD = [
    "a",
    " ",
    "/",
    "example.com/a?b=c#d",
    "\u00a0",
    "\u00e9" * 1024,
    "\u4f8b" * 682,
    "\U0001f600" * 512,
    "\ufeff",
    "\uffff",
]

BAD = [
    ("", "at least 1 character"),
    ("a\0", "no control character (U+0000 at character 1)"),
    ("a\nb\t", "no control character (U+000A at character 1)"),
    ("\x7f", "no control character (U+007F at character 0)"),
    ("\u00e9\x9f", "no control character (U+009F at character 1)"),
    ("a\ud800", "no lone surrogate (U+D800 at character 1)"),
    ("\udfff", "no lone surrogate (U+DFFF at character 0)"),
    ("x" * 2049, "at most 2,048 bytes of UTF-8, this one 2,049"),
    ("\u00e9" * 1025, "at most 2,048 bytes of UTF-8, this one 2,050"),
    ("\U0001f600" * 513, "at most 2,048 bytes of UTF-8, this one 2,052"),
]


@pytest.mark.parametrize("page", GOOD)
def test_a_page_is_any_text_of_1_to_2048_bytes(page: str) -> None:
    assert page_fault(page) is None


@pytest.mark.parametrize(("page", "reason"), BAD)
def test_what_is_no_page_is_told_why(page: str, reason: str) -> None:
    assert reason in str(page_fault(page))


def test_control_characters_and_surrogates_are_all_that_is_forbidden() -> None:
    refused = {code for code in range(sys.maxunicode + 1) if page_fault(chr(code)) is not None}
    assert refused == {code for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) in ("Cc", "Cs")}


def test_the_limit_counts_bytes() -> None:
    sizes = [
        size for size in range(MAX_PAGE_BYTES + 3) if page_fault("\u00e9" * (size // 2) + "x" * (size % 2)) is None
    ]
    assert sizes == list(range(1, MAX_PAGE_BYTES + 1))
