"""Access keys of a running service, made by the real command."""

import json
from typing import Any

from tests.client import Answer, HeaderLines
from tests.command import run
from tests.service import RunningService


def make_key(service: RunningService, *options: str, name: str = "test") -> str:
    """A key; options like --scope read."""
    key: str = made_key(service, *options, name=name)["key"]
    return key


def made_key(service: RunningService, *options: str, name: str = "test") -> dict[str, Any]:
    """A key and its facts."""
    facts: dict[str, Any] = json.loads(keys(service, "create", name, "--json", *options))
    return facts


def keys(service: RunningService, command: str, *arguments: str) -> str:
    """What `hourmill keys` prints."""
    done = run(service.folder, "keys", command, *arguments, settings={"DATABASE_URL": store_of(service)})
    assert done.returncode == 0, done.stderr
    return done.stdout


def store_of(service: RunningService) -> str:
    """The URL of its store."""
    return service.settings.get("DATABASE_URL") or f"sqlite:///{service.data_file}"


def bearer(key: str) -> HeaderLines:
    """The header that presents a key."""
    return [("authorization", f"Bearer {key}")]


def challenged(answer: Answer, status: int, error: str | None) -> None:
    """A refusal that tells how to get in (RFC 6750)."""
    assert answer.headers["cache-control"] == "no-store"
    problem = answer.json()
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
    assert (problem["status"], bool(problem["detail"])) == (status, True)
    expected = 'Bearer realm="hourmill"' + (f', error="{error}"' if error else "")
    assert answer.headers["www-authenticate"].startswith(expected)
