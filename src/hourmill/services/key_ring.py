"""The access keys in memory: read again every few seconds, so that a revoked one opens nothing for long.

What a request presents is looked up by its digest, here: whether there is a key of its id makes no difference, neither
to the answer nor to the time it takes. How often the store is asked does not depend on how many requests come.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple

from hourmill.core.access_key import AccessKey, digest_of, key_id_of
from hourmill.errors import KeysAway, TooManyRequests
from hourmill.ports.keys import KeyStore
from hourmill.services.rates import Rates
from hourmill.services.tarpit import Tarpit

FRESH_S = 3.0  # what was read so long ago is read again, beside the requests
TRUSTED_S = 8.0  # what was read longer ago is not believed
READ_WITHIN_S = 2.0  # so a revoked key opens nothing after 10 s
LOOKS_PER_MINUTE = 120  # at once, then two a second: unknown keys make us look whether they are new, no more often
AGAIN_S = 0.5  # a store that could not be read is not asked again before
NOTED_EVERY_S = 60.0  # that a key is used, at most


class Clocks(NamedTuple):
    """The time of day, and a clock that never jumps, in seconds."""

    now: Callable[[], datetime]
    monotonic_s: Callable[[], float]


class KeyRing:
    """Knows keys again."""

    def __init__(self, store: KeyStore, clocks: Clocks, tarpit: Tarpit) -> None:
        """tarpit: holds what is no key, when more of it comes than we look for in the store."""
        self._store = store
        self._clocks = clocks
        self._keys: dict[bytes, AccessKey] = {}  # by digest
        self._changed_here: dict[bytes, tuple[AccessKey | None, float]] = {}  # and when: newer than what is being read
        self._tarpit = tarpit
        self._looks = Rates("looks", LOOKS_PER_MINUTE, clocks.monotonic_s)
        self._read_at_s = float("-inf")  # when the reading of what we have began
        self._away_until_s = float("-inf")
        self._why_away = ""
        self._reading: asyncio.Task[None] | None = None
        self._note_after_s: dict[str, float] = {}
        self._noting = set[asyncio.Task[None]]()

    async def find(self, text: str) -> AccessKey | None:
        """The key of this text, unless it was revoked or has expired; None: there is none.

        raises  KeysAway
        """
        if key_id_of(text) is None:
            if not self._may_look("no key"):
                await self._tarpit.hold()
            return None
        now_s = self._clocks.monotonic_s()
        age_s = now_s - self._read_at_s
        if age_s > TRUSTED_S:
            await self._read_since(now_s - TRUSTED_S)
        elif age_s > FRESH_S and now_s >= self._away_until_s:
            self._start_reading()
        digest = digest_of(text)
        if digest not in self._keys:
            await (self._read_since(now_s) if self._may_look("unknown") else self._tarpit.hold())
        key = self._keys.get(digest)
        if key is None or key.expired(self._clocks.now()):
            return None
        if now_s >= self._note_after_s.get(key.key_id, 0.0):
            self._note_use(key.key_id, now_s)
        return key

    async def holds(self, key: AccessKey) -> bool:
        """Whether a key that was found earlier is still one.

        raises  KeysAway
        """
        await self._read_since(self._clocks.monotonic_s() - FRESH_S)
        return key.digest in self._keys and not key.expired(self._clocks.now())

    async def empty(self) -> bool:
        """Whether there is no key at all.

        raises  KeysAway
        """
        await self._read_since(self._clocks.monotonic_s())
        return not self._keys

    def added(self, key: AccessKey) -> None:
        """Know a key that was just kept."""
        self._keys[key.digest] = key
        self._changed_here[key.digest] = key, self._clocks.monotonic_s()

    def removed(self, key: AccessKey) -> None:
        """Believe no more in a key that was just removed."""
        self._keys.pop(key.digest, None)
        self._changed_here[key.digest] = None, self._clocks.monotonic_s()

    async def close(self) -> None:
        """Let what is under way come to its end."""
        if tasks := [*self._noting, *([self._reading] if self._reading else [])]:
            await asyncio.wait(tasks)

    async def _read_since(self, moment_s: float) -> None:
        """Have what stood in the store at that moment or later; all who wait for it wait for one reading."""
        while self._read_at_s < moment_s:
            if self._clocks.monotonic_s() < self._away_until_s:
                raise KeysAway(self._why_away)
            await asyncio.shield(self._start_reading())  # who gives up does not break it off for the others

    def _may_look(self, kind: str) -> bool:
        """Whether one more text of a kind that is no key of ours may have us look what it is."""
        try:
            self._looks.take(kind)
        except TooManyRequests:
            return False  # others have made us look half a second ago
        return True

    def _start_reading(self) -> "asyncio.Task[None]":
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read_all())
            self._reading.add_done_callback(_looked_at)
        return self._reading

    async def _read_all(self) -> None:
        began_s = self._clocks.monotonic_s()
        try:
            async with asyncio.timeout(READ_WITHIN_S):
                found = {key.key_id: key for key in await self._store.keys()}
        except (KeysAway, TimeoutError) as error:
            self._away_until_s = self._clocks.monotonic_s() + AGAIN_S
            self._why_away = str(error) or f"The access keys were not read within {READ_WITHIN_S:g} s."
            raise KeysAway(self._why_away) from error
        # a session that was begun while its key was being revoked is left alone there, and is none
        keys = {key.digest: key for key in found.values() if key.parent is None or key.parent in found}
        self._keys, self._read_at_s = self._with_changes(keys, since_s=began_s), began_s
        self._note_after_s = {key_id: at_s for key_id, at_s in self._note_after_s.items() if key_id in found}

    def _with_changes(self, keys: dict[bytes, AccessKey], since_s: float) -> dict[bytes, AccessKey]:
        """What was read, and what was changed here since the reading began."""
        self._changed_here = {digest: change for digest, change in self._changed_here.items() if change[1] >= since_s}
        now = keys | {digest: key for digest, (key, _) in self._changed_here.items()}
        return {digest: key for digest, key in now.items() if key is not None}

    def _note_use(self, key_id: str, now_s: float) -> None:
        self._note_after_s[key_id] = now_s + NOTED_EVERY_S
        self._spawn(self._store.note_used(key_id, self._clocks.now()))

    def _spawn(self, noting: Coroutine[Any, Any, None]) -> None:
        async def noted() -> None:
            with suppress(KeysAway):  # a minute later it is tried again
                await noting

        task = asyncio.create_task(noted())
        self._noting.add(task)
        task.add_done_callback(self._noting.discard)


def _looked_at(task: "asyncio.Task[None]") -> None:
    if not task.cancelled():
        task.exception()  # whoever waits gets it; if nobody does, the next who asks finds out
