"""The waterfall: in which order a payment covers what is due.

Sources: China Civil Code art. 561 (costs, interest, principal). The order is data and printed in the contract.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Component(StrEnum):
    """What a due amount consists of."""

    FEES = "fees"
    PENALTY = "penalty"
    INTEREST = "interest"
    PRINCIPAL = "principal"


class Direction(StrEnum):
    """HORIZONTAL pays the oldest instalment completely, then the next; VERTICAL pays one component of all, oldest
    first, then the next component."""

    HORIZONTAL = "horizontal"
    VERTICAL = "vertical"


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Order of the components and direction. Raises ValueError unless every component is named once."""

    order: tuple[Component, ...] = (Component.FEES, Component.PENALTY, Component.INTEREST, Component.PRINCIPAL)
    direction: Direction = Direction.HORIZONTAL

    def __post_init__(self) -> None:
        if sorted(self.order) != sorted(Component):
            raise ValueError(f"a waterfall names each of {', '.join(Component)} once")


class Due(NamedTuple):
    """One open sum: the instalment's number, the component, minor units."""

    line: int
    component: Component
    minor: int


def allocate(minor: int, dues: Iterable[Due], waterfall: Waterfall) -> tuple[list[Due], int]:
    """Spreads `minor` over the dues, given oldest instalment first. Returns the parts paid and what is left over.

    The parts and the rest add up to `minor`; no part exceeds its due.
    """
    left, parts = minor, []
    for due in ordered(list(dues), waterfall):
        if left <= 0:
            break
        paid = min(left, due.minor)
        if paid > 0:
            parts.append(Due(due.line, due.component, paid))
            left -= paid
    return parts, left


def ordered(dues: Sequence[Due], waterfall: Waterfall) -> list[Due]:
    """The dues in the order they are paid; the order of instalments is that of `dues`."""
    rank = {component: place for place, component in enumerate(waterfall.order)}
    if waterfall.direction is Direction.VERTICAL:
        return sorted(dues, key=lambda due: rank[due.component])  # sorted is stable: oldest first within each
    age: dict[int, int] = {}
    for due in dues:
        age.setdefault(due.line, len(age))
    return sorted(dues, key=lambda due: (age[due.line], rank[due.component]))
