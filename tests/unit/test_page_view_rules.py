"""Which lines are page views."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourmill.core.access_log import LogLine
from hourmill.core.bots import bot_pattern
from hourmill.core.page_view_rules import Judge, LeftOut, PageViewRules, statuses_of
from hourmill.core.time_bounds import TimeBounds
from hourmill.services.bot_list import known_bots

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
BOTS = known_bots()


def verdict(
    rules: PageViewRules | None = None,
    target: str = "/a",
    *,
    host: str = "",
    method: str = "GET",
    status: int = 200,
    user_agent: str = FIREFOX,
) -> str | LeftOut:
    line = LogLine(host, method, target, status, 0, user_agent)
    return Judge(rules or PageViewRules(bots=BOTS)).page_of(line)


def test_the_page_is_the_path_when_no_site_is_known() -> None:
    assert verdict(target="/blog/x") == "/blog/x"


def test_the_page_is_site_and_path() -> None:
    assert verdict(PageViewRules(site="example.com"), "/blog/x") == "example.com/blog/x"


def test_the_virtual_host_is_the_site_when_none_is_given() -> None:
    assert verdict(target="/a", host="a.example") == "a.example/a"
    assert verdict(PageViewRules(site="example.com"), "/a", host="a.example") == "example.com/a"


@pytest.mark.parametrize("target", ["/a?b=1", "/a#c", "/a?b=1#c", "/a#c?b=1", "/a?x=/y.png"])
def test_query_and_fragment_are_cut_off(target: str) -> None:
    assert verdict(target=target) == "/a"


def test_the_query_is_kept_on_demand() -> None:
    assert verdict(PageViewRules(keep_query=True), "/a?b=1") == "/a?b=1"


@pytest.mark.parametrize("target", ["/", "//a", "/A", "/a/../b", "/caf%C3%A9", "/café", "/a b", "/a/"])
def test_a_page_is_never_normalised(target: str) -> None:
    assert verdict(target=target) == target


@pytest.mark.parametrize("status", [200, 204, 206, 299, 304])
def test_success_and_not_modified_are_counted(status: int) -> None:
    assert verdict(status=status) == "/a"


@pytest.mark.parametrize("status", [199, 300, 301, 302, 400, 404, 500, 999])
def test_other_statuses_are_left_out(status: int) -> None:
    assert verdict(status=status) is LeftOut.STATUS


@pytest.mark.parametrize("method", ["HEAD", "POST", "OPTIONS", "get", "-", ""])
def test_other_methods_are_left_out(method: str) -> None:
    assert verdict(method=method) is LeftOut.METHOD


@pytest.mark.parametrize("target", ["/a.css", "/a/b.min.JS", "/favicon.ico?v=2", "/.png", "/x.tar.gz", "/robots.txt"])
def test_assets_are_left_out(target: str) -> None:
    assert verdict(target=target) is LeftOut.ASSET


@pytest.mark.parametrize("target", ["/a.html", "/a.php", "/css", "/a.css/", "/a.css/b", "/v1.0", "/a.", "/js?x=.js"])
def test_what_only_resembles_an_asset_is_a_page(target: str) -> None:
    assert verdict(target=target) == target.partition("?")[0]


def test_assets_are_counted_on_demand() -> None:
    assert verdict(PageViewRules(asset_extensions=frozenset()), "/a.css") == "/a.css"


@pytest.mark.parametrize("target", ["", "*", "http://example.com/", "example.com:443", "?a", "#/"])
def test_a_target_that_is_no_path_is_left_out(target: str) -> None:
    assert verdict(target=target) is LeftOut.NO_PATH


@pytest.mark.parametrize("target", ["/a\tb", "/\x7f", "/\x85", "/" + "é" * 1024])
def test_a_page_that_the_service_would_refuse_is_left_out(target: str) -> None:
    assert verdict(target=target) is LeftOut.PAGE_REFUSED


def test_the_site_counts_towards_the_length_of_a_page() -> None:
    assert verdict(target="/" + "a" * 2047) == "/" + "a" * 2047
    assert verdict(PageViewRules(site="b"), "/" + "a" * 2047) is LeftOut.PAGE_REFUSED


@pytest.mark.parametrize("user_agent", [GOOGLEBOT, "curl/8.5.0", "Wget/1.21", "Mozilla/5.0 (compatible; bingbot/2.0)"])
def test_known_bots_are_left_out(user_agent: str) -> None:
    assert verdict(user_agent=user_agent) is LeftOut.BOT


@pytest.mark.parametrize("user_agent", ["", "-", FIREFOX, "Mozilla/5.0 (Linux; Android 9; CUBOT X19)"])
def test_who_is_not_a_known_bot_is_counted(user_agent: str) -> None:
    assert verdict(user_agent=user_agent) == "/a"


def test_bots_are_counted_on_demand() -> None:
    assert verdict(PageViewRules(bots=None), user_agent=GOOGLEBOT) == "/a"


@pytest.mark.parametrize(
    ("broken_rules", "reason"),
    [
        ({"method": "POST", "status": 404, "target": "*", "user_agent": GOOGLEBOT}, LeftOut.METHOD),
        ({"status": 404, "target": "*", "user_agent": GOOGLEBOT}, LeftOut.STATUS),
        ({"target": "*", "user_agent": GOOGLEBOT}, LeftOut.NO_PATH),
        ({"target": "/a.png", "user_agent": GOOGLEBOT}, LeftOut.ASSET),
        ({"target": "/\x00", "user_agent": GOOGLEBOT}, LeftOut.PAGE_REFUSED),
    ],
)
def test_the_first_rule_that_does_not_hold_is_the_reason(broken_rules: dict[str, str], reason: LeftOut) -> None:
    assert verdict(**broken_rules) is reason  # type: ignore[arg-type]  # a table of mixed arguments


@pytest.mark.parametrize(("hour", "reason"), [(9, LeftOut.TOO_OLD), (10, "/a"), (12, "/a"), (13, LeftOut.TOO_NEW)])
def test_a_view_is_within_the_bounds_of_time(hour: int, reason: LeftOut | str) -> None:
    judge = Judge(PageViewRules(), TimeBounds(first=10, last=12))
    assert judge.page_of(LogLine("", "GET", "/a", 200, hour, FIREFOX)) == reason


def test_what_is_remembered_judges_like_what_is_not() -> None:
    judge = Judge(PageViewRules(bots=BOTS))
    for target in ["/a", "/a.css", "*", "/" + "a" * 600, "/" + "a" * 600 + ".css"] * 2:
        assert judge.page_of(LogLine("", "GET", target, 200, 0, FIREFOX)) == verdict(target=target)


@pytest.mark.parametrize(
    ("text", "statuses"), [("304", {304}), ("2xx", set(range(200, 300))), ("5XX", {*range(500, 600)})]
)
def test_statuses_are_named_singly_or_by_class(text: str, statuses: set[int]) -> None:
    assert statuses_of(text) == statuses


@pytest.mark.parametrize("text", ["", "20", "2000", "xx2", "0xx", "020", "\uff1200"])
def test_what_names_no_status_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="304"):
        statuses_of(text)


SAMPLES = ["bot", "bo", r"b\.o", r"a\/b", "[bB]ot", "^bo", "ot$", "o|t", "t+", "robot", r"\d"]


@given(st.lists(st.sampled_from(SAMPLES)), st.text("abotBr./1"))
def test_one_pattern_finds_what_any_of_many_finds(patterns: list[str], user_agent: str) -> None:
    one = bot_pattern(patterns)
    assert bool(one.search(user_agent)) == any(re.search(pattern, user_agent) for pattern in patterns)
