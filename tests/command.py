"""The real command hourmill, run to its end."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.client import PATIENCE_S
from tests.service import COMMAND


def run(
    folder: Path, *arguments: str, settings: Mapping[str, str] | None = None, program: tuple[str, ...] = (COMMAND,)
) -> "subprocess.CompletedProcess[str]":
    """The command's exit code, stdout and stderr; nothing of ours is in its environment but `settings`."""
    environment = {"PATH": os.environ["PATH"], "COLUMNS": "120", **(settings or {})}
    return subprocess.run(
        [*program, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
