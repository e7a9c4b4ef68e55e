"""Where boxes and lines of small diagrams go: owners above their company, applications around the one looked at."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from origination.domain.ownership import OwnerKind
from origination.domain.traces import LinkedApplication, TraceKind
from origination.queries.ownership import OwnershipView

BOX_WIDTH, BOX_HEIGHT, GAP, LEVEL = 168, 46, 20, 108
SIDE, BESIDE = 14, 46  # free at both sides; how far a way back runs beside the way there
LINKS_DRAWN = 10
_NAME_MAX = 22


@dataclass(frozen=True, slots=True)
class Box:
    """A party: its upper left corner, words, and how it looks (company, person, owner, root)."""

    x: int
    y: int
    name: str
    note: str
    look: str


@dataclass(frozen=True, slots=True)
class Arrow:
    """From an owner to what it owns: an SVG path that passes between the boxes, with the share beside its start."""

    path: str
    x: int
    y: int
    text: str
    dashed: bool


@dataclass(frozen=True, slots=True)
class Diagram:
    """Everything to draw, in a space of `width` x `height`."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def short(name: str) -> str:
    """A name that fits into a box; Han characters are twice as wide."""
    width, out = 0, ""
    for c in name:
        width += 2 if ord(c) > 0x2E80 else 1
        if width > _NAME_MAX:
            return out.rstrip() + "…"
        out += c
    return out


def owners_diagram(view: OwnershipView) -> Diagram | None:
    """The company at the bottom, its owners above it, theirs above them; a ring is drawn with its way back."""
    case = view.case
    if case is None:
        return None
    level = _levels(view)
    rows: dict[int, list[str]] = defaultdict(list)
    for party, at in level.items():
        rows[at].append(party)
    for at in sorted(rows):  # an owner stands near what it owns
        if at:
            rows[at].sort(key=lambda party: (_middle_of(party, rows[at - 1], view), case.graph.owners[party].name))
    place = _places(rows)
    lines = {line.owner.id: line for line in view.lines}
    boxes = tuple(
        Box(
            x, y, short(case.graph.owners[party].name),
            "" if party == case.company else _percent(lines[party].effective),
            _look(party, view),
        )
        for party, (x, y) in place.items()
    )  # fmt: skip
    arrows = []
    for held in case.graph.holdings:
        if held.owner in place and held.company in place:
            points = _route(held.owner, held.company, level, rows, place)
            (x1, y1), (x2, y2) = points[:2]
            beside = (round(x1 * 0.62 + x2 * 0.38) + 6, round(y1 * 0.62 + y2 * 0.38) + 4)
            arrows.append(Arrow(_curve(points), *beside, _percent(held.share), held.control is not None))
    width = max(x for x, _ in place.values()) + BOX_WIDTH + SIDE
    return Diagram(width, 16 + max(rows) * LEVEL + BOX_HEIGHT, boxes, tuple(arrows))


def _places(rows: Mapping[int, Sequence[str]]) -> dict[str, tuple[int, int]]:
    """The upper left corner of each box: rows centred above each other, the company at the bottom."""
    width = max(len(parties) for parties in rows.values()) * (BOX_WIDTH + GAP) + GAP
    place: dict[str, tuple[int, int]] = {}
    for at, parties in rows.items():
        gap = (width - len(parties) * BOX_WIDTH) / (len(parties) + 1)
        for n, party in enumerate(parties):
            place[party] = (SIDE + round(gap + n * (BOX_WIDTH + gap)), 8 + (max(rows) - at) * LEVEL)
    return place


