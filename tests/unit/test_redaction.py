"""Passwords and queries of URLs in what is told."""

import pytest

from hourmill.redaction import redacted, secrets_of, without


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://listener.logz.io:8071/?token=secret", "https://listener.logz.io:8071/?***"),
        ("https://u:secret@h/a#secret", "https://***@h/a#***"),
        ("postgresql://u:sec/r?e#t@h:5432/d?password=secret", "postgresql://***@h:5432/d?***"),
        ("https://h/?mail=secret@secret", "https://***@secret"),
        ("u:secret@h", "u:***@h"),
        ("h?secret", "h?***"),
        ("HTTP:/u:secret@h", "HTTP:/***@h"),
        ("https://a.example, https://u:secret@b.example", "https://***@b.example"),
        ("127.0.0.1", "127.0.0.1"),
        ("https://listener.logz.io:8071", "https://listener.logz.io:8071"),
        ("*", "*"),
        ("", ""),
    ],
)
def test_a_url_is_shown_without_them_however_wrong_it_is(url: str, shown: str) -> None:
    assert redacted(url) == shown


def test_what_is_secret_in_a_url_is_its_password_and_its_query() -> None:
    found = secrets_of("https://u:pass%40word@h/a?token=b%20c")
    assert found == {"pass%40word", "pass@word", "token=b%20c", "token=b c"}
    assert secrets_of("postgresql://user@h/d") == set()
    assert secrets_of("sqlite:////var/a@b:c/views.db") == set()


def test_they_are_hidden_in_any_text_the_longest_first() -> None:
    said = "url: /v1?token=secret-one (user u, secret)"
    assert without(said, {"secret", "token=secret-one", "u"}) == "url: /v1?*** (user u, ***)"
