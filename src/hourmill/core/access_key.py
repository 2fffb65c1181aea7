"""Access keys: what they look like, what they allow. Chance and the time come in as arguments."""

import re
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

from hourmill.core.page import page_fault

ID_BYTES = 4  # known to people and logs; a second key of the same id is refused by the store
SECRET_BYTES = 32  # 2^256 of them: nobody guesses one, however fast its digest is made
MAX_NAME_CHARS = 100
MOST_SESSIONS = 100  # of one key: browsers that are signed in with it; then the oldest ends

_KEY = re.compile(r"hm_([0-9a-f]{8})_[0-9a-f]{64}")


class KeyScope(StrEnum):
    """What a key is for."""

    WRITE = "write"
    READ = "read"
    ADMIN = "admin"


class AccessKey(NamedTuple):
    """What is kept of a key: enough to know it again, not enough to make it.

    digest      SHA-256 of its text. No slow hash as for passwords: there are no likely keys to try first
    scopes      at least one; admin allows what the others do
    site        it is for pages of this site only; None: of every site
    expires_at  from then on it is none; None: never
    used_at     about; None: not yet
    parent      of a browser that is signed in: id of the key that it signed in with
    """

    key_id: str
    digest: bytes
    name: str
    scopes: frozenset[KeyScope]
    site: str | None
    created_at: datetime
    expires_at: datetime | None = None
    used_at: datetime | None = None
    parent: str | None = None

    @property
    def owner(self) -> str:
        """Whose requests these are: the id of the key, also where a browser is signed in with it."""
        return self.parent or self.key_id

    def allows(self, scope: KeyScope) -> bool:
        """Whether the key is for this, too."""
        return scope in self.scopes or KeyScope.ADMIN in self.scopes

    def expired(self, now: datetime) -> bool:
        """Whether it is none any more."""
        return self.expires_at is not None and self.expires_at <= now


def key_text(key_id: bytes, secret: bytes) -> str:
    """The text of a key: what its holder sends."""
    return f"hm_{key_id.hex()}_{secret.hex()}"


def key_id_of(text: str) -> str | None:
    """The id in the text of a key; None if it is the text of none."""
    match = _KEY.fullmatch(text)
    return None if match is None else match[1]


def digest_of(text: str) -> bytes:
    """What is kept of the text of a key."""
    return sha256(text.encode()).digest()


def is_of_site(page: str, site: str) -> bool:
    """Whether the page is one of the site: what stands before its first / is the site."""
    return page.startswith(site) and page[len(site) : len(site) + 1] == "/"


def site_fault(site: str) -> str | None:
    """What is wrong with a site that a key is to be limited to, or None."""
    if not site or "/" in site:
        return "a site is what stands before the first / of its pages, like example.com"
    return page_fault(site)


def name_fault(name: str) -> str | None:
    """What is wrong with the name of a key, or None."""
    if len(name) > MAX_NAME_CHARS:
        return f"a name has at most {MAX_NAME_CHARS} characters"
    fault = page_fault(name)
    return None if fault is None else fault.replace("a page", "a name")
