"""Where access keys are kept."""

from datetime import datetime
from typing import Protocol

from hourmill.core.access_key import AccessKey


class KeyStore(Protocol):
    """Keeps access keys, and the browsers that are signed in with them.

    raises  KeysAway  they cannot be read or written now
    """

    async def keys(self) -> list[AccessKey]:
        """All there are, also those that have expired; oldest first."""

    async def add(self, key: AccessKey) -> None:
        """Keep one more; what has expired before its creation is forgotten.

        One that has a parent is a session: the oldest of that parent end, so that MOST_SESSIONS are there at most,
        however many are added at the same time.

        raises  KeyTaken    one of this id is there
                KeyUnknown  its parent is not there
        """

    async def remove(self, key_id: str) -> bool:
        """Forget a key and whoever is signed in with it; false: there is none."""

    async def note_used(self, key_id: str, moment: datetime) -> None:
        """Remember that it was used."""
