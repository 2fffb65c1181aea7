"""Making access keys."""

from collections.abc import Callable
from datetime import datetime, timedelta
from secrets import token_bytes
from typing import NamedTuple

from hourmill.core.access_key import ID_BYTES, SECRET_BYTES, AccessKey, KeyScope, digest_of, key_id_of, key_text
from hourmill.errors import KeyTaken
from hourmill.ports.keys import KeyStore

TRIES = 5  # of 2^32 ids one is taken: hardly ever, and never five times


class Wanted(NamedTuple):
    """What a key is to be.

    site    None: every site
    lasts   None: until it is revoked
    parent  the key that a browser signs in with
    """

    name: str
    scopes: frozenset[KeyScope]
    site: str | None = None
    lasts: timedelta | None = None
    parent: str | None = None


class Made(NamedTuple):
    """A key that is kept now, and its text, which is not."""

    key: AccessKey
    text: str


async def make_key(
    store: KeyStore, wanted: Wanted, now: datetime, chance: Callable[[int], bytes] = token_bytes
) -> Made:
    """Make a key and keep it.

    chance  gives so many random bytes
    raises  KeysAway
    """
    now = now.replace(microsecond=0)  # as stores keep it
    for _ in range(TRIES):
        text = key_text(chance(ID_BYTES), chance(SECRET_BYTES))
        key = AccessKey(
            key_id=key_id_of(text) or "",
            digest=digest_of(text),
            name=wanted.name,
            scopes=wanted.scopes,
            site=wanted.site,
            created_at=now,
            expires_at=None if wanted.lasts is None else now + wanted.lasts,
            parent=wanted.parent,
        )
        try:
            await store.add(key)
        except KeyTaken:
            continue
        return Made(key, text)
    raise KeyTaken
