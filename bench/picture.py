"""The overload benchmark as a picture (SVG): what became of the requests, how long it took, the memory meanwhile."""

from collections.abc import Callable, Iterable
from html import escape
from math import ceil
from pathlib import Path
from statistics import quantiles
from typing import NamedTuple

from bench.overload import Moment, Overloaded

WIDTH, HEIGHT = 960, 620  # of a row
COLUMNS = 2
PANEL_WIDTH, PANEL_HEIGHT = 380, 130
LEFT, GAP = 70, 90  # of the first column; between the columns
TOPS = (90, 270, 450)
STYLE = """
    .ground { fill: #ffffff; }
    .axis { stroke: #d0d7de; fill: none; }
    .counted { fill: #1a7f37; stroke: #1a7f37; }
    .refused { fill: #bf8700; stroke: #bf8700; }
    .lost { fill: #8c959f; stroke: #8c959f; }
    .memory { fill: #0969da; stroke: #0969da; }
    .bar { stroke: none; }
    .line { fill: none; stroke-width: 2; }
    .dashed { stroke-dasharray: 4 3; }
    .overload { fill: #cf222e; opacity: 0.07; }
    text { fill: #1f2328; font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; }
    .name { font-weight: 600; font-size: 15px; }
    .note { fill: #57606a; font-size: 11px; }
    .right { text-anchor: end; }
    @media (prefers-color-scheme: dark) {
      .ground { fill: #0d1117; }
      .axis { stroke: #30363d; }
      .counted { fill: #3fb950; stroke: #3fb950; }
      .refused { fill: #d29922; stroke: #d29922; }
      .memory { fill: #58a6ff; stroke: #58a6ff; }
      text { fill: #e6edf3; }
      .note { fill: #9da7b1; }
    }
"""


class Panel(NamedTuple):
    """A place to draw in: its corner, seconds along it, and the value at its top."""

    left: float
    top: float
    seconds: int
    most: float

    def x(self, second: float) -> float:
        """Where a second begins."""
        return self.left + second * PANEL_WIDTH / self.seconds

    def y(self, value: float) -> float:
        """Where a value stands."""
        return self.top + PANEL_HEIGHT * (1 - value / self.most)


def draw(found: list[Overloaded], path: Path) -> None:
    """Write the picture, one column for each load, two in a row."""
    rows = [found[first : first + COLUMNS] for first in range(0, len(found), COLUMNS)]
    height = HEIGHT * len(rows)
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title description">',
        '  <title id="title">Under ten times the load</title>',
        f'  <desc id="description">{escape(_told(found))}</desc>',
        f"  <style>{STYLE}  </style>",
        f'  <rect class="ground" width="{WIDTH}" height="{height}"/>',
    ]
    for number, row in enumerate(rows):
        lines.append(f'  <g transform="translate(0 {number * HEIGHT})">')
        lines += [_column(one, LEFT + place * (PANEL_WIDTH + GAP)) for place, one in enumerate(row)]
        lines.append("  </g>")
    path.write_text("\n".join([*lines, "</svg>"]) + "\n")


def percentile(sorted_ms: list[float], percent: int) -> float | None:
    """A percentile, or None if there is nothing."""
    return quantiles(sorted_ms, n=100)[percent - 1] if len(sorted_ms) > 1 else None


def _told(found: list[Overloaded]) -> str:
    return " ".join(f"{one.name}: {one.can_take:,.0f} requests a second can be taken." for one in found)


def _text(kind: str, x: float, y: float, text: str) -> str:
    return f'  <text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'


def _column(one: Overloaded, left: float) -> str:
    moments, seconds = one.moments, len(one.moments)
    rates = Panel(left, TOPS[0], seconds, max(moment.due for moment in moments))
    lines = [
        ("counted", [percentile(moment.counted_ms, 50) for moment in moments]),
        ("counted dashed", [percentile(moment.counted_ms, 99) for moment in moments]),
        ("refused dashed", [percentile(moment.refused_ms, 99) for moment in moments]),
    ]
    slowest = max(value for _, values in lines for value in values if value is not None)
    times = Panel(left, TOPS[1], seconds, ceil(slowest / 500) * 500.0)
    memory = Panel(left, TOPS[2], seconds, ceil(max(moment.rss_mib for moment in moments) / 256) * 256.0)
    taken = f"it can take {one.can_take:,.0f} a second, {one.can_take * one.entries:,.0f} entries"
    parts = [
        _text("name", left, 30, one.name),
        _text("note", left, 48, f"{taken}; shaded: ten times that"),
        *_legend(left),
        *_frame(rates, moments, "/s"),
        *_frame(times, moments, "ms"),
        *_frame(memory, moments, "MiB"),
        _bars(rates, moments),
        *(_line(times, kind, values) for kind, values in lines),
        _line(memory, "memory", [moment.rss_mib for moment in moments]),
        _text("note right", left + PANEL_WIDTH, TOPS[2] + PANEL_HEIGHT + 16, "seconds"),
    ]
    return "\n".join(parts)


def _legend(left: float) -> list[str]:
    parts, at = [], left
    for kind, name in (("counted", "counted"), ("refused", "refused with 503"), ("lost", "not sent, or broken off")):
        parts.append(f'  <rect class="bar {kind}" x="{at}" y="62" width="10" height="10"/>')
        parts.append(_text("note", at + 14, 71, name))
        at += 34 + 6 * len(name)
    parts.append(_text("note", left, TOPS[1] - 6, "time to the answer: p50, and p99 dashed"))
    parts.append(_text("note", left, TOPS[2] - 6, "memory of the service"))
    return parts


def _frame(panel: Panel, moments: list[Moment], unit: str) -> list[str]:
    calm = min(moment.due for moment in moments)
    shaded = [second for second, moment in enumerate(moments) if moment.due > 3 * calm]
    corner = f'x="{panel.x(shaded[0]):.1f}" y="{panel.top}"'
    size = f'width="{panel.x(len(shaded)) - panel.left:.1f}" height="{PANEL_HEIGHT}"'
    parts = [f'  <rect class="overload" {corner} {size}/>']
    for value in (0.0, panel.most / 2, panel.most):
        parts.append(f'  <path class="axis" d="M{panel.left} {panel.y(value):.1f} h{PANEL_WIDTH}"/>')
        parts.append(_text("note right", panel.left - 6, panel.y(value) + 4, f"{value:,.0f} {unit}" if value else "0"))
    return parts


def _bars(panel: Panel, moments: list[Moment]) -> str:
    kinds: list[tuple[str, Callable[[Moment], int]]] = [
        ("counted", lambda moment: len(moment.counted_ms)),
        ("refused", lambda moment: len(moment.refused_ms)),
        ("lost", lambda moment: moment.unsent + moment.broken + moment.given_up + moment.unknown),
    ]
    width = PANEL_WIDTH / panel.seconds - 1
    drawn = []
    for second, moment in enumerate(moments):
        below = 0
        for kind, number_of in kinds:
            above = below + number_of(moment)
            box = f'y="{panel.y(above):.1f}" width="{width:.1f}" height="{panel.y(below) - panel.y(above):.1f}"'
            drawn.append(f'  <rect class="bar {kind}" x="{panel.x(second):.1f}" {box}/>')
            below = above
    return "\n".join(drawn)


def _line(panel: Panel, kind: str, values: Iterable[float | None]) -> str:
    points = [(panel.x(second + 0.5), panel.y(value)) for second, value in enumerate(values) if value is not None]
    return f'  <path class="line {kind}" d="M' + " L".join(f"{x:.1f} {y:.1f}" for x, y in points) + '"/>'
