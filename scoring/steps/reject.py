"""Reject inference by parcelling: refused applicants have no outcome, so one is assigned by their score band.

Siddiqi, Intelligent Credit Scoring, 2nd ed., ch. 8: score the rejects with the card of the accepted, and let each band
hold bads in the proportion its accepted rows show, times a factor of prudence, because who was refused was refused for
reasons the data do not hold. It is an assumption, so the figures without it are always shown beside those with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.domain.errors import InvalidInput
from core.domain.texts import Text
from scoring.domain.columns import Feature
from scoring.steps.fit import Columns
from scoring.steps.read_sample import read_sample

BANDS = 20


@dataclass(frozen=True)
class Parcelled:
    """Rejects with assigned outcomes, and the table that says how they were assigned."""

    columns: Columns
    bad: np.ndarray
    report: dict[str, Any]


def read_rejects(path: Path, features: tuple[Feature, ...]) -> Columns:
    """Encoded rejects by feature. Raises InvalidInput naming column and row."""
    sample = read_sample(path)
    for feature in features:
        if feature.name not in sample.columns:
            raise InvalidInput({feature.name: Text("The rejects have no column {name}", name=feature.name)})
    return sample.matrix(features)


def parcel(
    columns: Columns, log_odds: np.ndarray, known_log_odds: np.ndarray, known_bad: np.ndarray, *, factor: float,
    seed: int,
) -> Parcelled:  # fmt: skip
    """Assigns outcomes to rejects given by columns and calibrated log-odds, from accepted rows scored out of fold.

    Bands hold equal numbers of accepted rows; one too small for a rate of its own takes the mean PD. The outcome of a
    reject is drawn by seed.
    """
    cuts = np.unique(np.quantile(known_log_odds, np.linspace(0, 1, BANDS + 1)[1:-1]))
    known_band = np.searchsorted(cuts, known_log_odds, side="right")
    band = np.searchsorted(cuts, log_odds, side="right")
    rng = np.random.default_rng([seed, len(log_odds)])
    draw = rng.random(len(log_odds))
    bad = np.zeros(len(log_odds))
    table = []
    for at in range(len(cuts) + 1):
        mine, known = band == at, known_band == at
        bads, rows = float(known_bad[known].sum()), int(known.sum())
        # Beyond the riskiest accepted the band's rate would flatter: never below what the card itself says.
        rate = np.maximum((bads + 0.5) / (rows + 1.0), 1 / (1 + np.exp(-log_odds[mine])) if at == len(cuts) else 0.0)
        assigned = np.minimum(rate * factor, 1.0)
        bad[mine] = (draw[mine] < assigned).astype(float)
        table.append(
            {"accepted": rows, "accepted_bad_rate": bads / rows if rows else None, "rejects": int(mine.sum()),
             "rejects_bad_rate": float(bad[mine].mean()) if mine.any() else None}
        )  # fmt: skip
    report = {
        "method": "parcelling", "factor": factor, "rejects": len(bad),
        "rejects_bad_rate": float(bad.mean()) if len(bad) else None, "bands": table,
    }  # fmt: skip
    return Parcelled(columns, bad, report)
