"""Interest by the day, exact to the cent over any number of days.

Cumulative rounding: what has accrued up to a day is worked out from the start of the period and cut to the whole
minor unit; a day's entry is the difference to the day before. So the entries of a period add up to the schedule's
interest, whatever its length, and no day depends on how often the close ran.
"""

from __future__ import annotations

from datetime import date

MILLION = 1_000_000


def accrued_through(interest_minor: int, base_minor: int, accrue_from: date, due_on: date, through: date | None) -> int:
    """Interest of one period accrued when the night after `through` is over.

    `base_minor` had accrued before `accrue_from`; the rest runs evenly to `due_on`, where all of it has accrued.
    `through` None is before any close.
    """
    if through is None:
        return base_minor if accrue_from < due_on else interest_minor
    nights = through.toordinal() + 1 - accrue_from.toordinal()
    length = due_on.toordinal() - accrue_from.toordinal()
    if nights >= length:
        return interest_minor
    if nights <= 0:
        return base_minor
    return base_minor + (interest_minor - base_minor) * nights // length


def penalty_night(overdue_minor: int, rate_millionths: int, days_per_year: int, rest: int) -> tuple[int, int]:
    """Whole minor units of penalty interest for one night, and the remainder carried to the next.

    The remainder is in units of 1 / (10^6 x days_per_year) of a minor unit, so nothing is lost or gained over time.
    """
    return divmod(overdue_minor * rate_millionths + rest, MILLION * days_per_year)
