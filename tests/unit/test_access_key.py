"""What an access key is, and which pages are of its site."""

from datetime import UTC, datetime, timedelta

import pytest

from hourmill.core.access_key import (
    ID_BYTES,
    SECRET_BYTES,
    AccessKey,
    KeyScope,
    digest_of,
    is_of_site,
    key_id_of,
    key_text,
    name_fault,
    site_fault,
)

NOW = datetime(2026, 5, 20, tzinfo=UTC)
TEXT = key_text(bytes(ID_BYTES), bytes(SECRET_BYTES))
KEY = AccessKey("00000000", digest_of(TEXT), "a", frozenset({KeyScope.READ}), None, NOW)


def test_a_key_is_known_by_its_prefix_and_holds_256_bits() -> None:
    assert TEXT == "hm_00000000_" + "0" * 64
    assert key_id_of(TEXT) == "00000000"


@pytest.mark.parametrize(
    "text",
    ["", "hm_", TEXT[:-1], TEXT + "0", TEXT.upper(), TEXT.replace("hm_", "gh_"), f" {TEXT}", TEXT + "\n", "hm_0_0",
     TEXT[:-1] + "\u0663", TEXT.replace("_", "-")],
)  # fmt: skip
def test_what_is_no_key_has_no_id(text: str) -> None:
    assert key_id_of(text) is None


def test_a_key_is_its_text_and_no_other() -> None:
    assert KEY.digest == digest_of(TEXT)
    assert KEY.digest != digest_of(TEXT[:-1] + "1")


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [
        ({KeyScope.WRITE}, {KeyScope.WRITE}),
        ({KeyScope.READ}, {KeyScope.READ}),
        ({KeyScope.READ, KeyScope.WRITE}, {KeyScope.READ, KeyScope.WRITE}),
        ({KeyScope.ADMIN}, set(KeyScope)),
    ],
)
def test_a_key_allows_what_it_is_for(scopes: set[KeyScope], allowed: set[KeyScope]) -> None:
    key = KEY._replace(scopes=frozenset(scopes))
    assert {scope for scope in KeyScope if key.allows(scope)} == allowed


def test_a_key_expires_at_its_moment() -> None:
    key = KEY._replace(expires_at=NOW)
    assert key.expired(NOW)
    assert not key.expired(NOW - timedelta(microseconds=1))
    assert not KEY.expired(NOW)


@pytest.mark.parametrize(
    ("page", "ours"),
    [
        ("example.com/", True),
        ("example.com/a/b", True),
        ("example.com", False),
        ("example.community/a", False),
        ("/example.com/a", False),
        ("Example.com/a", False),
        ("a.example.com/b", False),
        ("", False),
    ],
)
def test_the_pages_of_a_site(page: str, ours: bool) -> None:
    assert is_of_site(page, "example.com") == ours


@pytest.mark.parametrize("site", ["", "a/b", "/", "a\n", "x" * 2049])
def test_what_is_no_site(site: str) -> None:
    assert site_fault(site)
    assert site_fault("example.com") is None


@pytest.mark.parametrize("name", ["", "a\x1b[31m", "x" * 101])
def test_what_is_no_name(name: str) -> None:
    assert name_fault(name)
    assert name_fault("Web shop Ü") is None
