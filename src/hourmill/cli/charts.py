"""Small charts of characters."""

from collections.abc import Sequence
from itertools import pairwise

BAR_CHARS = 40
LEVELS = "▁▂▃▄▅▆▇█"
SPARK_CHARS = 60

_EIGHTHS = " ▏▎▍▌▋▊▉█"


def bar(views: int, most: int) -> str:
    """A bar of up to BAR_CHARS characters, in eighths of one; empty only for 0."""
    if not views:
        return ""
    eighths = max(1, views * BAR_CHARS * 8 // most)
    return _EIGHTHS[8] * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def sparkline(views: Sequence[int], chars: int = SPARK_CHARS) -> str:
    """A line of at most so many characters; neighbours are summed where there are more numbers. Blank only for 0."""
    width = min(chars, len(views))
    edges = [place * len(views) // width for place in range(width + 1)] if width else []
    sums = [sum(views[first:before]) for first, before in pairwise(edges)]
    most = max(sums, default=0)
    return "".join(LEVELS[number * (len(LEVELS) - 1) // most] if number else " " for number in sums)
