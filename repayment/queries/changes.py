"""Changes of a loan: what was done, what waits for a second person, what a plan would need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core.db import Work
from core.domain.actor import Role
from core.domain.money import Money
from core.tables import PartyRow
from repayment.domain.allocation import Component
from repayment.domain.restructure import RestructurePlan, instalments_within
from repayment.domain.state import EventKind, LoanStatus
from repayment.queries.load_life import load_life
from repayment.tables import (
    ChangeProposalRow,
    DunningActionRow,
    HandOverRow,
    LoanEventRow,
    LoanHoldRow,
    LoanRow,
    PromiseRow,
)

_CHANGED = ("WAIVER", "RESTRUCTURE", "CHARGE_OFF", "SALE", "CREDIT_REFUND")


@dataclass(frozen=True, slots=True)
class ProposalView:
    """A proposal; `own` when the reader made it, `decidable` when the reader may decide it."""

    id: UUID
    loan_id: UUID
    reference: str
    borrower_name: str
    kind: EventKind
    amount: Money | None
    data: Mapping[str, Any]
    reason: str
    proposed_by: str
    proposed_at: datetime
    status: str
    decided_by: str | None
    decided_at: datetime | None
    decided_note: str | None
    own: bool
    decidable: bool


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A waiver, restructuring, charge-off, sale or refund that was booked."""

    id: UUID
    kind: EventKind
    value_on: date
    booked_on: date
    amount: Money
    data: Mapping[str, Any]
    actor_name: str
    reversed_on: date | None
    reverse_reason: str | None


def open_proposals(w: Work, loan_id: UUID | None = None) -> tuple[ProposalView, ...]:
    """Proposals that wait, oldest first; of one loan or of all."""
    query = _proposals().where(ChangeProposalRow.status == "OPEN")
    if loan_id is not None:
        query = query.where(ChangeProposalRow.loan_id == loan_id)
    rows = w.session.execute(query.order_by(ChangeProposalRow.proposed_at).limit(500))
    return tuple(_view(w, *row) for row in rows)


def decided_proposals(w: Work, *, limit: int = 20) -> tuple[ProposalView, ...]:
    """The latest decisions."""
    query = _proposals().where(ChangeProposalRow.status != "OPEN").order_by(ChangeProposalRow.decided_at.desc())
    return tuple(_view(w, *row) for row in w.session.execute(query.limit(limit)))


def proposal(w: Work, proposal_id: UUID) -> ProposalView:
    """One proposal. Raises NotFound."""
    w.get(ChangeProposalRow, proposal_id)
    row = w.session.execute(_proposals().where(ChangeProposalRow.id == proposal_id)).one()
    return _view(w, *row)


def _proposals() -> Any:
    return (
        select(ChangeProposalRow, LoanRow.reference, LoanRow.currency, PartyRow.name)
        .join(LoanRow, LoanRow.id == ChangeProposalRow.loan_id)
        .join(PartyRow, PartyRow.id == LoanRow.borrower_id)
    )


def _view(w: Work, row: ChangeProposalRow, reference: str, currency: str, name: str) -> ProposalView:
    own = row.proposed_by is not None and row.proposed_by == w.actor.id
    return ProposalView(
        row.id, row.loan_id, reference, name, EventKind(row.kind),
        None if row.minor is None else Money(row.minor, currency), row.data, row.reason, row.proposed_by_name,
        row.proposed_at, row.status, row.decided_by_name, row.decided_at, row.decided_note, own,
        row.status == "OPEN" and not own and w.actor.has(Role.APPROVER),
    )  # fmt: skip


def changes_of(w: Work, loan_id: UUID) -> tuple[ChangeView, ...]:
    """What was changed on a loan, latest first, reversed changes too."""
    loan = w.get(LoanRow, loan_id)
    query = select(LoanEventRow).where(LoanEventRow.loan_id == loan_id, LoanEventRow.kind.in_(_CHANGED))
    return tuple(
        ChangeView(
            row.id, EventKind(row.kind), row.value_on, row.booked_on, Money(row.minor, loan.currency), row.data,
            row.actor_name, row.voided_on, row.void_reason,
        )
        for row in w.session.scalars(query.order_by(LoanEventRow.value_on.desc(), LoanEventRow.seq.desc()))
    )  # fmt: skip


def waivable(w: Work, loan_id: UUID) -> dict[Component, Money]:
    """What is due of each component that may be waived."""
    loan = w.get(LoanRow, loan_id)
    life = load_life(w, loan)
    sums = dict.fromkeys((Component.FEES, Component.PENALTY, Component.INTEREST), 0)
    for line in life.oldest_first(w.today):
        for due in line.dues():
            if due.component in sums:
                sums[due.component] += due.minor
    return {component: Money(minor, loan.currency) for component, minor in sums.items()}


def rows_for_budget(w: Work, loan_id: UUID, plan: RestructurePlan, most: Money) -> int | None:
    """How many instalments a plan needs so that none exceeds what the borrower can pay; None when no number does."""
    life = load_life(w, w.get(LoanRow, loan_id))
    life.require(LoanStatus.ACTIVE)
    return instalments_within(life, plan, w.today, most)


@dataclass(frozen=True, slots=True)
class HandOverView:
    """A loan at lawyers or an agency."""

    id: UUID
    receiver: str
    reason: str
    handed_over_on: date
    actor_name: str
    amount: Money


def hand_over_of(w: Work, loan_id: UUID) -> HandOverView | None:
    """Where the loan is now, None when it is with us."""
    loan = w.get(LoanRow, loan_id)
    query = select(HandOverRow).where(HandOverRow.loan_id == loan_id, HandOverRow.taken_back_on.is_(None))
    row = w.session.scalars(query).first()
    if row is None:
        return None
    return HandOverView(
        row.id, row.receiver, row.reason, row.handed_over_on, row.actor_name, Money(row.minor, loan.currency)
    )


@dataclass(frozen=True, slots=True)
class Readiness:
    """What the books say about a hand-over: each point holds or does not."""

    late: bool
    reminded: bool
    no_hold: bool
    no_promise: bool
    contract: bool

    @property
    def ready(self) -> bool:
        """All points hold."""
        return all((self.late, self.reminded, self.no_hold, self.no_promise, self.contract))


def readiness(w: Work, loan_id: UUID) -> Readiness:
    """Whether a loan may be handed over: late, reminded in this episode, undisputed, no promise open, signed."""
    loan = w.get(LoanRow, loan_id)
    life = load_life(w, loan)
    reminded = select(DunningActionRow.id).where(
        DunningActionRow.loan_id == loan_id, DunningActionRow.dpd > 0,
        DunningActionRow.episode_on == (loan.arrears_since_on or date.max),
    )  # fmt: skip
    held = select(LoanHoldRow.id).where(
        LoanHoldRow.loan_id == loan_id, LoanHoldRow.released_on.is_(None),
        (LoanHoldRow.until_on.is_(None)) | (LoanHoldRow.until_on >= w.today),
    )  # fmt: skip
    promised = select(PromiseRow.id).where(PromiseRow.loan_id == loan_id, PromiseRow.status == "OPEN")
    charged_off = loan.status == LoanStatus.CHARGED_OFF.value
    return Readiness(
        late=charged_off or life.state.oldest_due_on(w.today) is not None,
        reminded=charged_off or w.session.scalars(reminded.limit(1)).first() is not None,
        no_hold=w.session.scalars(held.limit(1)).first() is None,
        no_promise=w.session.scalars(promised.limit(1)).first() is None,
        contract=loan.contract_reference is not None,
    )
