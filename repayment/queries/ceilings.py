"""A new agreement on a running loan held against the legal ceilings of cost."""

from __future__ import annotations

from fractions import Fraction

from core.db import Work
from repayment.domain.caps import CapPolicy
from repayment.domain.life import Life
from repayment.domain.schedule import build_schedule
from repayment.domain.schedule_dates import rate_ratio
from repayment.domain.schedule_request import ScheduleRequest


def check_new_rate(w: Work, before: ScheduleRequest, life: Life) -> None:
    """Raises InvalidInput when a restructuring of today raised the rate and its schedule costs more than a ceiling
    allows. `before` is the schedule that was in force, `life` what the restructuring made of the loan.

    An agreement at the old rate or below is a concession, whatever became law since the loan was made.
    """
    if Fraction(*rate_ratio(life.request)) <= Fraction(*rate_ratio(before)):
        return
    terms = life.terms
    ceilings = w.policy(CapPolicy).ceilings(terms.jurisdiction, terms.lender_type, w.today)
    ceilings.require(build_schedule(life.request), "annual_rate")
