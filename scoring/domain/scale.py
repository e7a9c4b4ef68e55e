"""Points: affine in the log-odds, printed in whole ticks. Needs no numpy until arrays are turned into ticks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Scale:
    """How log-odds become points. `decimals` is 0 or 1."""

    pdo: float = 20.0
    base_score: float = 600.0
    base_odds: float = 50.0
    decimals: int = 1

    def __post_init__(self) -> None:
        if not (self.pdo > 0 and self.base_odds > 0 and self.decimals in (0, 1)):
            raise ValueError("pdo and base_odds must be positive, decimals 0 or 1")

    @property
    def tick(self) -> int:
        """Ticks in one point."""
        return int(10**self.decimals)

    @property
    def factor(self) -> float:
        """Points per unit of log-odds."""
        return self.pdo / math.log(2)

    def ticks(self, log_odds: float) -> int:
        """Ticks of a whole log-odds of being bad."""
        return round((self.base_score - self.factor * (math.log(self.base_odds) + log_odds)) * self.tick)

    def ticks_of_part(self, log_odds: Any) -> Any:
        """Ticks of a contribution to the log-odds (array or number), without the offset."""
        import numpy as np

        return np.rint(np.asarray(log_odds) * (-self.factor * self.tick)).astype(np.int64)

    def points(self, ticks: int) -> Decimal:
        """Ticks as printed points."""
        return Decimal(int(ticks)).scaleb(-self.decimals)
