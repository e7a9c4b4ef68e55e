"""Where boxes and lines of small diagrams go: owners above their company, applications around the one looked at."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from origination.domain.ownership import Holding, OwnerKind
from origination.domain.traces import LinkedApplication, TraceKind
from origination.queries.ownership import OwnershipView

BOX_WIDTH, BOX_HEIGHT, GAP, LEVEL = 168, 46, 20, 108
LETTER = 8
SIDE, BESIDE = 14, 64  # free at both sides; how far a way back runs beside the way there
LINKS_DRAWN = 10
_NAME_MAX, _SPOKE_NAME_MAX = 20, 17


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


def short(name: str, most: int = _NAME_MAX) -> str:
    """A name that fits into a box of `most` letters; Han characters are twice as wide."""
    width, out = 0, ""
    for c in name:
        width += 2 if ord(c) > 0x2E80 else 1
        if width > most:
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
    plan = _Plan(level, rows, _places(rows))
    lines = {line.owner.id: line for line in view.lines}
    boxes = tuple(
        Box(
            x, y, short(case.graph.owners[party].name),
            "" if party == case.company else _percent(lines[party].effective),
            _look(party, view),
        )
        for party, (x, y) in plan.place.items()
    )  # fmt: skip
    arrows = _arrows(plan, [held for held in case.graph.holdings if {held.owner, held.company} <= plan.place.keys()])
    right = [x + BOX_WIDTH for x, _ in plan.place.values()] + [one.x + LETTER * len(one.text) for one in arrows]
    return Diagram(max(right) + SIDE, 16 + max(rows) * LEVEL + BOX_HEIGHT, boxes, arrows)


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where everything stands: each party's level, the parties of each row from left to right, upper left corners."""

    level: Mapping[str, int]
    rows: Mapping[int, Sequence[str]]
    place: Mapping[str, tuple[int, int]]

    def is_down(self, held: Holding) -> bool:
        """False for the way back of a ring."""
        return self.level[held.owner] > self.level[held.company]


def _arrows(plan: _Plan, holdings: Sequence[Holding]) -> tuple[Arrow, ...]:
    """One for each holding; those that leave or reach the same box stand apart, in the order of their other ends."""
    leave = _apart(plan, holdings, lambda held: held.owner, lambda held: held.company, 44)
    reach = _apart(plan, holdings, lambda held: held.company, lambda held: held.owner, 20)
    found = []
    for held in holdings:
        points = _route(plan, held, leave[held], reach[held])
        (x1, y1), (x2, y2) = points[:2]
        beside = (round(x1 * 0.62 + x2 * 0.38) + 6, round(y1 * 0.62 + y2 * 0.38) + 4)
        found.append(Arrow(_curve(points), *beside, _percent(held.share), held.control is not None))
    return tuple(found)


def _apart(
    plan: _Plan, holdings: Sequence[Holding], at: Callable[[Holding], str], other: Callable[[Holding], str], most: int
) -> dict[Holding, int]:
    """How far from the middle of its box each line meets it."""
    found = dict.fromkeys(holdings, 0)
    for party in plan.place:
        mine = [held for held in holdings if at(held) == party and plan.is_down(held)]
        mine.sort(key=lambda held: plan.place[other(held)][0])
        step = min(most, (BOX_WIDTH - 40) // max(1, len(mine)))
        found |= {held: round((n - (len(mine) - 1) / 2) * step) for n, held in enumerate(mine)}
    return found


def _places(rows: Mapping[int, Sequence[str]]) -> dict[str, tuple[int, int]]:
    """The upper left corner of each box: rows centred above each other, the company at the bottom."""
    width = max(len(parties) for parties in rows.values()) * (BOX_WIDTH + GAP) + GAP
    place: dict[str, tuple[int, int]] = {}
    for at, parties in rows.items():
        gap = (width - len(parties) * BOX_WIDTH) / (len(parties) + 1)
        for n, party in enumerate(parties):
            place[party] = (SIDE + round(gap + n * (BOX_WIDTH + gap)), 8 + (max(rows) - at) * LEVEL)
    return place


def _route(plan: _Plan, held: Holding, leave: int, reach: int) -> list[tuple[int, int]]:
    """Points from an owner down to what it owns; a way back up, or sideways, of a ring runs beside the way down."""
    (x1, y1), (x2, y2) = plan.place[held.owner], plan.place[held.company]
    here, there = plan.level[held.owner], plan.level[held.company]
    if here == there:
        right = x1 < x2
        start = (x1 + BOX_WIDTH if right else x1, y1 + BOX_HEIGHT // 2)
        return [start, (x2 if right else x2 + BOX_WIDTH, y2 + BOX_HEIGHT // 2)]
    down = here > there
    middle = BOX_WIDTH // 2 + (0 if down else BESIDE)
    points = [(x1 + middle + leave, y1 + BOX_HEIGHT if down else y1)]
    end = (x2 + middle + reach, y2 if down else y2 + BOX_HEIGHT)
    steps = range(here - 1, there, -1) if down else range(here + 1, there)
    for n, at in enumerate(steps, 1):
        row = [plan.place[party] for party in plan.rows[at]]
        x, top = _gap(points[0][0] + (end[0] - points[0][0]) * n / (len(steps) + 1), row), row[0][1]
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


def links_star(linked: Sequence[LinkedApplication], renamed: Collection[UUID] = ()) -> tuple[Spoke, ...]:
    """The nearest applications on an ellipse of 520 x 260 around its middle (260, 130), the first at the top;
    `renamed` are those of the same number under another name."""
    shown = sorted(linked, key=lambda one: (-len(one.kinds), one.reference or ""))[:LINKS_DRAWN]
    spokes = []
    for n, one in enumerate(shown):
        angle = 2 * math.pi * n / max(1, len(shown)) - math.pi / 2
        spokes.append(
            Spoke(
                round(260 + 185 * math.cos(angle)), round(130 + 92 * math.sin(angle)), short(one.name, _SPOKE_NAME_MAX),
                tuple(sorted(one.kinds, key=list(TraceKind).index)), one.same_person and one.id not in renamed,
            )
        )  # fmt: skip
    return tuple(spokes)
