"""The smallest believable changes that reach the cut-off and pass the rules.

Of an additive card the search over its cells is exact: the points of a change do not depend on the others, so the
cheapest combination of up to three changes is found among all of them. Of a deep card, where they do, a bounded number
of combinations is scored. Either way a change leads to the value nearest to the present one, and what is told has been
scored again with the changed facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from typing import Any

import numpy as np

from core.domain.money import Money, exponent
from scoring.domain.additive import AdditiveCard
from scoring.domain.columns import Feature
from scoring.domain.deep import DeepCard
from scoring.domain.trees import Grid

CHANGES_MAX = 3
DEEP_OPTIONS = 8  # per feature of a deep card
DEEP_TRIPLES_OF = 4  # features of a deep card that are tried three at a time: those that gain most alone
GRID = 8  # further values tried in each direction when rules must pass too
TRIES_MAX = 400  # questions to the rules per number of changes
KEPT = 60  # candidates of one combination of features that are looked at, cheapest first
Facts = Mapping[str, Any]


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
    """One feature's move; `gain` in points: what it adds by itself."""

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
    """A feature's new value: `cell` in its grid (-1 for a fact the card does not look at), `gain` in ticks alone."""

    value: Any
    cell: int
    gain: int
    cost: float


_Candidate = tuple[float, tuple[str, ...], tuple[_Option, ...]]


def _always(_facts: Facts) -> bool:
    return True


def find_changes(
    card: AdditiveCard | DeepCard, facts: Facts, bounds: Sequence[Bound], *, limit: int = 3,
    passes: Callable[[Facts], bool] = _always,
) -> tuple[Counterfactual, ...]:  # fmt: skip
    """Up to `limit` sets of changes reaching the cut-off, fewest first, then by the sum of relative moves.

    `passes` says whether the changed facts also pass the lender's rules; a bound may name a fact that only the rules
    look at. Empty when the facts reach and pass already, or nothing within the bounds does. No set contains another
    that suffices. The texts are the caller's: features are named by their facts, values come in the type they have.
    """
    terms = card.terms
    now = card.score(facts)
    wanted = terms.cutoff_ticks - now.score
    ruled = passes is not _always
    if wanted <= 0 and (not ruled or passes(facts)):
        return ()
    options = _all_options(card, facts, bounds, now.ticks, now.cells, ruled=ruled)
    found: list[Counterfactual] = []
    enough: list[frozenset[str]] = []
    for size in range(1, CHANGES_MAX + 1):
        tries = 0
        candidates = _candidates(card, options, size, wanted, now.cells, ruled=ruled)
        for _, names, chosen in sorted(candidates, key=lambda item: (item[0], item[1])):
            if tries >= TRIES_MAX or any(smaller <= set(names) for smaller in enough):
                continue
            changed = dict(facts) | {name: option.value for name, option in zip(names, chosen, strict=True)}
            again = card.score(changed)
            if again.score < terms.cutoff_ticks:
                continue
            tries += 1
            if passes(changed):
                enough.append(frozenset(names))
                found.append(_told(card, facts, names, chosen, again.score))
                if len(found) == limit:
                    return tuple(found)
    return tuple(found)


def _told(
    card: AdditiveCard | DeepCard, facts: Facts, names: tuple[str, ...], chosen: tuple[_Option, ...], score: int
) -> Counterfactual:
    shown = card.terms.scale.points
    changes = tuple(
        Change(name, facts.get(name), option.value, shown(option.gain))
        for name, option in zip(names, chosen, strict=True)
    )
    return Counterfactual(changes, shown(score))


def _candidates(
    card: AdditiveCard | DeepCard, options: Mapping[str, Sequence[_Option]], size: int, wanted: int,
    cells: Sequence[int], *, ruled: bool,
) -> Iterator[_Candidate]:  # fmt: skip
    """The cheapest combinations of `size` features' options that gain enough: one of each set of features, several
    when rules may refuse the first."""
    names = sorted(options)
    if isinstance(card, DeepCard) and size == CHANGES_MAX:
        names = sorted(sorted(names, key=lambda n: -max(o.gain for o in options[n]))[:DEEP_TRIPLES_OF])
    for combination in combinations(names, size):
        parts = [options[name] for name in combination]
        cost = _sums([np.array([option.cost for option in part]) for part in parts])
        if isinstance(card, DeepCard):
            gain = _deep_gains(card, combination, parts, cells)
        else:
            gain = _sums([np.array([option.gain for option in part]) for part in parts])
        feasible = np.flatnonzero(gain >= wanted)
        best = feasible[np.argsort(cost[feasible], kind="stable")][: KEPT if ruled else 1]
        shape = tuple(len(part) for part in parts)
        for at in best:
            places = np.unravel_index(at, shape)
            yield (
                float(cost[at]), combination, tuple(part[int(i)] for part, i in zip(parts, places, strict=True))
            )  # fmt: skip


def _sums(parts: Sequence[np.ndarray]) -> np.ndarray:
    """The sums of one element of each, for every choice, flattened."""
    total = parts[0]
    for part in parts[1:]:
        total = (total[:, None] + part[None, :]).ravel()
    return total


def _deep_gains(
    card: DeepCard, names: Sequence[str], parts: Sequence[Sequence[_Option]], cells: Sequence[int]
) -> np.ndarray:
    """Ticks gained by every choice of one option each, scored together."""
    places = np.meshgrid(*[np.arange(len(part)) for part in parts], indexing="ij")
    size = places[0].size
    matrix = np.repeat(np.asarray(cells, dtype=np.int32)[:, None], size + 1, axis=1)  # the last column is as it is now
    for name, part, place in zip(names, parts, places, strict=True):
        if part[0].cell >= 0:
            found = np.array([option.cell for option in part], dtype=np.int32)
            matrix[card.terms.names.index(name), :size] = found[place.ravel()]
    score = card.score_cells(matrix)
    return score[:size] - score[size]


