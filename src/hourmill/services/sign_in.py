"""Signing a browser in: a session is a key of its own, for reading only, that ends with the key it was made from."""

from collections.abc import Callable
from datetime import datetime, timedelta

from hourmill.core.access_key import AccessKey, KeyScope
from hourmill.errors import KeyTooNarrow, KeyUnknown
from hourmill.ports.keys import KeyStore
from hourmill.services.key_ring import KeyRing
from hourmill.services.keys import Made, Wanted, make_key

SESSION = timedelta(days=7)
MOST_SESSIONS = 100  # of one key; then the oldest ends


class SignIn:
    """Begins and ends sessions."""

    def __init__(self, store: KeyStore, ring: KeyRing, now: Callable[[], datetime]) -> None:
        self._store = store
        self._ring = ring
        self._now = now

    async def begin(self, text: str) -> Made:
        """A session for the holder of a key.

        raises  KeyUnknown, KeyTooNarrow, KeysAway
        """
        key = await self._ring.find(text)
        if key is None or key.parent is not None:
            raise KeyUnknown
        if not key.allows(KeyScope.READ):
            raise KeyTooNarrow(KeyScope.READ, detail="The access key is not for reading.")
        now = self._now().replace(microsecond=0)  # as keys are kept: a session ends in the very second of its key
        lasts = SESSION if key.expires_at is None else min(SESSION, key.expires_at - now)
        for oldest in self._ring.sessions_of(key.key_id)[: 1 - MOST_SESSIONS or None]:
            await self._store.remove(oldest.key_id)
        wanted = Wanted(key.name, frozenset({KeyScope.READ}), key.site, lasts, key.key_id)
        made = await make_key(self._store, wanted, now)
        self._ring.forget()
        return made

    async def end(self, session: AccessKey) -> None:
        """End a session, in whatever browser it is.

        raises  KeysAway
        """
        await self._store.remove(session.key_id)
        self._ring.forget()
