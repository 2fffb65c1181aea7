"""Keeping the secrets of URLs out of what is told: of a URL, and of a text that may have parts of one."""

import re
from collections.abc import Iterable
from urllib.parse import unquote

HIDDEN = "***"
SHORTEST_CHARS = 4  # of what is looked for in a text: shorter ones would be found in any

# up to the last @, as a password may have / ? or # in it that should have been encoded
_URL = re.compile(r"(?is)(?P<scheme>[a-z][a-z0-9+.-]*:/*)?(?:(?P<user>.*)@)?(?P<place>[^?#]*)(?P<more>.*)")


def redacted(url: str) -> str:
    """The URL, or what was meant to be one, without user, password, query and fragment."""
    found = _URL.fullmatch(url)
    assert found is not None  # every part of it may be missing, and the last takes the rest
    user = "" if found["user"] is None else f"{HIDDEN}@"
    more = found["more"][:1] + HIDDEN if found["more"] else ""
    return f"{found['scheme'] or ''}{user}{found['place']}{more}"


def secrets_of(url: str) -> set[str]:
    """What of a URL nobody may be told, as it stands there and decoded: the password, the query."""
    found = _URL.fullmatch(url)
    assert found is not None
    if (found["scheme"] or "").lower() == "sqlite:///":
        return set()  # a path, in which @ and # are letters like others
    secrets = {(found["user"] or "").partition(":")[2], found["more"][1:]} - {""}
    return secrets | {unquote(secret) for secret in secrets}


def without(text: str, secrets: Iterable[str]) -> str:
    """A text without these secrets."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST_CHARS:
            text = text.replace(secret, HIDDEN)
    return text
