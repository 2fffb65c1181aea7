"""The hours that a report shows."""

from typing import Literal, NamedTuple

Order = Literal["asc", "desc"]
HOURS = 24


class Window(NamedTuple):
    """The hours first <= hour <= last."""

    first: int
    last: int


def window_of(now_hour: int, *, complete: bool) -> Window:
    """The 24 hours that end with the hour of now; complete: those before it."""
    last = now_hour - 1 if complete else now_hour
    return Window(last - HOURS + 1, last)


def arrange(views: dict[int, int], window: Window, order: Order, take: int) -> list[tuple[int, int]]:
    """The (hour, views) of every hour of the window in order, zeros too, cut after the first `take`."""
    hours = range(window.first, window.last + 1)
    return [(hour, views.get(hour, 0)) for hour in (hours if order == "asc" else reversed(hours))][:take]
