"""Charts of characters."""

from hourmill.cli.charts import BAR_CHARS, bar, sparkline


def test_a_bar_is_as_long_as_its_part_of_the_most() -> None:
    assert [len(bar(views, 100)) for views in (0, 1, 50, 100)] == [0, 1, BAR_CHARS // 2, BAR_CHARS]


def test_a_sparkline_has_a_character_for_each_number() -> None:
    assert sparkline([0, 1, 4, 8]) == " ▁▄█"
    assert sparkline([]) == ""
    assert sparkline([0, 0]) == "  "


def test_more_numbers_than_room_are_summed_with_their_neighbours() -> None:
    assert sparkline([1] * 8, 4) == "████"
    assert sparkline([1, 0, 0, 0, 8, 8], 3) == "▁ █"
