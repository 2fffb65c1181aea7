"""One line of an access log."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hourmill.core.access_log import MAX_LINE_BYTES, LogLine, parse_line
from hourmill.core.hour import hour_of

HOUR = hour_of("2015-05-17T10:00:00Z")
COMMON = '83.149.9.216 - - [17/May/2015:10:05:03 +0000] "GET /blog/x HTTP/1.1" 200 2326'
COMBINED = COMMON + ' "http://example.com/" "Mozilla/5.0 (X11; Linux x86_64)"'


def line_of(text: str) -> LogLine:
    line = parse_line(text.encode())
    assert line is not None
    return line


def test_the_common_format_has_no_user_agent() -> None:
    assert line_of(COMMON) == LogLine("", "GET", "/blog/x", 200, HOUR, "")


def test_the_combined_format_has_a_user_agent() -> None:
    assert line_of(COMBINED) == LogLine("", "GET", "/blog/x", 200, HOUR, "Mozilla/5.0 (X11; Linux x86_64)")


@pytest.mark.parametrize("extra", [" 0.005", ' "203.0.113.9"', ' "-" rt=0.005 "a b', " "])
def test_more_fields_may_follow_the_combined_ones(extra: str) -> None:
    assert line_of(COMBINED + extra) == line_of(COMBINED)


def test_the_virtual_host_of_vhost_combined_is_taken() -> None:
    assert line_of("example.com:443 " + COMBINED).host == "example.com"


@pytest.mark.parametrize("client", ["2001:db8::1 - -", "::1 - John Smith", "83.149.9.216 - a:80", "[::1]:80 ::1 - -"])
def test_no_other_colon_makes_a_virtual_host(client: str) -> None:
    assert line_of(COMMON.replace("83.149.9.216 - -", client)).host == ""


@pytest.mark.parametrize("user", ["frank", "John Smith", "[a] b", r"\"a\"", "é"])
def test_a_user_name_may_be_anything(user: str) -> None:
    assert line_of(COMBINED.replace("- -", f"- {user}")).target == "/blog/x"


@pytest.mark.parametrize(
    ("time", "utc"),
    [
        ("17/May/2015:10:05:03 +0200", "2015-05-17T08:00:00Z"),
        ("17/May/2015:23:59:59 -0130", "2015-05-18T01:00:00Z"),
        ("01/Mar/2016:00:10:00 +0545", "2016-02-29T18:00:00Z"),
        ("31/Dec/2016:23:59:60 +0000", "2016-12-31T23:00:00Z"),
        ("01/Jan/1970:00:00:00 +0000", "1970-01-01T00:00:00Z"),
        ("31/Dec/2200:23:59:59 +0000", "2200-12-31T23:00:00Z"),
    ],
)
def test_the_hour_is_that_of_utc(time: str, utc: str) -> None:
    assert line_of(COMMON.replace("17/May/2015:10:05:03 +0000", time)).hour == hour_of(utc)


@pytest.mark.parametrize(
    ("request_line", "method", "target"),
    [
        ("HEAD / HTTP/1.0", "HEAD", "/"),
        ("GET /a HTTP/2", "GET", "/a"),
        ("GET /a", "GET", "/a"),
        ("GET /a b?c=d e HTTP/1.1", "GET", "/a b?c=d e"),
        (r"GET /a\"b\\ HTTP/1.1", "GET", r"/a\"b\\"),
        ("GET /caf%C3%A9/é HTTP/1.1", "GET", "/caf%C3%A9/é"),
        ("GET http://example.com/a HTTP/1.1", "GET", "http://example.com/a"),
        (r"\x16\x03\x01", r"\x16\x03\x01", ""),
        ("-", "-", ""),
        ("", "", ""),
    ],
)
def test_a_request_stays_as_it_is_in_the_log(request_line: str, method: str, target: str) -> None:
    line = line_of(COMBINED.replace("GET /blog/x HTTP/1.1", request_line))
    assert (line.method, line.target) == (method, target)


@pytest.mark.parametrize("user_agent", ["", "-", r"say \"hi\"", "ends in \\\\", "a\tb"])
def test_a_user_agent_stays_as_it_is_in_the_log(user_agent: str) -> None:
    assert line_of(f'{COMMON} "-" "{user_agent}"').user_agent == user_agent


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"hello",
        COMBINED.encode()[:-1],
        COMBINED.encode() + b"x",
        COMBINED.replace("Mozilla", "Mozilla\\").encode()[:-1] + b'\\"',
        COMMON.encode() + b" ",
        COMMON.encode() + b" 0.005",
        COMMON.encode() + b' "-"',
        COMMON.replace("200 2326", "200").encode(),
        COMMON.replace("200 2326", "200 x").encode(),
        COMMON.replace("200 2326", "099 1").encode(),
        COMMON.replace("200 2326", "2000 1").encode(),
        COMMON.replace("- - ", "").encode(),
        COMMON.replace("May", "Mai").encode(),
        COMMON.replace("17/May", "31/Feb").encode(),
        COMMON.replace("10:05:03", "24:05:03").encode(),
        COMMON.replace("10:05:03", "10:05:61").encode(),
        COMMON.replace("+0000", "UTC").encode(),
        COMMON.replace("+0000", "+2400").encode(),
        COMMON.replace("2015", "1969").encode(),
        COMMON.replace("2015", "2201").encode(),
        COMMON.replace("17/May/2015:10:05:03 +0000", "01/Jan/1970:00:00:00 +0100").encode(),
        COMMON.replace("/blog/x", "/caf\xe9").encode("latin-1"),
        b"\x00" * 100,
    ],
)
def test_anything_else_is_broken(broken: bytes) -> None:
    assert parse_line(broken) is None


def test_a_line_over_the_limit_is_broken_and_one_at_the_limit_is_not() -> None:
    at_limit = COMMON.replace("/blog/x", "/" + "x" * (MAX_LINE_BYTES - len(COMMON) + len("/blog/x") - 1)).encode()
    assert len(at_limit) == MAX_LINE_BYTES
    assert parse_line(at_limit) is not None
    assert parse_line(at_limit.replace(b"/x", b"/xx")) is None


@given(st.one_of(st.binary(), st.text(' "[]\\:-+/aGET0123456789').map(str.encode)))
def test_no_line_is_an_error(line: bytes) -> None:
    parse_line(line)


@given(st.text(st.characters(exclude_characters='"\\\n', exclude_categories=["Cs"])))
@example(" ")
def test_a_field_with_an_escape_parses_like_one_without(text: str) -> None:
    plain = line_of(COMBINED.replace("X11", text))
    escaped = line_of(COMBINED.replace("X11", text + '\\"'))
    assert escaped.user_agent == plain.user_agent.replace(f"({text};", f'({text}\\";')
    assert (escaped.target, escaped.status, escaped.hour) == (plain.target, plain.status, plain.hour)
