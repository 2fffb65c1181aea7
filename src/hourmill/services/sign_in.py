"""Signing a browser in: a session is a key of its own, for reading only, that ends with the key it was made from."""

from collections.abc import Callable
from datetime import datetime, timedelta

from hourmill.core.access_key import AccessKey, KeyScope
from hourmill.errors import KeyTooNarrow, KeyUnknown, TooManySignIns
from hourmill.ports.keys import KeyStore
from hourmill.services.key_ring import KeyRing
from hourmill.services.keys import Made, Wanted, make_key
from hourmill.services.rates import Rates

SESSION = timedelta(days=7)
PER_MINUTE_AND_ADDRESS = 60  # attempts; an office behind one address signs in at nine
PER_MINUTE_AND_KEY = 30  # sessions: each is a commit, which the views of others wait for
MOST_UNDER_WAY = 16  # in all; each takes milliseconds, unless the store is slow


class SignIn:
    """Begins and ends sessions."""

    def __init__(self, store: KeyStore, ring: KeyRing, now: Callable[[], datetime], of_key: Rates) -> None:
        """of_key: how many sessions a key begins."""
        self._store = store
        self._ring = ring
        self._now = now
        self._of_key = of_key
        self._under_way = 0

    async def begin(self, text: str) -> Made:
        """A session for the holder of a key.

        raises  KeyUnknown, KeyTooNarrow, TooManyRequests, TooManySignIns, KeysAway
        """
        key = await self._ring.find(text)
        if key is None or key.parent is not None:
            raise KeyUnknown
        if not key.allows(KeyScope.READ):
            raise KeyTooNarrow(KeyScope.READ, detail="The access key is not for reading.")
        if self._under_way >= MOST_UNDER_WAY:
            raise TooManySignIns
        self._of_key.take(key.key_id)
        self._under_way += 1
        try:
            return await self._session_of(key)
        finally:
            self._under_way -= 1

    async def end(self, session: AccessKey) -> None:
        """End a session, in whatever browser it is.

        raises  KeysAway
        """
        await self._store.remove(session.key_id)
        self._ring.removed(session)

    async def _session_of(self, key: AccessKey) -> Made:
        now = self._now().replace(microsecond=0)  # as keys are kept: a session ends in the very second of its key
        lasts = SESSION if key.expires_at is None else min(SESSION, key.expires_at - now)
        wanted = Wanted(key.name, frozenset({KeyScope.READ}), key.site, lasts, key.key_id)
        made = await make_key(self._store, wanted, now)
        self._ring.added(made.key)
        return made
