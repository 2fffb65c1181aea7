"""The access keys in memory: read again every few seconds, so that a revoked one opens nothing for long."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple

from hourmill.core.access_key import AccessKey, key_id_of
from hourmill.errors import KeysAway
from hourmill.ports.keys import KeyStore

FRESH_S = 3.0  # what was read so long ago is read again, beside the requests
TRUSTED_S = 8.0  # what was read longer ago is not believed
READ_WITHIN_S = 2.0  # so a revoked key opens nothing after 10 s
AGAIN_S = 0.5  # who sends an unknown key makes us look whether it is new, this often at most
NOTED_EVERY_S = 60.0  # that a key is used, at most


class Clocks(NamedTuple):
    """The time of day, and a clock that never jumps, in seconds."""

    now: Callable[[], datetime]
    monotonic_s: Callable[[], float]


class KeyRing:
    """Knows keys again."""

    def __init__(self, store: KeyStore, clocks: Clocks) -> None:
        self._store = store
        self._clocks = clocks
        self._keys: Mapping[str, AccessKey] = {}
        self._read_at_s = float("-inf")  # when the reading of what we have began
        self._reading: asyncio.Task[None] | None = None
        self._note_after_s: dict[str, float] = {}
        self._noting = set[asyncio.Task[None]]()

    async def find(self, text: str) -> AccessKey | None:
        """The key of this text, unless it was revoked or has expired; None: there is none.

        raises  KeysAway
        """
        now_s = self._clocks.monotonic_s()
        age_s = now_s - self._read_at_s
        if age_s > TRUSTED_S:
            await self._read_since(now_s - TRUSTED_S)
        elif age_s > FRESH_S:
            self._start_reading()
        key_id = key_id_of(text)
        if key_id is None:
            return None
        if key_id not in self._keys:
            await self._read_since(now_s)
        key = self._keys.get(key_id)
        if key is None or not key.is_text(text) or key.expired(self._clocks.now()):
            return None
        if now_s >= self._note_after_s.get(key_id, 0.0):
            self._note_use(key_id, now_s)
        return key

    async def holds(self, key: AccessKey) -> bool:
        """Whether a key that was found earlier is still one.

        raises  KeysAway
        """
        await self._read_since(self._clocks.monotonic_s() - FRESH_S)
        known = self._keys.get(key.key_id)
        return known is not None and known.digest == key.digest and not known.expired(self._clocks.now())

    async def empty(self) -> bool:
        """Whether there is no key at all.

        raises  KeysAway
        """
        await self._read_since(self._clocks.monotonic_s())
        return not self._keys

    def sessions_of(self, key_id: str) -> list[AccessKey]:
        """Those who were signed in with a key when keys were last read; the oldest first."""
        return [key for key in self._keys.values() if key.parent == key_id]

    def forget(self) -> None:
        """Believe nothing that was read until now: keys were changed here."""
        self._read_at_s = float("-inf")

    async def close(self) -> None:
        """Let what is under way come to its end."""
        if tasks := [*self._noting, *([self._reading] if self._reading else [])]:
            await asyncio.wait(tasks)

    async def _read_since(self, moment_s: float) -> None:
        """Have what stood in the store at that moment or later; all who wait for it wait for one reading."""
        while self._read_at_s < moment_s:
            pause_s = self._read_at_s + AGAIN_S - self._clocks.monotonic_s()
            if pause_s > 0:
                await asyncio.sleep(pause_s)
            await asyncio.shield(self._start_reading())  # who gives up does not break it off for the others

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
        except TimeoutError as error:
            raise KeysAway from error
        # a session that was begun while its key was being revoked is left alone there, and is none
        keys = {key_id: key for key_id, key in found.items() if key.parent is None or key.parent in found}
        self._keys, self._read_at_s = keys, began_s
        self._note_after_s = {key_id: at_s for key_id, at_s in self._note_after_s.items() if key_id in keys}

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
