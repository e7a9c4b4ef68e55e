"""The most that the score of a listed name can be, from which words have a partner: person.py, but never less.


Works on many listed names at once: rows are words of the query, columns are names.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from origination.domain.screening import lexicon
from origination.domain.screening.words import PARTS_OF_NAMES, Role, Word

Floats = NDArray[np.float32]
# What the bound may differ by from the score: rounding; weights of very short words and of words written together.
_SLACK, _SLACK_OF_WEIGHTS = 0.004, 0.03
_CONFLICT, _EXTRA, _EXTRA_COMMON = 1.4, 0.2, 0.52
_ITSELF, _INITIAL_AGREES = 0.995, 0.5
_SHORT = 2


def is_half(word: Word) -> bool:
    """`Abd`, `Din`: half a name."""
    return word.text in PARTS_OF_NAMES or word.native in PARTS_OF_NAMES


@dataclass(frozen=True)
class Fits:
    """Which words of a query have partners in which listed names.

    `best` is the likeness of each word's best partner (0 for none), `joins` how many listed words were used up by
    being written together, `answered` how many listed words can have a partner, at most. `times` says how often each
    word stands in the query.
    """

    solid: list[Word]
    times: tuple[int, ...]
    best: Floats
    joins: Floats
    answered: Floats

    @cached_property
    def hit(self) -> NDArray[np.bool_]:
        """Words with a partner."""
        return np.asarray(self.best > 0)

    @cached_property
    def pairs(self) -> Floats:
        """How many pairs there can be at most: several words may be like one and the same listed word."""
        hits = self.hit.sum(axis=0)
        return np.asarray(hits if self._repeats else np.minimum(hits, self.answered), dtype=np.float32)

    @property
    def _repeats(self) -> bool:
        return max(self.times, default=1) > 1

    @cached_property
    def over(self) -> Floats:
        """Words with a partner that some other word must have."""
        return np.asarray(self.hit.sum(axis=0) - self.pairs, dtype=np.float32)

    def slack(self) -> Floats:
        """What to add to the bound for what it does not know."""
        if any(len(word.text) <= _SHORT and not word.native for word in self.solid):
            return np.full(self.joins.size, _SLACK_OF_WEIGHTS, dtype=np.float32)
        return np.where(self.joins > 0, _SLACK_OF_WEIGHTS, _SLACK).astype(np.float32)

    def bound(self, names: Floats, fathers: Floats, full: Floats, by_own: Floats, by_listed: Floats) -> Floats:
        """The bound for listed names with so many names, patronymics and whole names.

        `by_own` and `by_listed` count the words without partner that initials may stand for: each costs less.
        """
        is_father = np.array([word.role is Role.PATRONYMIC for word in self.solid], dtype=bool)
        half = np.array([is_half(word) for word in self.solid], dtype=bool)
        # Half a name counts in full where it agrees with something else than itself: `Abdul` with Aboud.
        weights = np.where(half[:, None] & (self.best >= _ITSELF), 0.5, 1.0) * np.array(self.times)[:, None]
        agreed, matched = self._agreed(weights)
        times = np.array(self.times)
        counted = self.hit * times[:, None]
        fathers_hit = counted[is_father].sum(axis=0)
        over = np.maximum(0, self.over - fathers_hit)
        names_hit = counted[~is_father].sum(axis=0) - over
        left_names, left_fathers = times[~is_father].sum() - names_hit, times[is_father].sum() - fathers_hit
        other_names = np.maximum(0, names - names_hit - self.joins)
        other_fathers = np.maximum(0, fathers - fathers_hit)
        absorbed = by_own + by_listed
        left_names, left_fathers = (np.maximum(0, left - by_listed) for left in (left_names, left_fathers))
        other_names, other_fathers = (np.maximum(0, other - by_own) for other in (other_names, other_fathers))
        conflicts = np.minimum(left_names, other_names) + np.minimum(left_fathers, other_fathers)
        surplus = np.abs(left_names - other_names) * ((left_names > other_names) | (self.joins == 0))
        common = np.array([_is_common(word) for word in self.solid], dtype=bool)
        few = (not self._repeats) & (self.pairs <= 2) & (self.hit[~common].sum(axis=0) == 0) & (absorbed == 0)
        cost = _CONFLICT * conflicts + np.where(few, _EXTRA_COMMON, _EXTRA) * surplus
        gain = _INITIAL_AGREES * absorbed
        bound = np.asarray((agreed + gain) / (matched + gain + cost), dtype=np.float32)
        whole = (counted * (weights >= 1.0)).sum(axis=0)
        shared = (whole if self._repeats else np.minimum(whole, self.answered)) + absorbed + self.joins
        # One shared word is not a person, unless both names have only one.
        bound[(shared < 2) & (np.maximum(full, (~half).sum()) > 1)] = 0.0
        return bound

    def _agreed(self, weights: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The likeness and the weight of all pairs, without the least alike of words that cannot all have a partner."""
        worth = weights * self.best
        agreed, matched = worth.sum(axis=0), (weights * self.hit).sum(axis=0)
        crowded = np.flatnonzero(self.over > 0)
        if crowded.size:
            least = np.sort(np.where(self.hit[:, crowded], worth[:, crowded], np.inf), axis=0)
            sums = np.cumsum(np.vstack([np.zeros(crowded.size), least]), axis=0)
            gone = self.over[crowded].astype(np.int64)
            agreed[crowded] -= sums[gone, np.arange(crowded.size)]
            matched[crowded] = np.maximum(0.5, matched[crowded] - gone)
        return agreed, matched


def _is_common(word: Word) -> bool:
    return (word.native or word.text) in lexicon.commonest()
