"""The diagram of the owners: nothing overlaps, and no line runs through the box of somebody else."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from origination.domain.ownership import (
    THRESHOLDS,
    Holding,
    Owner,
    OwnerKind,
    OwnershipGraph,
    cycles,
    effective_shares,
)
from origination.queries.ownership import OwnerLine, OwnershipCase, OwnershipView
from origination.web.drawing import BOX_HEIGHT, BOX_WIDTH, owners_diagram

SHAPES = {
    "a chain beside a direct share": ["Anna 15 FIRM", "HOLD 40 FIRM", "OTHER 45 FIRM", "Anna 60 HOLD", "Bob 40 HOLD",
                                      "TRUST 80 OTHER", "Carla 100 TRUST", "Dora 20 OTHER"],
    "a ring of two": ["Erik 40 FIRM", "X 60 FIRM", "Y 50 X", "Frida 50 X", "X 50 Y", "Gerd 50 Y"],
    "a ring through the company": ["MOTHER 100 FIRM", "FIRM 30 MOTHER", "Hanna 70 MOTHER"],
    "many small ones": [f"P{n}x 10 FIRM" for n in range(9)],
    "a long chain": ["A 100 FIRM", "B 100 A", "C 100 B", "D 100 C", "Eva 100 D", "Eva 0 FIRM"],
}  # fmt: skip


def drawn(lines: list[str]):
    owners, holdings = {}, []
    for line in lines:
        owner, percent, company = line.split()
        for name in (owner, company):
            owners[name] = Owner(name, name, OwnerKind.COMPANY if name.isupper() else OwnerKind.PERSON)
        holdings.append(Holding(owner, company, Decimal(percent) / 100))
    graph = OwnershipGraph(owners, tuple(holdings))
    shares = effective_shares(graph, "FIRM")
    listed = tuple(
        OwnerLine(one, shares.get(key, Decimal(0)), None, None, in_ring=False)
        for key, one in owners.items()
        if key != "FIRM"
    )
    case = OwnershipCase("FIRM", graph, "EU", THRESHOLDS["EU"], ())
    return owners_diagram(OwnershipView(case, listed, tuple(cycles(graph)), Decimal(0))), holdings


def points(path: str) -> list[tuple[float, float]]:
    """Places along a path of moves, lines and cubic curves."""
    found: list[tuple[float, float]] = []
    for kind, numbers in re.findall(r"([MLC])([^MLC]+)", path):
        values = [float(one) for one in numbers.split()]
        if kind != "C":
            found.append((values[0], values[1]))
            continue
        (x0, y0), (x1, y1, x2, y2, x3, y3) = found[-1], values
        for step in range(1, 21):
            t = step / 20
            a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
            found.append((a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3))
    return found


@pytest.mark.parametrize("shape", SHAPES)
def test_boxes_stand_apart_and_lines_pass_between_them(shape):
    diagram, holdings = drawn(SHAPES[shape])
    assert len(diagram.arrows) == len(holdings)
    for at, one in enumerate(diagram.boxes):
        assert 0 <= one.x <= diagram.width - BOX_WIDTH
        assert 0 <= one.y <= diagram.height - BOX_HEIGHT
        for other in diagram.boxes[at + 1 :]:
            assert abs(one.x - other.x) > BOX_WIDTH or abs(one.y - other.y) > BOX_HEIGHT
    for arrow, holding in zip(diagram.arrows, holdings, strict=True):
        for x, y in points(arrow.path):
            assert 0 <= x <= diagram.width
            through = [
                box.name for box in diagram.boxes
                if box.x + 1 < x < box.x + BOX_WIDTH - 1 and box.y + 1 < y < box.y + BOX_HEIGHT - 1
            ]  # fmt: skip
            assert not through, f"{holding.owner} to {holding.company} runs through {through}"
