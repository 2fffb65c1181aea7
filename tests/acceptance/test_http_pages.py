"""The pages that the service takes: up to 2048 bytes, and told apart by every one of them."""

import pytest
from tests.acceptance.answers import success
from tests.acceptance.routes import MULTI, SINGLE, TEN
from tests.data_file import held
from tests.service import RunningService

UNLIKE_PAGES = [
    *(
        "a",
        "A",
        "a/",
        "/a",
        "//a",
        "a//b",
        "a/../b",
        "%61",
        "a?b=1&c=2",
        "a?c=2&b=1",
        "a#b",
        "a b",
        "a  b",
        "a+b",
        "a%20b",
    ),
    *(
        " a",
        "a ",
        "\u00e9",
        "e\u0301",
        "\u212b",
        "\u00c5",
        "A\u030a",
        "\ufeffa",
        "a\u200b",
        "\u2028",
        "\u00a0",
        "\uffff",
    ),
    *(
        '"',
        "\\",
        "\\u0061",
        "\\n",
        "'",
        "a'--",
        "%00",
        "0",
        "0.0",
        "null",
        "{}",
        "[0]",
        "\U0001f600",
        "\u4f8b\u3048",
        "$.a",
        "~0",
        "~1",
    ),
]


@pytest.mark.parametrize("page", ["x" * 2048, "\u00e9" * 1024, "\u4f8b" * 682 + "ab", "\U0001f600" * 512, "~"])
def test_a_page_has_1_to_2048_bytes(service: RunningService, page: str) -> None:
    assert success(service.post(SINGLE, {"page": page, "timestamp": TEN}))
    assert success(service.post(MULTI, {page: {TEN: 1}}))
    assert service.views(page, TEN) == 2


def test_pages_are_never_normalised(own_service: RunningService) -> None:
    batch = {page: {TEN: number} for number, page in enumerate(UNLIKE_PAGES, 1)}
    assert success(own_service.post(MULTI, batch))
    for page in UNLIKE_PAGES:
        assert success(own_service.post(SINGLE, {"page": page, "timestamp": TEN}))
    reported = {page: own_service.views(page, TEN) for page in UNLIKE_PAGES}
    assert reported == {page: number + 1 for number, page in enumerate(UNLIKE_PAGES, 1)}
    assert held(own_service.data_file).views == {
        (page, "2025-07-16 10:00:00"): views for page, views in reported.items()
    }
