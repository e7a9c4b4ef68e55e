"""How demo borrowers pay: most on time, some late, some through a bad patch, a few not at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from random import Random


class Habit(StrEnum):
    """The kinds of payer a collector knows."""

    PUNCTUAL = "punctual"
    FORGETFUL = "forgetful"
    STRUGGLING = "struggling"
    DEFAULTING = "defaulting"


@dataclass(frozen=True, slots=True)
class Payer:
    """One borrower's habit; `trouble_at` is the instalment at which a bad patch begins, `seed` keeps it repeatable."""

    habit: Habit
    trouble_at: int
    patch_days: int
    seed: int

    @classmethod
    def drawn(cls, rng: Random, quality: float) -> Payer:
        """The habit follows the hidden quality, with luck beside it."""
        luck = quality + rng.gauss(0, 0.75)
        bands = ((-1.25, Habit.DEFAULTING), (-0.55, Habit.STRUGGLING), (0.25, Habit.FORGETFUL))
        habit = next((habit for limit, habit in bands if luck < limit), Habit.PUNCTUAL)
        return cls(habit, rng.randrange(2, 8), rng.randrange(20, 75), rng.randrange(2**30))

    def pays_on(self, number: int, due_on: date) -> date | None:
        """The day this borrower pays an instalment; None when never."""
        rng = Random(self.seed * 1000 + number)
        if self.habit is Habit.DEFAULTING and number >= self.trouble_at:
            return None
        if self.habit is Habit.STRUGGLING and self.trouble_at <= number < self.trouble_at + 2:
            return due_on + timedelta(days=self.patch_days)
        if self.habit is Habit.FORGETFUL and rng.random() < 0.3:
            return due_on + timedelta(days=rng.choice((2, 3, 4, 5, 8, 12)))
        return due_on - timedelta(days=rng.choice((0, 0, 0, 0, 1, 2)))
