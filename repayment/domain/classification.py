"""Five-class risk classification (China) and IFRS 9 stages, by dated policy.

Sources: Measures for the Risk Classification of Financial Assets of Commercial Banks (CBIRC/PBoC Order [2023] No. 1):
overdue is at least special mention, over 90 days substandard, over 270 doubtful, over 360 loss; restructured at least
special mention during an observation of a year. IFRS 9 5.5.11 (30 days) and B5.5.37 (90 days).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any


class RiskClass(StrEnum):
    """The five classes, best first."""

    NORMAL = "NORMAL"
    SPECIAL_MENTION = "SPECIAL_MENTION"
    SUBSTANDARD = "SUBSTANDARD"
    DOUBTFUL = "DOUBTFUL"
    LOSS = "LOSS"


CLASSES = tuple(RiskClass)


@dataclass(frozen=True, slots=True)
class ClassRules:
    """From `valid_from` on: a class needs more than so many days past due; stages likewise. Rates are provisions.

    `over_days` is ordered like the classes after NORMAL; `rates` and `stage_rates` are fractions of the exposure in
    millionths.
    """

    valid_from: date
    over_days: tuple[int, int, int, int]
    rates_millionths: tuple[int, int, int, int, int]
    stage_over_days: tuple[int, int]
    restructured_class: RiskClass = RiskClass.SPECIAL_MENTION
    observation_days: int = 365

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> ClassRules:
        """From one `[[classification]]` entry; rates as text fractions."""
        from decimal import Decimal

        classes = [name.value for name in RiskClass]
        return cls(
            valid_from=data["valid_from"],
            over_days=tuple(int(data["over_days"][name]) for name in classes[1:]),  # type: ignore[arg-type]
            rates_millionths=tuple(int(Decimal(data["provision"][name]) * 1_000_000) for name in classes),  # type: ignore[arg-type]
            stage_over_days=(int(data["stage_2_over_days"]), int(data["stage_3_over_days"])),
            observation_days=int(data.get("observation_days", 365)),
        )

    def class_of(self, dpd: int, restructured_on: date | None, today: date) -> RiskClass:
        """The class by days past due; a restructured loan is not better than `restructured_class` while observed."""
        place = sum(dpd > days for days in self.over_days)
        if restructured_on is not None and (today - restructured_on).days < self.observation_days:
            place = max(place, CLASSES.index(self.restructured_class))
        return CLASSES[place]

    def stage_of(self, dpd: int, restructured_on: date | None, today: date) -> int:
        """IFRS 9 stage 1, 2 or 3; a restructured loan under observation is at least stage 2."""
        stage = 1 + sum(dpd > days for days in self.stage_over_days)
        observed = restructured_on is not None and (today - restructured_on).days < self.observation_days
        return max(stage, 2) if observed else stage

    def provision_minor(self, risk_class: RiskClass, exposure_minor: int) -> int:
        """What to hold against the exposure, rounded up: a reserve is never short by a fraction."""
        rate = self.rates_millionths[CLASSES.index(risk_class)]
        return -(-exposure_minor * rate // 1_000_000)


def rules_on(rules: Sequence[ClassRules], day: date) -> ClassRules:
    """The rules in force on a day. ValueError when none is."""
    if len(rules) == 1 and rules[0].valid_from <= day:
        return rules[0]
    valid = [rule for rule in rules if rule.valid_from <= day]
    if not valid:
        raise ValueError(f"no classification rules are in force on {day}")
    return max(valid, key=lambda rule: rule.valid_from)
