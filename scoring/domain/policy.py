"""The lender's choices for scores, read from `scoring/policy.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from scoring.domain.scale import Scale

BASELINES = ("near_cutoff", "approved", "population")


@dataclass(frozen=True, slots=True)
class ScoringPolicy:
    """Scale, bands of PD best first, cut-off per segment, baseline of reasons, and what monitoring watches."""

    STAGE: ClassVar[str] = "scoring"

    scale: Scale
    bands: tuple[tuple[str, float | None], ...]
    cutoff_pd: Mapping[str, float]
    baseline: str
    correlated: float
    bad_dpd: int
    window_months: int
    psi_warning: float
    psi_alert: float

    @classmethod
    def from_toml(cls, data: dict[str, Any]) -> ScoringPolicy:
        """Reads the tables. Raises KeyError, TypeError or ValueError for what is missing or out of range."""
        scale, reasons, watch = data["scale"], data["reasons"], data["monitoring"]
        policy = cls(
            scale=Scale(
                float(scale["pdo"]), float(scale["base_score"]), float(scale["base_odds"]), int(scale["decimals"])
            ),
            bands=tuple((str(band["name"]), band.get("pd_max")) for band in data["grade"]),
            cutoff_pd={name: float(values["cutoff_pd"]) for name, values in data["segment"].items()},
            baseline=str(reasons["baseline"]),
            correlated=float(reasons["correlated"]),
            bad_dpd=int(watch["bad_dpd"]),
            window_months=int(watch["window_months"]),
            psi_warning=float(watch["psi_warning"]),
            psi_alert=float(watch["psi_alert"]),
        )
        if policy.baseline not in BASELINES:
            raise ValueError(f"reasons.baseline is {policy.baseline!r}; use one of {', '.join(BASELINES)}")
        if not 0 < policy.correlated <= 1:
            raise ValueError("reasons.correlated must lie between 0 and 1")
        if any(not 0 < pd < 1 for pd in policy.cutoff_pd.values()):
            raise ValueError("cutoff_pd must lie between 0 and 1")
        return policy


POLICIES = (ScoringPolicy,)
