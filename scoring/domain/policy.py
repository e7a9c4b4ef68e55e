"""The lender's choices for scores, read from `scoring/policy.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from core.domain.actor import Role
from scoring.domain.scale import Scale

BASELINES = ("near_cutoff", "approved", "population")


@dataclass(frozen=True, slots=True)
class WatchLimits:
    """From where on a figure is an alert, and whose: `owner` is a role. Shares and falls are fractions of one."""

    days: int = 90
    owner: str = "risk_manager"
    missing_rise: float = 0.05
    approval_shift: float = 0.10
    overrides_max: float = 0.10
    auc_fall: float = 0.05
    impact_ratio_min: float = 0.80
    fairer_tolerance: float = 0.005


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
    limits: WatchLimits = WatchLimits()

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
            limits=_limits(watch),
        )
        if policy.baseline not in BASELINES:
            raise ValueError(f"reasons.baseline is {policy.baseline!r}; use one of {', '.join(BASELINES)}")
        if not 0 < policy.correlated <= 1:
            raise ValueError("reasons.correlated must lie between 0 and 1")
        if any(not 0 < pd < 1 for pd in policy.cutoff_pd.values()):
            raise ValueError("cutoff_pd must lie between 0 and 1")
        return policy


def _limits(watch: Mapping[str, Any]) -> WatchLimits:
    """The limits as the lender set them; what a policy of an older release does not name keeps its usual value."""
    usual = WatchLimits()
    found = WatchLimits(
        days=int(watch.get("days", usual.days)),
        owner=str(watch.get("owner", usual.owner)),
        missing_rise=float(watch.get("missing_rise", usual.missing_rise)),
        approval_shift=float(watch.get("approval_shift", usual.approval_shift)),
        overrides_max=float(watch.get("overrides_max", usual.overrides_max)),
        auc_fall=float(watch.get("auc_fall", usual.auc_fall)),
        impact_ratio_min=float(watch.get("impact_ratio_min", usual.impact_ratio_min)),
        fairer_tolerance=float(watch.get("fairer_tolerance", usual.fairer_tolerance)),
    )
    if found.days < 1:
        raise ValueError("monitoring.days must be 1 or more")
    if found.owner not in set(Role):
        raise ValueError(f"monitoring.owner is {found.owner!r}; use a role")
    return found


POLICIES = (ScoringPolicy,)
