"""Summing up: cells into cells."""

from hourmill.core.batch import Cells


def add_view(total: Cells, page: str, hour: int) -> None:
    """Add one view to the total."""
    hours = total.get(page)
    if hours is None:
        total[page] = {hour: 1}
    else:
        hours[hour] = hours.get(hour, 0) + 1


def add(total: Cells, cells: Cells) -> None:
    """Add the cells to the total.

    cells  is given away: the total may keep and change its inner dicts
    """
    for page, counts in cells.items():
        hours = total.get(page)
        if hours is None:
            total[page] = counts
        else:
            for hour, count in counts.items():
                hours[hour] = hours.get(hour, 0) + count


def cell_count(cells: Cells) -> int:
    """How many (page, hour) cells there are."""
    return sum(map(len, cells.values()))


def view_count(cells: Cells) -> int:
    """How many views the cells hold together."""
    return sum(sum(hours.values()) for hours in cells.values())
