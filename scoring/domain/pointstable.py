"""A table of points written by people: read, checked that it covers every value, and turned into cells.

One line per cell, with the columns feature, cell and points, in the words `flask score card --format csv` prints: a
number's cells are `< 25000`, `25000 to < 40000`, `>= 40000` or `(any value)`; a category's are its labels and
`(any other)`; `(missing)` is what an unknown value earns. A line of the feature `(base)` holds what everybody starts
with.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise

from core.domain.errors import InvalidInput
from core.domain.texts import Text
from scoring.domain.checks import Finding
from scoring.domain.columns import Column, ColumnType, Feature, clean_category, parse_date, parse_number
from scoring.domain.trees import Grid

BASE = "(base)"
MISSING = "(missing)"
OTHER = "(any other)"
ANY = "(any value)"
_BELOW = re.compile(r"<\s*(.+)")
_ABOVE = re.compile(r">=\s*(.+)")
_BETWEEN = re.compile(r"(.+?)\s+to\s+<\s*(.+)")
_INFINITE = float("inf")


@dataclass(frozen=True, slots=True)
class PointsFeature:
    """One feature of the table: its cells and the ticks of each, the missing one last."""

    feature: Feature
    grid: Grid
    ticks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PointsTable:
    """The whole table; `base` in ticks. `findings` names cells that were not given and what they got."""

    base: int
    features: tuple[PointsFeature, ...]
    findings: tuple[Finding, ...]


def read_points(lines: Sequence[Mapping[str, str]], columns: Mapping[str, Column], decimals: int) -> PointsTable:
    """Reads the lines of a table. `columns` are the features the schema allows, by name.

    A feature without `(missing)` or, for categories, `(any other)` gets its worst points there. Raises InvalidInput
    naming the line and the feature.
    """
    if not lines or not {"feature", "cell", "points"} <= set(lines[0]):
        raise InvalidInput({"points": Text("The table needs the columns feature, cell and points")})
    base = 0
    cells: dict[str, list[tuple[int, str, int]]] = {}
    for number, line in enumerate(lines, start=1):
        name, cell = (line["feature"] or "").strip(), (line["cell"] or "").strip()
        ticks = _ticks(line["points"] or "", decimals, number)
        if name == BASE:
            base += ticks
        elif name not in columns:
            raise InvalidInput({"points": Text("line {n}: {name} is not a feature of the schema", n=number, name=name)})
        else:
            cells.setdefault(name, []).append((number, cell, ticks))
    if not cells:
        raise InvalidInput({"points": Text("The table has no feature")})
    findings: list[Finding] = []
    features = tuple(_feature(columns[name], found, findings) for name, found in cells.items())
    return PointsTable(base, features, tuple(findings))


def _ticks(text: str, decimals: int, line: int) -> int:
    try:
        ticks = Decimal(text.strip()).scaleb(decimals)
    except InvalidOperation:
        raise InvalidInput(
            {"points": Text("line {n}: {value} is not a number of points", n=line, value=repr(text)[:40])}
        ) from None
    if not ticks.is_finite() or ticks != ticks.to_integral_value() or abs(ticks) > 10**7:
        raise InvalidInput({"points": Text("line {n}: {value} is finer than the scale's {d} decimals, or too large",
                                           n=line, value=text.strip(), d=decimals)})  # fmt: skip
    return int(ticks)


def _feature(column: Column, cells: list[tuple[int, str, int]], findings: list[Finding]) -> PointsFeature:
    labels = [cell for _, cell, _ in cells]
    twins = sorted({label for label in labels if labels.count(label) > 1})
    if twins:
        raise InvalidInput(
            {column.name: Text("The cell {cell} of {name} occurs twice", cell=twins[0], name=column.name)}
        )
    given = {cell: ticks for _, cell, ticks in cells}
    worst = min(given.values())
    if MISSING not in given:
        findings.append(_not_given(column.name, MISSING))
    missing = given.pop(MISSING, worst)
    if column.type is not ColumnType.CATEGORY:
        edges, ticks = _numbers(column, [cell for cell in cells if cell[1] != MISSING], findings)
        feature = Feature(column.name, column.type, column.mono, (), column.unit, column.description)
        return PointsFeature(feature, Grid(edges, edges, 0), (*ticks, missing))
    if OTHER not in given:
        findings.append(_not_given(column.name, OTHER))
    other = given.pop(OTHER, worst)
    known = {clean_category(label) or label: ticks for label, ticks in given.items()}
    feature = Feature(column.name, column.type, 0, tuple(known), column.unit, column.description)
    return PointsFeature(feature, Grid((), (), len(known) + 1), (*known.values(), other, missing))


def _not_given(name: str, cell: str) -> Finding:
    return Finding(
        "CELL_NOT_GIVEN", name, Text("{name} has no cell {cell}: it gets the worst points", name=name, cell=cell)
    )


def _numbers(
    column: Column, cells: list[tuple[int, str, int]], findings: list[Finding]
) -> tuple[tuple[float, ...], list[int]]:
    spans = sorted((*_span(column, number, cell), ticks) for number, cell, ticks in cells)
    if not spans or spans[0][0] != -_INFINITE or spans[-1][1] != _INFINITE:
        raise InvalidInput(
            {column.name: Text("The cells of {name} must begin with < and end with >=", name=column.name)}
        )
    for before, after in pairwise(spans):
        if before[1] != after[0]:
            raise InvalidInput(
                {column.name: Text("The cells of {name} leave a gap or overlap at {value}", name=column.name,
                                   value=f"{min(before[1], after[0]):g}")}
            )  # fmt: skip
    ticks = [span[2] for span in spans]
    if column.mono and any((b - a) * column.mono > 0 for a, b in pairwise(ticks)):
        text = Text("The points of {name} go against its expected direction", name=column.name)
        findings.append(Finding("AGAINST_SIGN", column.name, text))
    return tuple(span[0] for span in spans[1:]), ticks


def _span(column: Column, line: int, cell: str) -> tuple[float, float]:
    """The half-open interval of a cell in words."""
    if cell == ANY:
        return -_INFINITE, _INFINITE
    between, below, above = _BETWEEN.fullmatch(cell), _BELOW.fullmatch(cell), _ABOVE.fullmatch(cell)
    ends = between.groups() if between else (None, below[1]) if below else (above[1], None) if above else ()
    if ends:
        low, high = (_end(column, end, side) for end, side in zip(ends, (-_INFINITE, _INFINITE), strict=True))
        if low is not None and high is not None and low < high:
            return low, high
    raise InvalidInput(
        {column.name: Text("line {n}: {cell} is no cell; write < 5, 5 to < 9, >= 9, (any value) or (missing)",
                           n=line, cell=repr(cell)[:40])}
    )  # fmt: skip


def _end(column: Column, text: str | None, otherwise: float) -> float | None:
    if text is None:
        return otherwise
    value = parse_date(text) if column.type is ColumnType.DATE else parse_number(text)
    return value if value is not None and abs(value) < _INFINITE else None
