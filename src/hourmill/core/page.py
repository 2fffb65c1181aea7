"""What a page is: a key, any text within these rules, never normalised."""

import re

MAX_PAGE_BYTES = 2048  # the longest URL common browsers and caches keep

_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def page_fault(page: str) -> str | None:
    """What is wrong with a page, or None."""
    if page.isascii() and 0 < len(page) <= MAX_PAGE_BYTES and page.isprintable():
        return None  # nearly every page; the checks below are for the rest
    if not page:
        return "a page has at least 1 character"
    size = len(page.encode(errors="surrogatepass"))
    if size <= MAX_PAGE_BYTES and (found := _FORBIDDEN.search(page)) is not None:
        kind = "lone surrogate" if found[0] >= "\ud800" else "control character"
        return f"a page holds no {kind} (U+{ord(found[0]):04X} at character {found.start()})"
    if size > MAX_PAGE_BYTES:  # first: one of megabytes is not searched
        return f"a page has at most {MAX_PAGE_BYTES:,} bytes of UTF-8, this one {size:,}"
    return None
