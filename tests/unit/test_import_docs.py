"""docs/import.md says what the command does."""

import re
from pathlib import Path

import pytest

from hourmill.cli.import_log import access_log
from hourmill.core.page_view_rules import ASSET_EXTENSIONS, LeftOut
from hourmill.services.import_log import SHOWN_BROKEN_LINES, STRETCH_LINES

DOCS = (Path(__file__).parents[2] / "docs" / "import.md").read_text()
SHARED_OPTIONS = {"--database", "--help"}


@pytest.mark.parametrize(
    "option", sorted({name for option in access_log.params for name in option.opts if name[0] == "-"} - SHARED_OPTIONS)
)
def test_every_option_is_described(option: str) -> None:
    assert f"`{option}" in DOCS


@pytest.mark.parametrize("reason", LeftOut)
def test_every_reason_is_described(reason: LeftOut) -> None:
    assert f"`{reason.value}`" in DOCS


def test_the_extensions_of_assets_are_listed_in_full() -> None:
    lists = re.findall(r"\(`([a-z0-9 ]+)`\)", DOCS)
    assert {extension for listed in lists for extension in listed.split()} == ASSET_EXTENSIONS


def test_the_numbers_are_those_of_the_code() -> None:
    assert f"stretches of {STRETCH_LINES:,};" in DOCS
    assert SHOWN_BROKEN_LINES == 5, "the docs say: the first five"
