"""Looking at a data file, whatever state it is in; none is made."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from hourmill.adapters.sqlite.connection import open_for_reading
from hourmill.adapters.sqlite.place import check_folder
from hourmill.adapters.sqlite.privacy import open_to_others
from hourmill.errors import DataFileUnusable
from hourmill.ports.probe import FileFacts

NETWORKS = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "glusterfs", "fuse.sshfs", "fuse.glusterfs")
MOUNTS = Path("/proc/self/mounts")


def probe(path: Path) -> FileFacts:
    """What is found."""
    place = path.resolve()
    folder = next(parent for parent in place.parents if parent.is_dir())
    size = place.stat().st_size if place.exists() else 0
    unusable = _unusable(path, folder)
    return FileFacts(
        path=str(path),
        bytes=size,
        unusable=unusable,
        on_network=_network(folder),
        free_bytes=shutil.disk_usage(folder).free,
        is_anothers=_is_anothers(place),
        is_open=bool(open_to_others(place)),
        is_older=size > 0 and unusable is None and not _is_current(path),
    )


def _is_current(path: Path) -> bool:
    try:
        open_for_reading(path).close()
    except DataFileUnusable:
        return False
    return True


def _is_anothers(place: Path) -> bool:
    """Whether root, who may write to anything, looks at a file that the user of its folder may not be able to."""
    return os.geteuid() == 0 and place.exists() and place.stat().st_uid != place.parent.stat().st_uid


def _unusable(path: Path, folder: Path) -> str | None:
    try:
        check_folder(path)
        if path.exists():
            open_for_reading(path, any_schema=True).close()
    except DataFileUnusable as error:
        return str(error)
    if not os.access(path if path.exists() else folder, os.W_OK) or not os.access(folder, os.W_OK):
        return f"{path}, or its folder, may not be written to by this user."
    return None


def _network(folder: Path) -> str | None:
    """The type of a network's file system that a folder is on."""
    kinds: dict[str, str] = {}
    with suppress(OSError):
        for line in MOUNTS.read_text().splitlines():
            _, place, kind, *_ = line.split(" ")
            kinds[place] = kind
    nearest = next((str(one) for one in (folder, *folder.parents) if str(one) in kinds), None)
    kind = kinds.get(nearest or "", "")
    return kind if kind in NETWORKS else None
