"""Which pages are new, and under which page their views are counted."""

from collections.abc import Sequence

import pytest
from structlog.testing import capture_logs

from hourmill.core.figures import GroupFigures
from hourmill.core.parse import at_once
from hourmill.core.scope import Scope
from hourmill.errors import Unreadable
from hourmill.ports.stats import PageViews, Ranking, Span
from hourmill.services import newcomers
from hourmill.services.newcomers import LEARNED_HOURS, REMEMBERED_HOURS, Newcomers, NewLimits

HOUR = 480_000


class Viewed:
    """A StatsReader that has these pages, in every span."""

    def __init__(self, *pages: str) -> None:
        self.pages_viewed = pages
        self.asked: list[Ranking] = []

    async def pages(self, ranking: Ranking) -> list[PageViews]:
        self.asked.append(ranking)
        return [PageViews(page, 1, 0) for page in self.pages_viewed]

    async def sites(self, ranking: Ranking) -> list[PageViews]:
        return []

    async def series(self, scope: Scope, bounds: Sequence[int]) -> list[int]:
        return []

    async def page_count(self, scope: Scope, span: Span, search: str = "") -> int:
        return 0

    async def hours_kept_from(self) -> int:
        return 0


class Unready(Viewed):
    """One that cannot be read at first."""

    async def pages(self, ranking: Ranking) -> list[PageViews]:
        if not self.asked:
            self.asked.append(ranking)
            raise Unreadable
        return await super().pages(ranking)


class World:
    """Newcomers, and the hour that runs."""

    def __init__(self, limits: NewLimits = NewLimits(2, 100, 50)) -> None:  # noqa: B008 it cannot be changed
        self.hour = HOUR
        self.figures = GroupFigures()
        self.newcomers = Newcomers(limits, self.figures, lambda: self.hour)

    def counted(self, *pages: str) -> list[str]:
        return [self.newcomers.page(page) for page in pages]


@pytest.fixture
async def world() -> World:
    world = World()
    await world.newcomers.learn(Viewed("a/known"))
    return world


async def test_what_comes_past_the_limit_is_counted_for_one_page(world: World) -> None:
    assert world.counted("a/1", "a/2", "a/3", "a/1", "a/known", "a/4") == [
        "a/1", "a/2", "a/(other)", "a/1", "a/known", "a/(other)",
    ]  # fmt: skip
    assert world.figures.others == 2


async def test_each_site_has_its_own_and_pages_without_a_site_one_together(world: World) -> None:
    assert world.counted("a/1", "b/1", "a/2", "b/2", "x", "/y", "z", "b/3") == [
        "a/1", "b/1", "a/2", "b/2", "x", "/y", "/(other)", "b/(other)",
    ]  # fmt: skip


async def test_the_next_hour_lets_others_in(world: World) -> None:
    assert world.counted("a/1", "a/2", "a/3") == ["a/1", "a/2", "a/(other)"]
    world.hour += 1
    assert world.counted("a/3", "a/4", "a/5", "a/1") == ["a/3", "a/4", "a/(other)", "a/1"]


async def test_a_page_that_is_seen_in_every_stretch_stays_known(world: World) -> None:
    for _ in range(4):
        world.hour += REMEMBERED_HOURS
        assert world.counted("a/1", "a/2", "a/known", "b/1") == ["a/1", "a/2", "a/known", "b/1"]
        world.hour += 1
    world.hour += 2 * REMEMBERED_HOURS
    world.counted("c/1")
    world.hour += REMEMBERED_HOURS
    assert world.counted("a/8", "a/9", "a/known") == ["a/8", "a/9", "a/(other)"]


async def test_cells_of_new_pages_are_summed_up(world: World) -> None:
    cells = {"a/known": {1: 1}, "a/1": {1: 2}, "a/2": {1: 3}, "a/3": {1: 4, 2: 5}, "a/4": {2: 6}, "b/1": {1: 7}}
    counted = at_once(world.newcomers.cells({page: dict(hours) for page, hours in cells.items()}))
    assert counted == {
        "a/known": {1: 1}, "a/1": {1: 2}, "a/2": {1: 3}, "a/(other)": {1: 4, 2: 11}, "b/1": {1: 7},
    }  # fmt: skip
    assert at_once(world.newcomers.cells({"a/(other)": {1: 1}, "a/5": {1: 2}})) == {"a/(other)": {1: 3}}


async def test_until_it_has_learned_every_page_is_known() -> None:
    world = World()
    assert world.counted(*(f"a/{number}" for number in range(9))) == [f"a/{number}" for number in range(9)]
    viewed = Viewed("a/known")
    await world.newcomers.learn(viewed)
    assert viewed.asked[0].span == Span(HOUR - LEARNED_HOURS, HOUR + 1)
    assert world.counted("a/0", "a/known", "a/10", "a/11", "a/12")[2:] == ["a/10", "a/11", "a/(other)"]


async def test_a_store_that_is_away_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newcomers, "AGAIN_S", 0.0)
    world = World()
    await world.newcomers.learn(Unready("a/known"))
    assert world.counted("a/1", "a/2", "a/3", "a/known") == ["a/1", "a/2", "a/(other)", "a/known"]


async def test_what_is_remembered_is_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newcomers, "MOST_REMEMBERED", 10)
    for number in range(100):
        world.counted(f"site-{number}/a")
    assert max(len(world.newcomers._known), len(world.newcomers._known_before)) <= 10


async def test_sites_past_the_limit_are_counted_as_one_until_the_hour_is_over() -> None:
    world = World(NewLimits(2, 100, sites=2))
    await world.newcomers.learn(Viewed("a/known"))
    assert world.counted("b/1", "c/1", "d/1", "e/1", "b/2", "b/3", "a/1", "") == [
        "b/1", "c/1", "/(other)", "/(other)", "b/2", "b/(other)", "a/1", "/(other)",
    ]  # fmt: skip
    assert (world.figures.others, len(world.newcomers._new)) == (4, 3)
    world.hour += 1
    assert world.counted("d/1", "d/2", "b/3") == ["d/1", "d/2", "b/3"]


async def test_all_sites_together_have_a_limit_and_established_pages_keep_their_names() -> None:
    world = World(NewLimits(2, 4, 50))
    await world.newcomers.learn(Viewed("a/known"))
    made_up = [f"site-{number}/1" for number in range(20)]
    assert world.counted(*made_up) == [*made_up[:4], *["/(other)"] * 16]
    assert world.counted("a/known", "a/1", "site-0/2", "site-0/1") == [
        "a/known", "a/(other)", "site-0/(other)", "site-0/1",
    ]  # fmt: skip
    world.hour += 1
    assert world.counted("a/1") == ["a/1"]


async def test_sites_that_are_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newcomers, "MOST_SITES", 10)
    world = World(NewLimits(1000, 1000, 1000))
    await world.newcomers.learn(Viewed())
    world.counted(*(f"site-{number}/1" for number in range(100)))
    assert max(len(world.newcomers._sites), len(world.newcomers._sites_before)) == 10


async def test_a_site_as_long_as_a_page_has_others_all_the_same(world: World) -> None:
    site = "s" * 2045
    assert world.counted(f"{site}/1", f"{site}/2", f"{site}/3")[2] == "/(other)"


async def test_it_is_said_once_an_hour_for_each_site(world: World) -> None:
    with capture_logs() as lines:
        for _ in range(2):
            world.counted(*(f"{site}/{number}" for site in "ab" for number in range(6)))
        world.hour += 1
        world.counted(*(f"a/{number}" for number in range(10, 16)))
    assert [line["site"] for line in lines] == ["a", "b", "a"]
