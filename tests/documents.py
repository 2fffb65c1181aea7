"""Reading the project's own documents."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

_HEADING_OR_BLOCK = re.compile(
    r"^#+ (?P<heading>[^\n]+)$|^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


class Block(NamedTuple):
    """A fenced block: the heading it stands under, the word behind its fence, what it holds."""

    heading: str
    language: str
    text: str


def text_of(path: str) -> str:
    """A document, by its path from the root of the project."""
    return (ROOT / path).read_text()


def prose_of(text: str) -> str:
    """A document without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def headings(text: str) -> list[str]:
    """The headings, as they are written."""
    return re.findall(r"^#+ (.+)$", prose_of(text), re.MULTILINE)


def anchor_of(heading: str) -> str:
    """What a link names a heading by, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def sections(text: str) -> dict[str, str]:
    """Heading -> what stands below it, down to the next heading."""
    parts = re.split(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def blocks(text: str) -> Iterator[Block]:
    """The fenced blocks, in order."""
    heading = ""
    for found in _HEADING_OR_BLOCK.finditer(text):
        if found["heading"] is None:
            yield Block(heading, found["language"], found["text"])
        else:
            heading = found["heading"]


def rows(text: str) -> list[list[str]]:
    """The rows of all tables, their cells without white space around; headings and rules are rows too."""
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")]