def _all_options(
    card: AdditiveCard | DeepCard, facts: Facts, bounds: Sequence[Bound], ticks: Sequence[int], cells: Sequence[int], *,
    ruled: bool,
) -> dict[str, list[_Option]]:  # fmt: skip
    found: dict[str, list[_Option]] = {}
    for bound in bounds:
        if bound.feature in card.terms.names:
            at = card.terms.names.index(bound.feature)
            feature, grid = card.terms.features[at], _grid(card, at)
            values = _values(feature, grid, facts.get(bound.feature), bound, ruled=ruled)
            priced = _priced(card, at, values, ticks, cells)
            kept = priced if ruled else _frontier(priced)
            if isinstance(card, DeepCard):
                kept = _thinned(kept)
        else:
            kept = [_Option(value, -1, 0, cost) for value, cost in _outside(facts, bound)] if ruled else []
        if kept:
            found[bound.feature] = kept
    return found


def _grid(card: AdditiveCard | DeepCard, at: int) -> Grid:
    return card.shap.grids[at] if isinstance(card, DeepCard) else card.tables[at].grid


def _priced(
    card: AdditiveCard | DeepCard, at: int, values: Sequence[tuple[Any, int, float]], ticks: Sequence[int],
    cells: Sequence[int],
) -> list[_Option]:  # fmt: skip
    """The options of one feature with what each gains alone, cheapest first."""
    if not values:
        return []
    wanted = [cell for _, cell, _ in values]
    if isinstance(card, DeepCard):
        matrix = np.repeat(np.asarray(cells, dtype=np.int32)[:, None], len(values) + 1, axis=1)
        matrix[at, :-1] = wanted
        score = card.score_cells(matrix)
        gains = (score[:-1] - score[-1]).tolist()
    else:
        gains = [card.tables[at].ticks[cell] - ticks[at] for cell in wanted]
    found = [_Option(value, cell, gain, cost) for (value, cell, cost), gain in zip(values, gains, strict=True)]
    return sorted(found, key=lambda option: (option.cost, -option.gain, str(option.value)))


def _frontier(options: Sequence[_Option]) -> list[_Option]:
    """Only options that gain more than every cheaper one: a cheapest sufficient set never needs the others."""
    kept: list[_Option] = []
    for option in options:
        if option.gain > (kept[-1].gain if kept else 0):
            kept.append(option)
    return kept


def _thinned(options: Sequence[_Option]) -> list[_Option]:
    """At most eight, evenly over the costs, and always the one that gains most."""
    if len(options) <= DEEP_OPTIONS:
        return list(options)
    places = set(np.linspace(0, len(options) - 1, DEEP_OPTIONS - 1).round().astype(int).tolist())
    places.add(max(range(len(options)), key=lambda at: options[at].gain))
    return [options[at] for at in sorted(places)]


def _values(feature: Feature, grid: Grid, fact: Any, bound: Bound, *, ruled: bool) -> list[tuple[Any, int, float]]:
    """(value, cell, cost) the feature may take: the nearest value of every other cell, or the choices allowed.

    With rules to pass, also values further off, because the nearest one may be refused.
    """
    current = feature.encode(fact)
    if feature.is_category:
        codes = [(label, int(feature.encode(label))) for label in bound.choices]
        return [(label, code, 1.0) for label, code in codes if code != current]
    if np.isnan(current):
        return []  # nobody can be told to change what is unknown
    nearest = (_nearest(grid.edges, cell, current, bound) for cell in range(grid.cells - 1))
    values = [value for value in nearest if value is not None and value != current]
    if ruled:
        values = sorted({*values, *_ladder(current, bound)})
    where = np.searchsorted(np.asarray(grid.edges), values, side="right").tolist() if values else []
    return [(_typed(fact, value), cell, _cost(current, value)) for value, cell in zip(values, where, strict=True)]


def _outside(facts: Facts, bound: Bound) -> list[tuple[Any, float]]:
    """Values of a fact the card does not look at."""
    fact = facts.get(bound.feature)
    if bound.choices:
        return [(choice, 1.0) for choice in bound.choices if choice != fact]
    current = _number(fact)
    if current is None:
        return []
    return [(_typed(fact, value), _cost(current, value)) for value in _ladder(current, bound)]


def _ladder(current: float, bound: Bound) -> list[float]:
    """Some values from the present one to either bound, on the steps of the bound."""
    found = set()
    for end in (bound.low, bound.high):
        if np.isfinite(end):
            for value in np.linspace(current, end, GRID + 1)[1:]:
                snapped = float(np.round(value / bound.step) * bound.step)
                if bound.low <= snapped <= bound.high and snapped != current:
                    found.add(snapped)
    return sorted(found)


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


def _number(fact: Any) -> float | None:
    if isinstance(fact, Money):
        return float(fact.minor / 10 ** exponent(fact.currency))
    if isinstance(fact, int | float | Decimal) and not isinstance(fact, bool):
        return float(fact)
    return None


def _typed(like: Any, value: float) -> Any:
    """The value in the type the fact has."""
    if isinstance(like, Money):
        return Money(round(Decimal(str(value)) * 10 ** exponent(like.currency)), like.currency)
    if isinstance(like, Decimal):
        return Decimal(str(value))
    return int(value) if isinstance(like, int) and value == int(value) else value
