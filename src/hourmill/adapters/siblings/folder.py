"""Processes that share a port tell each other what they have counted, in a folder of their own."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import msgspec

from hourmill.ports.watch import Snapshot

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Snapshot)


class SharedFolder:
    """Siblings: one file for each process's life. The file of one that died stays, so that no sum ever falls."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mine = folder / f"{uuid4().hex}.figures"

    def leave(self, mine: Snapshot) -> None:
        partial = self._mine.with_suffix(".partial")
        with suppress(OSError):  # a full disk: the others know us as we were; figures are no reason to fail
            partial.write_bytes(_encoder.encode(mine))
            partial.replace(self._mine)  # a reader sees the one or the other, whole

    def others(self) -> Sequence[Snapshot]:
        files = sorted(self._folder.glob("*.figures"))
        return [_decoder.decode(text) for file in files if file != self._mine and (text := _read(file))]


def _read(file: Path) -> bytes:
    with suppress(OSError):
        return file.read_bytes()
    return b""


class Alone:
    """Siblings of a process that has none."""

    def leave(self, mine: Snapshot) -> None:
        pass

    def others(self) -> Sequence[Snapshot]:
        return []
