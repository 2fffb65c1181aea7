"""A bounded number of places, shared between clients: who holds how many, and who gives one up to whom."""

from collections.abc import Hashable
from typing import Generic, TypeVar

Holder = TypeVar("Holder", bound=Hashable)


class Shares(Generic[Holder]):
    """Who holds places. It counts them and lets nobody in or out by itself."""

    def __init__(self) -> None:
        self._held: dict[Hashable, dict[Holder, None]] = {}  # of each client, the oldest first
        self._number = 0

    def __len__(self) -> int:
        return self._number

    def of(self, client: Hashable) -> int:
        """How many a client holds."""
        return len(self._held.get(client, ()))

    def add(self, client: Hashable, holder: Holder) -> None:
        """One more place is held."""
        self._held.setdefault(client, {})[holder] = None
        self._number += 1

    def discard(self, client: Hashable, holder: Holder) -> None:
        """A place is free again, if it was held."""
        held = self._held.get(client, {})
        if holder in held:
            del held[holder]
            self._number -= 1
            if not held:
                del self._held[client]

    def giving_way_to(self, client: Hashable) -> tuple[Hashable, Holder] | None:
        """The newest holder of the client that holds most; None if that client would then hold less than this one.

        So whoever comes back right after giving way gets nothing from those who hold fewer.
        """
        most = max(self._held, key=self.of, default=None)
        if most is None or self.of(most) < self.of(client) + 2:
            return None
        return most, next(reversed(self._held[most]))
