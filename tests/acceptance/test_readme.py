"""The README's commands, run as they are pasted, give what the README shows."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.client import HOST, PATIENCE_S
from tests.conftest import StartService
from tests.documents import ROOT, blocks, text_of
from tests.service import RunningService

ANYTHING = " ... "
SHOWN_DAY = "2025-07-16"
PARTED = "\nprintf '\\0'\n"


class Step(NamedTuple):
    """What is pasted, and what it prints."""

    command: str
    printed: str


def steps() -> Iterator[Step]:
    """The commands under "Try it", each with the block below it."""
    tried = [block for block in blocks(text_of("README.md")) if block.heading == "Try it"]
    assert [block.language == "bash" for block in tried] == [True, False] * (len(tried) // 2)
    for command, printed in zip(tried[::2], tried[1::2], strict=True):
        yield Step(command.text, printed.text)


def paste(commands: Sequence[str], service: RunningService) -> list[str]:
    """What one bash prints for each command, in the folder of the service, with the service's port for 3000."""
    program = service.folder / ".venv"
    if not program.exists():
        program.symlink_to(Path(sys.executable).parents[1])
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    pasted = PARTED.join(commands).replace("localhost:3000", f"{HOST}:{service.port}")
    done = subprocess.run(
        ["bash", "-o", "errexit", "-o", "pipefail", "-c", pasted],
        cwd=service.folder,
        env=environment,
        stdout=subprocess.PIPE,
        timeout=PATIENCE_S,
        check=True,
    )
    return done.stdout.decode().split("\0")


def trimmed(text: str) -> list[str]:
    """The lines that hold something, without white space at their ends."""
    return [line.rstrip() for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize("settings", [{}, {"HOURMILL_RETENTION_HOURLY_DAYS": "400"}], ids=["alone", "compose.yaml"])
def test_what_is_pasted_from_the_readme_prints_what_the_readme_shows(
    start_service: StartService, settings: dict[str, str]
) -> None:
    commands, shown_by = zip(*steps(), strict=True)
    *all_printed, day = paste([*commands, 'printf "$day"'], start_service(settings))
    assert len(all_printed) == 7
    for printed, shown in zip(all_printed, shown_by, strict=True):
        if ANYTHING in shown:
            hours = json.loads(printed)["data"]
            assert (len(hours), sum(hour["v"] for hour in hours)) == (24, 1), "the view of the running hour is shown"
        else:
            assert trimmed(printed) == trimmed(shown.replace(SHOWN_DAY, day))


def test_the_targets_and_the_folder_that_the_readme_names_are_there() -> None:
    targets = {line.partition(":")[0] for line in text_of("Makefile").splitlines()}
    pasted = [block.text.split() for block in blocks(text_of("README.md")) if block.text.startswith("make ")]
    assert [words[0] for words in pasted] == ["make", "make"]
    assert {words[1] for words in pasted} == {"run", "test"} <= targets
    assert (ROOT / "docs/images/way-of-a-view.svg").read_text().startswith("<svg ")
