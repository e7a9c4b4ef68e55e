"""The smallest believable changes that reach the cut-off: exact search over the cells of an additive card.

Each option moves one feature to another cell, at the value of that cell nearest to the present one. Combinations of up
to three features are tried, fewest and smallest changes first, and each is scored again before it is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations, product
from typing import Any

import numpy as np

from scoring.domain.additive import AdditiveCard
from scoring.domain.columns import Feature

CHANGES_MAX = 3
OPTIONS_MAX = 6  # per feature: the nearest cells that gain anything


@dataclass(frozen=True, slots=True)
class Bound:
    """What a feature may believably become: between `low` and `high` in steps of `step`, or one of `choices`."""

    feature: str
    low: float = -np.inf
    high: float = np.inf
    step: float = 1.0
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One feature's move; `gain` in points."""

    feature: str
    before: Any
    after: Any
    gain: Decimal


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """Changes that together reach the cut-off, and the points they lead to."""

    changes: tuple[Change, ...]
    points: Decimal


@dataclass(frozen=True, slots=True)
class _Option:
    position: int
    value: Any
    gain: int
    cost: float


def find_changes(
    card: AdditiveCard, facts: Mapping[str, Any], bounds: Sequence[Bound], *, limit: int = 3,
    passes: Callable[[Mapping[str, Any]], bool] = lambda _facts: True,
) -> tuple[Counterfactual, ...]:  # fmt: skip
    """Up to `limit` sets of changes reaching the cut-off, fewest first; empty when the score passes already or none do.

    `passes` says whether the changed facts also pass the lender's rules. No set contains another that suffices.
    """
    terms = card.terms
    now = card.score(facts)
    wanted = terms.cutoff_ticks - now.score
    if wanted <= 0:
        return ()
    options = {b.feature: _options(card, facts, b, now.ticks) for b in bounds if b.feature in terms.names}
    options = {name: found for name, found in options.items() if found}
    found: list[Counterfactual] = []
    enough: list[frozenset[str]] = []
    for size in range(1, CHANGES_MAX + 1):
        sets = []
        for names in combinations(sorted(options), size):
            if any(smaller <= set(names) for smaller in enough):
                continue
            sets += [
                (sum(option.cost for option in chosen), names, chosen)
                for chosen in product(*(options[name] for name in names))
                if sum(option.gain for option in chosen) >= wanted
            ]
        for _, names, chosen in sorted(sets, key=lambda item: (item[0], item[1])):
            if any(smaller <= set(names) for smaller in enough):
                continue
            changed = dict(facts) | {name: option.value for name, option in zip(names, chosen, strict=True)}
            again = card.score(changed)
            if again.score >= terms.cutoff_ticks and passes(changed):
                enough.append(frozenset(names))
                found.append(_told(card, facts, names, chosen, again.score))
                if len(found) == limit:
                    return tuple(found)
    return tuple(found)


def _told(
    card: AdditiveCard, facts: Mapping[str, Any], names: tuple[str, ...], chosen: tuple[_Option, ...], score: int
) -> Counterfactual:
    shown = card.terms.scale.points
    changes = tuple(
        Change(name, facts.get(name), option.value, shown(option.gain))
        for name, option in zip(names, chosen, strict=True)
    )
    return Counterfactual(changes, shown(score))


def _options(card: AdditiveCard, facts: Mapping[str, Any], bound: Bound, ticks: Sequence[int]) -> list[_Option]:
    position = card.terms.names.index(bound.feature)
    feature, table = card.terms.features[position], card.tables[position]
    current = feature.encode(facts.get(bound.feature))
    found = []
    if feature.is_category:
        for label in bound.choices:
            code = int(feature.encode(label))
            gain = table.ticks[code] - ticks[position]
            if gain > 0:
                found.append(_Option(position, label, gain, 1.0))
        return sorted(found, key=lambda option: (-option.gain, str(option.value)))[:OPTIONS_MAX]
    if np.isnan(current):
        return []
    for cell in range(table.grid.cells - 1):
        gain = table.ticks[cell] - ticks[position]
        value = _nearest(table.grid.edges, cell, current, bound)
        if gain > 0 and value is not None:
            found.append(_Option(position, _typed(feature, facts[bound.feature], value), gain, _cost(current, value)))
    found.sort(key=lambda option: (option.cost, -option.gain))
    return found[:OPTIONS_MAX]


def _nearest(edges: Sequence[float], cell: int, current: float, bound: Bound) -> float | None:
    """The allowed value of the cell nearest to the current one, None when there is none."""
    low = max(bound.low, edges[cell - 1] if cell else -np.inf)
    high = min(bound.high, edges[cell] if cell < len(edges) else np.inf)
    if current < low:
        value = np.ceil(low / bound.step) * bound.step
    else:
        value = np.floor(min(current, high) / bound.step) * bound.step
        if cell < len(edges) and value >= edges[cell]:
            value -= bound.step
    inside = (cell == 0 or value >= edges[cell - 1]) and (cell == len(edges) or value < edges[cell])
    return float(value) if inside and bound.low <= value <= bound.high else None


def _cost(current: float, value: float) -> float:
    return abs(value - current) / max(abs(current), 1.0)


def _typed(feature: Feature, like: Any, value: float) -> Any:  # noqa: ARG001
    """The value in the type the fact has."""
    if isinstance(like, Decimal):
        return Decimal(str(value))
    return int(value) if isinstance(like, int) else value
