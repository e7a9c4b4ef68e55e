"""Where boxes and lines of small diagrams go: owners above their company, applications around the one looked at."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from origination.domain.ownership import OwnerKind
from origination.domain.traces import LinkedApplication, TraceKind
from origination.queries.ownership import OwnershipView

BOX_WIDTH, BOX_HEIGHT, GAP, LEVEL = 168, 46, 16, 104
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
    """From the lower edge of an owner to the upper edge of what it owns, with its share in the middle."""

    x1: int
    y1: int
    x2: int
    y2: int
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
    deepest = max(rows)
    widest = max(len(parties) for parties in rows.values())
    width = widest * (BOX_WIDTH + GAP) + GAP
    place: dict[str, tuple[int, int]] = {}
    for at, parties in rows.items():
        free = width - len(parties) * BOX_WIDTH
        gap = free / (len(parties) + 1)
        for n, party in enumerate(parties):
            place[party] = (round(gap + n * (BOX_WIDTH + gap)), 8 + (deepest - at) * LEVEL)
    lines = {line.owner.id: line for line in view.lines}
    boxes = tuple(
        Box(
            x, y, short(case.graph.owners[party].name),
            "" if party == case.company else _percent(lines[party].effective),
            _look(party, view),
        )
        for party, (x, y) in place.items()
    )  # fmt: skip
    arrows = tuple(
        Arrow(
            place[h.owner][0] + BOX_WIDTH // 2, place[h.owner][1] + BOX_HEIGHT,
            place[h.company][0] + BOX_WIDTH // 2, place[h.company][1],
            _percent(h.share), h.control is not None,
        )
        for h in case.graph.holdings
        if h.owner in place and h.company in place
    )  # fmt: skip
    return Diagram(width, 16 + deepest * LEVEL + BOX_HEIGHT, boxes, arrows)


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