def _route(
    owner: str, company: str, level: Mapping[str, int], rows: Mapping[int, Sequence[str]],
    place: Mapping[str, tuple[int, int]],
) -> list[tuple[int, int]]:  # fmt: skip
    """Points from an owner down to what it owns; a way back up, or sideways, of a ring runs beside the way down."""
    (x1, y1), (x2, y2) = place[owner], place[company]
    if level[owner] == level[company]:
        right = x1 < x2
        start = (x1 + BOX_WIDTH if right else x1, y1 + BOX_HEIGHT // 2)
        return [start, (x2 if right else x2 + BOX_WIDTH, y2 + BOX_HEIGHT // 2)]
    down = level[owner] > level[company]
    aside = 0 if down else BESIDE
    points = [(x1 + BOX_WIDTH // 2 + aside, y1 + BOX_HEIGHT if down else y1)]
    end = (x2 + BOX_WIDTH // 2 + aside, y2 if down else y2 + BOX_HEIGHT)
    steps = range(level[owner] - 1, level[company], -1) if down else range(level[owner] + 1, level[company])
    for n, at in enumerate(steps, 1):
        towards = points[0][0] + (end[0] - points[0][0]) * n / (len(steps) + 1)
        x, top = _gap(towards, [place[party] for party in rows[at]]), place[rows[at][0]][1]
        points += [(x, top - 6), (x, top + BOX_HEIGHT + 6)] if down else [(x, top + BOX_HEIGHT + 6), (x, top - 6)]
    return [*points, end]


def _gap(towards: float, boxes: Sequence[tuple[int, int]]) -> int:
    """The place nearest to `towards` where a line passes between the boxes of a row."""
    edges = sorted(x for x, _ in boxes)
    free = [edges[0] - GAP // 2, *(x + BOX_WIDTH + GAP // 2 for x in edges), *(x - GAP // 2 for x in edges[1:])]
    if all(not x - GAP // 2 < towards < x + BOX_WIDTH + GAP // 2 for x in edges):
        return round(towards)
    return min(free, key=lambda x: abs(x - towards))


def _curve(points: Sequence[tuple[int, int]]) -> str:
    """A path that leaves and reaches each point upright."""
    (x, y), path = points[0], [f"M{points[0][0]} {points[0][1]}"]
    for x2, y2 in points[1:]:
        bend = (y2 - y) // 2
        path.append(f"C{x} {y + bend} {x2} {y2 - bend} {x2} {y2}" if y != y2 else f"L{x2} {y2}")
        x, y = x2, y2
    return " ".join(path)


def _percent(share: Decimal) -> str:
    return f"{(share * 100).quantize(Decimal('0.01')).normalize():f} %"


def _levels(view: OwnershipView) -> dict[str, int]:
    """How many steps each owner stands from the company at most, rings walked once."""
    case = view.case
    assert case is not None
    level = {case.company: 0}
    for _ in range(len(case.graph.owners)):
        changed = False
        for holding in case.graph.holdings:
            if holding.company in level and holding.owner != case.company:
                deeper = level[holding.company] + 1
                if level.get(holding.owner, 0) < deeper <= len(case.graph.owners):
                    if holding.owner in level and any({holding.owner, holding.company} <= set(r) for r in view.rings):
                        continue
                    level[holding.owner], changed = deeper, True
        if not changed:
            break
    return level


def _middle_of(party: str, below: Sequence[str], view: OwnershipView) -> float:
    case = view.case
    assert case is not None
    at = [below.index(h.company) for h in case.graph.holdings if h.owner == party and h.company in below]
    return sum(at) / len(at) if at else 0.0


def _look(party: str, view: OwnershipView) -> str:
    case = view.case
    assert case is not None
    if party == case.company:
        return "root"
    if any(line.owner.id == party and line.basis is not None for line in view.lines):
        return "owner"
    return "person" if case.graph.owners[party].kind is OwnerKind.PERSON else "company"


@dataclass(frozen=True, slots=True)
class Spoke:
    """One linked application around the one looked at."""

    x: int
    y: int
    name: str
    kinds: tuple[TraceKind, ...]
    same_person: bool


def links_star(linked: Sequence[LinkedApplication]) -> tuple[Spoke, ...]:
    """The nearest applications on an ellipse of 520 x 260 around its middle (260, 130), the first at the top."""
    shown = sorted(linked, key=lambda one: (-len(one.kinds), one.reference or ""))[:LINKS_DRAWN]
    spokes = []
    for n, one in enumerate(shown):
        angle = 2 * math.pi * n / max(1, len(shown)) - math.pi / 2
        spokes.append(
            Spoke(
                round(260 + 185 * math.cos(angle)), round(130 + 92 * math.sin(angle)), short(one.name),
                tuple(sorted(one.kinds, key=list(TraceKind).index)), one.same_person,
            )
        )  # fmt: skip
    return tuple(spokes)
