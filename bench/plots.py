"""The pictures of the documentation: SVG as text, so that a change of a figure is a change of a line."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from processes import GIB, MIB

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 300, 260, 52, 44, 34
COLOURS = ("#0969da", "#bf3989", "#1a7f37")
STYLE = (
    "text { font: 11px system-ui, sans-serif; fill: #57606a } .title { font-weight: 600; fill: #1f2328 } "
    ".grid { stroke: #d0d7de; stroke-width: 0.5 } .axis { stroke: #57606a }"
)
Points = Sequence[tuple[float, float]]


def growth(results: Mapping[str, Any]) -> str:
    """Three panels with logarithmic axes: a straight line of slope one is cost in proportion."""
    sizes, counts, flight = (results[name] for name in ("growth-size", "growth-count", "growth-in-flight"))
    panels = [
        _panel(
            "one file: seconds by size",
            [("", [(point["size"], point["seconds"]) for point in sizes["points"]])],
            lambda value: _short(value, ((GIB, "G"), (MIB, "M"), (1 << 10, "K"))),
        ),
        _panel(
            "a batch: seconds by files",
            [("", [(point["files"], point["seconds"]) for point in counts["points"]])],
            lambda value: f"{value:g}",
        ),
        _panel(
            "in flight: MiB/s, files/s",
            [
                ("pieces of one file, MiB/s", [(point["in_flight"], point["mib_s"]) for point in flight["pieces"]]),
                *(
                    (
                        name,
                        [
                            (point["in_flight"], point["files_per_second"])
                            for point in flight["files"]
                            if bool(point["delay_ms"]) == away
                        ],
                    )
                    for name, away in (("files/s", False), ("files/s, 10 ms away", True))
                ),
            ],
            lambda value: f"{value:g}",
        ),
    ]
    placed = "".join(f'<g transform="translate({number * WIDTH} 0)">{panel}</g>' for number, panel in enumerate(panels))
    return _svg(WIDTH * len(panels), HEIGHT, placed)


def ways(speeds: Mapping[str, float], title: str, unit: str) -> str:
    """A bar for each way, the fastest first."""
    longest, row, name_width = max(speeds.values()), 22, 150
    parts = [f'<text class="title" x="8" y="20">{escape(title)}</text>']
    for number, (name, speed) in enumerate(sorted(speeds.items(), key=lambda item: -item[1])):
        y = TOP + number * row
        ours = name in ("remote", "write", "webdav", "mount", "mount_queued", "web")
        colour = COLOURS[0] if ours else "#afb8c1"
        length = max(1.0, 440 * speed / longest)
        parts.append(f'<text x="{name_width - 8}" y="{y + 13}" text-anchor="end">{escape(name.replace("_", ", "))}</text>')
        parts.append(f'<rect x="{name_width}" y="{y + 2}" width="{length:.1f}" height="{row - 7}" fill="{colour}"/>')
        parts.append(f'<text x="{name_width + length + 6:.1f}" y="{y + 13}">{speed:.0f} {escape(unit)}</text>')
    return _svg(700, TOP + row * len(speeds) + 8, "".join(parts))


def _panel(title: str, lines: Sequence[tuple[str, Points]], label: Any) -> str:
    """One chart with logarithmic axes."""
    xs = [x for _, points in lines for x, _ in points]
    ys = [y for _, points in lines for _, y in points]
    x_low, x_high = math.log2(min(xs)), math.log2(max(xs)) + 0.01
    y_low, y_high = math.floor(math.log10(min(ys))), math.ceil(math.log10(max(ys)) + 0.01)

    def place(x: float, y: float) -> tuple[float, float]:
        across = LEFT + (math.log2(x) - x_low) / (x_high - x_low) * (WIDTH - LEFT - 20)
        up = (math.log10(y) - y_low) / (y_high - y_low) * (HEIGHT - BOTTOM - TOP)
        return round(across, 1), round(HEIGHT - BOTTOM - up, 1)

    parts = [f'<text class="title" x="{LEFT}" y="20">{escape(title)}</text>']
    for power in range(y_low, y_high + 1):
        _, y = place(min(xs), 10.0**power)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - 20}" y1="{y}" y2="{y}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{10.0**power:g}</text>')
    for x_value in sorted({x for x, _ in lines[0][1]}):
        x, _ = place(x_value, 10.0**y_low)
        parts.append(f'<line class="grid" x1="{x}" x2="{x}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>')
        parts.append(f'<text x="{x}" y="{HEIGHT - BOTTOM + 15}" text-anchor="middle">{escape(label(x_value))}</text>')
    for number, (name, points) in enumerate(lines):
        colour = COLOURS[number]
        placed = " ".join("{},{}".format(*place(x, y)) for x, y in points)
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{placed}"/>')
        parts += ['<circle cx="{}" cy="{}" r="2.5" fill="{}"/>'.format(*place(x, y), colour) for x, y in points]
        if name:
            y = HEIGHT - BOTTOM - 8 - 13 * (len(lines) - 1 - number)
            parts.append(f'<text x="{WIDTH - 24}" y="{y}" text-anchor="end" style="fill: {colour}">{escape(name)}</text>')
    return "".join(parts)


def _short(value: float, units: Sequence[tuple[int, str]]) -> str:
    return next((f"{value / unit:g}{name}" for unit, name in units if value >= unit), f"{value:g}")


def _svg(width: int, height: int, content: str) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
    white = f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
    return (head + f"<style>{STYLE}</style>" + white + content + "</svg>\n").replace("><", ">\n<")
