"""The terms of a scorecard: points, grades, cut-off, baseline and the ranking of reasons. Shared by all kinds of card.

Points are affine in the log-odds (Siddiqi, Intelligent Credit Scoring, 2nd ed., ch. 10): `base_score` at `base_odds`
goods per bad, and `pdo` more points for every doubling of the odds. A printed number of points is a whole number of
ticks (a tick is one point, or a tenth of one), and the score is the sum of what is printed: ticks are added, never
rounded again. The grade is read from that sum, so rounding cannot move it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import sub
from typing import Any, NamedTuple

import numpy as np

from core.domain.errors import ModelUnavailable
from scoring.domain.columns import ColumnType, Feature
from scoring.domain.scale import Scale

FORMAT = "promissory-card/1"
REASONS_MAX = 4  # Regulation B, comment 9(b)(2)-1: more than four reasons is not likely to be helpful


@dataclass(frozen=True, slots=True)
class Grade:
    """A band of scores: `ticks_min` is the least score in it (None for the last), `pd_max` the PD it was set by."""

    name: str
    pd_max: float | None
    ticks_min: int | None


def grades_from_bands(bands: Sequence[tuple[str, float | None]], scale: Scale) -> tuple[Grade, ...]:
    """Bands of PD, best first, as bands of score. Raises ValueError unless the PDs rise and only the last is open."""
    limits = [limit for _, limit in bands]
    if not bands or limits[-1] is not None or any(limit is None for limit in limits[:-1]):
        raise ValueError("every grade but the last needs pd_max")
    closed = [limit for limit in limits if limit is not None]
    if closed != sorted(set(closed)) or any(not 0 < limit < 1 for limit in closed):
        raise ValueError("pd_max must rise from grade to grade and lie between 0 and 1")
    return tuple(Grade(n, p, None if p is None else scale.ticks(math.log(p / (1 - p)))) for n, p in bands)


@dataclass(frozen=True, slots=True)
class Baseline:
    """What an applicant is compared with: the mean contribution of each feature among the rows `method` describes.

    `ticks` per feature, `score` their sum with the base; `rows` counts the rows averaged.
    """

    method: str
    ticks: tuple[int, ...]
    score: int
    rows: int


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything about a card but its tables. `groups` holds positions of features; a group is named by its first."""

    kind: str
    segment: str
    scale: Scale
    slope: float
    intercept: float
    features: tuple[Feature, ...]
    groups: tuple[tuple[int, ...], ...]
    grades: tuple[Grade, ...]
    cutoff_pd: float
    baseline: Baseline

    @property
    def cutoff_ticks(self) -> int:
        """The least score that passes."""
        return self.scale.ticks(math.log(self.cutoff_pd / (1 - self.cutoff_pd)))

    @property
    def names(self) -> tuple[str, ...]:
        """The features in order."""
        return tuple(feature.name for feature in self.features)

    def grade_of(self, ticks: int) -> str:
        """The grade of a score."""
        for grade in self.grades:
            if grade.ticks_min is None or ticks >= grade.ticks_min:
                return grade.name
        raise AssertionError("the last grade is open")

    def pd_of_margin(self, margin: float) -> float:
        """The calibrated PD of a booster's margin."""
        return 1 / (1 + math.exp(-(self.intercept + self.slope * margin)))

    def base_ticks(self, bias: float) -> int:
        """The ticks everybody starts with."""
        return self.scale.ticks(self.intercept + self.slope * bias)

    def rank(self, ticks: Sequence[int]) -> tuple[tuple[int, int], ...]:
        """Reasons of one row as (position of a feature, ticks lost against the baseline), worst first, at most four.

        Groups are ranked by their sum, and each is named by the member that lost most. Only what lowered the score
        against the baseline; ties in the order of groups; never padded.
        """
        changes = list(map(sub, ticks, self.baseline.ticks))
        groups = self.groups
        if len(groups) == len(changes):  # every feature by itself, in order
            sums = changes
        else:
            sums = [changes[group[0]] if len(group) == 1 else sum([changes[at] for at in group]) for group in groups]
        found = []
        position, before = -1, 0
        for change in sorted(sums)[:REASONS_MAX]:
            if change >= 0:
                break
            position = sums.index(change, position + 1 if change == before else 0)
            before = change
            group = groups[position]
            worst = group[0] if len(group) == 1 else min(group, key=changes.__getitem__)
            found.append((worst, -change))
        return tuple(found)

    def rank_rows(self, ticks: np.ndarray) -> np.ndarray:
        """`rank` for many rows: `ticks` is (features, rows); gives (4, rows) positions of features, -1 for none."""
        rows = ticks.shape[1]
        changes = np.empty((len(self.groups), rows), dtype=np.int32)
        named: dict[int, np.ndarray] = {}
        base = np.asarray(self.baseline.ticks, dtype=np.int32)
        for position, group in enumerate(self.groups):
            np.subtract(ticks[group[0]], base[group[0]], out=changes[position], casting="unsafe")
            if len(group) > 1:
                members = np.asarray(group)
                own = ticks[members] - base[members][:, None]
                own.sum(axis=0, out=changes[position])
                named[position] = members[own.argmin(axis=0)]
        leaders = np.asarray([group[0] for group in self.groups], dtype=np.int16)
        ranked = np.full((REASONS_MAX, rows), -1, dtype=np.int16)
        everyone = np.arange(rows)
        for place in range(min(REASONS_MAX, len(self.groups))):
            worst = changes.argmin(axis=0)
            lowers = changes[worst, everyone] < 0
            feature = leaders[worst]
            for position, members in named.items():
                feature = np.where(worst == position, members, feature)
            ranked[place] = np.where(lowers, feature, -1)
            changes[worst, everyone] = 0
        return ranked

    def to_json(self) -> dict[str, Any]:
        """JSON-ready; `terms_from_json` reads it back exactly."""
        return {
            "format": FORMAT, "kind": self.kind, "segment": self.segment,
            "scale": {"pdo": self.scale.pdo, "base_score": self.scale.base_score, "base_odds": self.scale.base_odds,
                      "decimals": self.scale.decimals},
            "calibration": {"slope": self.slope, "intercept": self.intercept},
            "cutoff_pd": self.cutoff_pd,
            "grades": [{"name": g.name, "pd_max": g.pd_max, "ticks_min": g.ticks_min} for g in self.grades],
            "features": [
                {"name": f.name, "type": f.type.value, "mono": f.mono, "categories": list(f.categories),
                 "unit": f.unit, "description": f.description}
                | ({"missing_codes": list(f.missing_codes)} if f.missing_codes else {})
                for f in self.features
            ],
            "groups": [list(group) for group in self.groups],
            "baseline": {"method": self.baseline.method, "ticks": list(self.baseline.ticks),
                         "score": self.baseline.score, "rows": self.baseline.rows},
        }  # fmt: skip


