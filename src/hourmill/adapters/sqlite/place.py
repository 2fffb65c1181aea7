"""Where a data file lies: in a folder that is there. None is made, as it may be one of a disk that is not mounted."""

import shlex
from pathlib import Path

from hourmill.adapters.sqlite.translate import usable
from hourmill.errors import DataFileUnusable


def check_folder(path: Path) -> None:
    """That the folder of the data file is there.

    raises  DataFileUnusable
    """
    with usable(path):
        folder = path.resolve().parent
        is_there = folder.is_dir()
    if not is_there:
        raise DataFileUnusable(
            f"{path}: its folder {folder} does not exist. If it is on another disk, mount that; else make the folder: "
            f"mkdir -p {shlex.quote(str(folder))}"
        )
