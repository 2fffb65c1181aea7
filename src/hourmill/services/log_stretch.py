"""Cutting an input into stretches, and telling which of their lines are known."""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from struct import pack
from zlib import crc32

from hourmill.core.batch import Cells
from hourmill.ports.store import Stretch

START_BYTES = 16
PRINT_BYTES = 4


class Content:
    """A running hash of an input: of the site it is imported for, and of every line."""

    def __init__(self, site: str) -> None:
        self._hash = blake2b(site.encode() + b"\n", digest_size=START_BYTES)

    def start_with(self, line: bytes) -> bytes:
        """What a stretch is found by that starts with this line, here."""
        start = self._hash.copy()
        start.update(line + b"\n")
        return start.digest()

    def add(self, lines: list[bytes]) -> None:
        """Go on past these lines."""
        self._hash.update(b"\n".join(lines) + b"\n")


class OpenStretch:
    """A stretch that is being read: its lines so far, and the cells of those that are new.

    new_lines  how many of its lines were not known
    cells      to be filled by who judges the new lines
    """

    def __init__(self, start: bytes, known: Sequence[bytes]) -> None:
        self.cells: Cells = {}
        self.new_lines = 0
        self._start = start
        self._prints = bytearray()
        self._print = 0
        self._alike = known  # counted stretches that do not differ from this one up to here

    def add(self, lines: list[bytes]) -> int:
        """Go on with these lines; returns how many of them are known: the first ones, then none."""
        at = len(self._prints)
        prints = self._prints_of(lines)
        self._prints += prints
        common = [_common_lines(known[at : at + len(prints)], prints) for known in self._alike]
        self._alike = [known for known, count in zip(self._alike, common, strict=True) if count == len(lines)]
        known_lines = max(common, default=0)
        self.new_lines += len(lines) - known_lines
        return known_lines

    def closed(self) -> Stretch:
        """The stretch as the ledger remembers it."""
        return Stretch(self._start, bytes(self._prints))

    def _prints_of(self, lines: list[bytes]) -> bytes:
        # crc32 is enough: it need only tell one line from another at the same place after the same lines
        current = self._print
        prints = [current := crc32(line, current) for line in lines]
        self._print = current
        return pack(f"<{len(prints)}I", *prints)


def stretches(lines: Iterable[list[bytes]], length: int) -> Iterator[tuple[bool, list[bytes]]]:
    """The lines in parts that end where a stretch ends, if not before, each with whether it begins one."""
    room = 0
    for some in lines:
        at = 0
        while at < len(some):
            begins, room = room == 0, room or length
            part = some[at : at + room]
            at, room = at + len(part), room - len(part)
            yield begins, part


def _common_lines(known: bytes, prints: bytes) -> int:
    if known == prints:
        return len(prints) // PRINT_BYTES
    both = min(len(known), len(prints))
    places = range(0, both, PRINT_BYTES)
    return (
        next((at for at in places if known[at : at + PRINT_BYTES] != prints[at : at + PRINT_BYTES]), both)
        // PRINT_BYTES
    )
