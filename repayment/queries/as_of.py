"""A loan as it was: at the end of a past day, with or without what was learned later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from core.db import Work
from core.domain.dates import ONE_DAY
from core.domain.errors import InvalidInput
from core.domain.money import Money
from core.domain.texts import Text
from repayment.domain.arrears import Bucket, bucket_of
from repayment.domain.classification import RiskClass
from repayment.domain.state import LoanStatus
from repayment.queries.beside import beside
from repayment.queries.load_life import load_events
from repayment.queries.loan_page import LineView, line_views
from repayment.queries.play_again import play_events
from repayment.tables import LoanRow


@dataclass(frozen=True, slots=True)
class LoanAsOf:
    """The end of the day `on` by value date, as known at the end of `known_on` (None: with all later corrections)."""

    loan_id: UUID
    on: date
    known_on: date | None
    status: LoanStatus
    principal: Money
    interest_accrued: Money
    overdue: Money
    credit: Money
    dpd: int
    bucket: Bucket
    risk_class: RiskClass | None
    lines: tuple[LineView, ...]


def loan_as_of(w: Work, loan_id: UUID, on: date, *, known_on: date | None = None) -> LoanAsOf:
    """The loan at the end of a past day. Raises NotFound, InvalidInput for a day not over or before disbursement."""
    loan = w.get(LoanRow, loan_id)
    if on >= w.today:
        raise InvalidInput({"on": Text("Choose a day that is closed: before {today}", today=w.today)})
    if loan.disbursed_on is None or on < loan.disbursed_on:
        raise InvalidInput({"on": Text("The loan was not paid out by then")})
    events = [event for event in load_events(w, loan_id, known_on=known_on) if event.value_on <= on]
    played = play_events(w, loan, events, on)
    state = played.life.state
    snapshot = played.days[-1] if played.days and played.days[-1].day_on == on else None
    dpd = snapshot.dpd if snapshot else 0

    def money(minor: int) -> Money:
        return Money(minor, loan.currency)

    return LoanAsOf(
        loan_id, on, known_on, state.status, money(state.principal_out + state.charged_off),
        money(sum(line.receivable(on) for line in state.lines)), money(state.overdue_minor(on)), money(state.credit),
        dpd, bucket_of(dpd), snapshot.risk_class if snapshot else None,
        line_views(state.lines, loan.currency, on + ONE_DAY, beside(played.life.postings, loan.disbursed_on)),
    )  # fmt: skip