def terms_from_json(raw: dict[str, Any]) -> Terms:
    """Reads what `to_json` wrote. Raises ModelUnavailable for anything else."""
    if raw.get("format") != FORMAT:
        raise ModelUnavailable(f"The card file says format {raw.get('format')!r}, this version reads {FORMAT!r}")
    try:
        base = raw["baseline"]
        return Terms(
            kind=raw["kind"],
            segment=raw["segment"],
            scale=Scale(**raw["scale"]),
            slope=raw["calibration"]["slope"],
            intercept=raw["calibration"]["intercept"],
            features=tuple(
                Feature(
                    f["name"],
                    ColumnType(f["type"]),
                    f["mono"],
                    tuple(f["categories"]),
                    f["unit"],
                    f["description"],
                    tuple(f.get("missing_codes", ())),
                )
                for f in raw["features"]
            ),
            groups=tuple(tuple(group) for group in raw["groups"]),
            grades=tuple(Grade(g["name"], g["pd_max"], g["ticks_min"]) for g in raw["grades"]),
            cutoff_pd=raw["cutoff_pd"],
            baseline=Baseline(base["method"], tuple(base["ticks"]), base["score"], base["rows"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ModelUnavailable(f"The card file is damaged ({type(error).__name__}: {error})") from error


class Scored(NamedTuple):
    """One scored row in ticks: `ticks` per feature without the base, `reasons` as Terms.rank gives them."""

    pd: float
    score: int
    grade: str
    ticks: tuple[int, ...]
    reasons: tuple[tuple[int, int], ...]
    cells: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ScoredRows:
    """Many scored rows: `ticks` is (features, rows), `reasons` (4, rows) with -1 for none."""

    pd: np.ndarray
    score: np.ndarray
    ticks: np.ndarray
    reasons: np.ndarray
