"""The plots of a draft as SVG files of their own: no fonts, scripts or styles from elsewhere, the numbers as a title.

Pages draw their own charts from the same numbers (`metrics.json`); these files are for whoever gets the folder.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

WIDTH, HEIGHT = 640, 420
LEFT, RIGHT, TOP, BOTTOM = 64, 20, 48, 56
INK, GRID, FIRST, SECOND, THIRD = "#1f2937", "#d6dbe1", "#0b5cad", "#b4540a", "#6b7280"


class _Frame:
    """A plot area with axes: maps data to pixels and collects marks."""

    def __init__(
        self, title: str, x: tuple[float, float], y: tuple[float, float], x_name: str, y_name: str, *,
        percent: tuple[bool, bool] = (False, False), origin: tuple[int, int] = (0, 0),
        size: tuple[int, int] = (WIDTH, HEIGHT), x_ticks: bool = True,
    ) -> None:  # fmt: skip
        self.origin, self.size = origin, size
        self.x0, self.x1 = x if x[1] > x[0] else (x[0] - 0.5, x[0] + 0.5)
        self.y0, self.y1 = y if y[1] > y[0] else (y[0] - 0.5, y[0] + 0.5)
        left, top = origin
        self.marks = [_text(left + 12, top + 24, title, size=15, bold=True)]
        for share in (0.0, 0.25, 0.5, 0.75, 1.0):
            value = self.y0 + share * (self.y1 - self.y0)
            height = self.py(value)
            self.marks.append(_line(self.px(self.x0), height, self.px(self.x1), height, GRID, 1))
            self.marks.append(_text(left + LEFT - 6, height + 4, _show(value, percent[1]), anchor="end"))
            if x_ticks:
                value = self.x0 + share * (self.x1 - self.x0)
                self.marks.append(
                    _text(self.px(value), top + size[1] - BOTTOM + 18, _show(value, percent[0]), anchor="middle")
                )
        self.marks.append(_text(left + size[0] / 2, top + size[1] - 12, x_name, anchor="middle"))
        self.marks.append(_text(left + 12, top + 40, y_name))

    def px(self, x: float) -> float:
        """Pixels from the left."""
        width = self.size[0] - LEFT - RIGHT
        return self.origin[0] + LEFT + (x - self.x0) / (self.x1 - self.x0) * width

    def py(self, y: float) -> float:
        """Pixels from above."""
        height = self.size[1] - TOP - BOTTOM
        return self.origin[1] + TOP + (self.y1 - y) / (self.y1 - self.y0) * height

    def line(self, xs: Sequence[float], ys: Sequence[float], color: str, *, dash: str = "") -> None:
        """A line through the points."""
        points = " ".join(f"{self.px(x):.1f},{self.py(y):.1f}" for x, y in zip(xs, ys, strict=True))
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self.marks.append(f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2"{dashed}/>')

    def bar(self, x0: float, x1: float, y0: float, y1: float, color: str, title: str, *, opacity: float = 1.0) -> None:
        """A bar from y0 to y1."""
        top, bottom = self.py(max(y0, y1)), self.py(min(y0, y1))
        left, right = self.px(x0), self.px(x1)
        self.marks.append(
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{max(right - left - 1, 0.5):.1f}" '
            f'height="{max(bottom - top, 0.5):.1f}" fill="{color}" fill-opacity="{opacity:g}">'
            f"<title>{html.escape(title)}</title></rect>"
        )

    def key(self, entries: Sequence[tuple[str, str]]) -> None:
        """Names of the colours, at the top right."""
        for at, (name, color) in enumerate(entries):
            y = self.origin[1] + TOP + 14 + 16 * at
            self.marks.append(_line(self.px(self.x1) - 128, y - 4, self.px(self.x1) - 112, y - 4, color, 3))
            self.marks.append(_text(self.px(self.x1) - 106, y, name))


def _show(value: float, percent: bool) -> str:
    if percent:
        return f"{value:.0%}" if abs(value) >= 0.1 or value == 0 else f"{value:.1%}"
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.3g}"


def _text(x: float, y: float, words: str, *, anchor: str = "start", size: int = 12, bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"{weight} fill="{INK}">'
        f"{html.escape(words)}</text>"
    )


def _line(x0: float, y0: float, x1: float, y1: float, color: str, width: float) -> str:
    return f'<line x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}" stroke="{color}" stroke-width="{width:g}"/>'


def _svg(title: str, marks: Sequence[str], width: int = WIDTH, height: int = HEIGHT) -> str:
    name = html.escape(title)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{name}" font-family="system-ui, sans-serif">\n<title>{name}</title>\n'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n' + "\n".join(marks) + "\n</svg>\n"
    )


def plot_roc(curve: Mapping[str, Any], auc: float) -> str:
    """ROC curve with the widest gap marked."""
    gap = curve["ks"]
    title = f"ROC on held-out rows: AUC {auc:.3f}, KS {gap['bads'] - gap['goods']:.3f} at a PD of {gap['pd']:.1%}"
    frame = _Frame(title, (0, 1), (0, 1), "share of goods refused", "share of bads refused", percent=(True, True))
    frame.line([0, 1], [0, 1], THIRD, dash="4 4")
    frame.line(curve["goods"], curve["bads"], FIRST)
    frame.line([gap["goods"]] * 2, [gap["goods"], gap["bads"]], SECOND)
    return _svg(title, frame.marks)


def plot_gains(points: Mapping[str, Sequence[float]]) -> str:
    """Share of bads among the riskiest rows."""
    title = "Gains on held-out rows: bads found among the riskiest"
    frame = _Frame(title, (0, 1), (0, 1), "share of rows, riskiest first", "share of bads", percent=(True, True))
    frame.line([0, 1], [0, 1], THIRD, dash="4 4")
    frame.line(points["rows"], points["bads"], FIRST)
    return _svg(title, frame.marks)


def plot_calibration(bands: Sequence[Mapping[str, float]]) -> str:
    """Observed rate with its interval against the mean PD of each band."""
    title = "Calibration on held-out rows: observed rate by band of PD, with 95 % intervals"
    most = max([band["high"] for band in bands] + [band["pd"] for band in bands])
    frame = _Frame(title, (0, most), (0, most), "mean PD of the band", "observed rate of bads", percent=(True, True))
    frame.line([0, most], [0, most], THIRD, dash="4 4")
    for band in bands:
        frame.line([band["pd"]] * 2, [band["low"], band["high"]], SECOND)
    frame.line([b["pd"] for b in bands], [b["observed"] for b in bands], FIRST)
    return _svg(title, frame.marks)


def plot_distribution(found: Mapping[str, Sequence[float]], cutoff: float) -> str:
    """Scores of goods and bads, each as shares of their own number."""
    title = "Scores on held-out rows by outcome, and the cut-off"
    edges = found["edges"]
    shares = [found["goods"], found["bads"]]
    most = max([*shares[0], *shares[1]]) or 1.0
    frame = _Frame(title, (edges[0], edges[-1]), (0, most), "score", "share of own class", percent=(False, True))
    for values, color, name in ((shares[0], FIRST, "good"), (shares[1], SECOND, "bad")):
        for at, share in enumerate(values):
            told = f"{name}, {edges[at]:.0f} to {edges[at + 1]:.0f}: {share:.1%}"
            frame.bar(edges[at], edges[at + 1], 0, share, color, told, opacity=0.55)
    if edges[0] < cutoff < edges[-1]:
        frame.line([cutoff] * 2, [0, most], INK, dash="4 4")
    frame.key([("good", FIRST), ("bad", SECOND)])
    return _svg(title, frame.marks)


def plot_shapes(shapes: Sequence[Mapping[str, Any]]) -> str:
    """What each feature does to the score: mean points by band, rows in the title of each bar."""
    title = "What each feature does to the score: points by band of value, on all rows"
    width, height = 420, 240
    marks = [_text(12, 24, title, size=15, bold=True)]
    for at, shape in enumerate(shapes):
        cells = shape["cells"]
        means = [cell["points"] for cell in cells]
        origin = (at % 2 * width, 36 + at // 2 * height)
        name = f"{shape['feature']} ({cells[0]['cell']} to {cells[-1]['cell']})" if cells else shape["feature"]
        frame = _Frame(
            shape["feature"], (0, max(len(cells), 1)), (min([0, *means]), max([0, *means])), name, "points",
            origin=origin, size=(width, height), x_ticks=False,
        )  # fmt: skip
        for place, cell in enumerate(cells):
            told = f"{cell['cell']}: {cell['points']:+.1f} points, {cell['rows']} rows, {cell['bad_rate']:.1%} bad"
            frame.bar(place + 0.08, place + 0.92, 0, cell["points"], FIRST if cell["points"] >= 0 else SECOND, told)
        marks += frame.marks
    return _svg(title, marks, 2 * width, 36 + -(-len(shapes) // 2) * height)
