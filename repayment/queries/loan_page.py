"""Everything a loan's page shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from core.db import Work
from core.domain.money import Money
from repayment.domain.allocation import Component
from repayment.domain.dunning import DunningPolicies
from repayment.domain.settlement import Settlement, quote
from repayment.domain.state import EventKind, Line, LoanStatus
from repayment.domain.terms import LoanTerms
from repayment.queries.beside import Beside, beside_of
from repayment.queries.load_life import load_life
from repayment.queries.loans import LoanSummary, loan_summary
from repayment.tables import (
    ContactRecordRow,
    DunningActionRow,
    LoanEventRow,
    LoanHoldRow,
    LoanRow,
    LoanScheduleRow,
    PromiseRow,
)


class LineStatus(StrEnum):
    """How an instalment stands."""

    PAID = "PAID"
    PART_PAID = "PART_PAID"
    DUE = "DUE"
    OVERDUE = "OVERDUE"
    COMING = "COMING"
    NOTHING = "NOTHING"  # it asks for nothing (any more): a new schedule took over what was open


@dataclass(frozen=True, slots=True)
class LineView:
    """One instalment. `charges` are late fee and penalty interest, `open` what is still to pay.

    `balance` is the principal left after it, had every instalment been paid on its day.
    """

    number: int
    starts_on: date
    due_on: date
    principal: Money
    interest: Money
    fee: Money
    charges: Money
    total: Money
    paid: Money
    waived: Money
    open: Money
    balance: Money
    status: LineStatus


@dataclass(frozen=True, slots=True)
class PaymentView:
    """Money received and what it was used for."""

    id: UUID
    kind: EventKind
    value_on: date
    booked_on: date
    amount: Money
    fees: Money
    penalty: Money
    interest: Money
    principal: Money
    credit: Money
    channel: str
    payer: str
    actor_name: str
    reversed_on: date | None
    reverse_reason: str | None


@dataclass(frozen=True, slots=True)
class VersionView:
    """One version of the schedule."""

    id: UUID
    version: int
    reason: str
    effective_on: date
    booked_on: date
    is_active: bool


@dataclass(frozen=True, slots=True)
class PromiseView:
    """A promise to pay: OPEN, KEPT, BROKEN or CANCELLED."""

    id: UUID
    made_on: date
    due_on: date
    amount: Money
    status: str
    actor_name: str


@dataclass(frozen=True, slots=True)
class HoldView:
    """A hold; it stands until `released_on` or the end of `until_on`."""

    id: UUID
    kind: str
    from_on: date
    until_on: date | None
    released_on: date | None
    reason: str
    actor_name: str


@dataclass(frozen=True, slots=True)
class ContactView:
    """One contact."""

    id: UUID
    contacted_on: date
    contacted_at: datetime
    channel: str
    outcome: str
    note: str
    next_step_on: date | None
    actor_name: str


@dataclass(frozen=True, slots=True)
class ReminderView:
    """A stage of the ladder that was acted on."""

    id: UUID
    stage: str
    episode_on: date
    acted_on: date
    dpd: int
    amount: Money
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LoanPage:
    """A loan with all that belongs to it, as of the open business date."""

    summary: LoanSummary
    terms: LoanTerms
    rate_annual: Decimal | None
    amortization: str
    lines: tuple[LineView, ...]
    payments: tuple[PaymentView, ...]
    versions: tuple[VersionView, ...]
    promises: tuple[PromiseView, ...]
    holds: tuple[HoldView, ...]
    contacts: tuple[ContactView, ...]
    reminders: tuple[ReminderView, ...]
    credit: Money
    charges: Money
    risk_class: str | None
    restructured_on: date | None
    non_accrual: bool
    contacts_recent: int
    contacts_max: int
    contract_reference: str | None
    product_version: str
    row_version: int


def loan_page(w: Work, loan_id: UUID) -> LoanPage:
    """The page's whole content. Raises NotFound."""
    summary = loan_summary(w, loan_id)
    loan = w.get(LoanRow, loan_id)
    life = load_life(w, loan)
    policy = w.policy(DunningPolicies).named(life.terms.dunning_policy)
    reminders = _rows(w, DunningActionRow, loan_id, DunningActionRow.recorded_at.desc())
    contacts = _rows(w, ContactRecordRow, loan_id, ContactRecordRow.contacted_at.desc())
    recent = sum(
        (w.today - row.contacted_on).days < policy.contacts_days for row in contacts if row.channel != "incoming"
    )
    recent += sum(len(row.channels) for row in reminders if (w.today - row.acted_on).days < policy.contacts_days)
    risk_class = w.session.scalar(
        text("SELECT risk_class FROM loan_day WHERE loan_id = :id ORDER BY day_on DESC LIMIT 1"), {"id": loan_id}
    )
    return LoanPage(
        summary=summary, terms=life.terms, rate_annual=life.request.rate_annual,
        amortization=life.request.amortization.value,
        lines=line_views(life.state.lines, loan.currency, w.today, beside_of(w, loan)),
        payments=payments_of(w, loan), versions=_versions(w, loan_id),
        promises=_promises(w, loan), holds=_holds(w, loan_id), contacts=_contacts(contacts),
        reminders=_reminders(reminders, loan.currency),
        credit=Money(loan.credit_minor, loan.currency), charges=Money(loan.charged_minor, loan.currency),
        risk_class=risk_class, restructured_on=loan.restructured_on, non_accrual=loan.non_accrual,
        contacts_recent=recent, contacts_max=policy.contacts_max, contract_reference=loan.contract_reference,
        product_version=loan.product_version, row_version=loan.row_version,
    )  # fmt: skip


def _rows(w: Work, row_class: Any, loan_id: UUID, order: Any) -> tuple[Any, ...]:
    return tuple(w.session.scalars(select(row_class).where(row_class.loan_id == loan_id).order_by(order)))


def _promises(w: Work, loan: LoanRow) -> tuple[PromiseView, ...]:
    return tuple(
        PromiseView(row.id, row.made_on, row.due_on, Money(row.minor, loan.currency), row.status, row.actor_name)
        for row in _rows(w, PromiseRow, loan.id, PromiseRow.recorded_at.desc())
    )


def _holds(w: Work, loan_id: UUID) -> tuple[HoldView, ...]:
    return tuple(
        HoldView(row.id, row.kind, row.from_on, row.until_on, row.released_on, row.reason, row.actor_name)
        for row in _rows(w, LoanHoldRow, loan_id, LoanHoldRow.recorded_at.desc())
    )


def _contacts(rows: tuple[ContactRecordRow, ...]) -> tuple[ContactView, ...]:
    return tuple(
        ContactView(
            row.id, row.contacted_on, row.contacted_at, row.channel, row.outcome, row.note, row.next_step_on,
            row.actor_name,
        )
        for row in rows
    )  # fmt: skip


def _reminders(rows: tuple[DunningActionRow, ...], currency: str) -> tuple[ReminderView, ...]:
    return tuple(
        ReminderView(
            row.id, row.stage, row.episode_on, row.acted_on, row.dpd, Money(row.minor, currency), tuple(row.channels)
        )
        for row in rows
    )


def line_views(lines: list[Line], currency: str, today: date, beside: Beside) -> tuple[LineView, ...]:
    """Instalments as pages show them."""
    left, views = sum(line.principal - line.capitalised for line in lines), []

    def money(minor: int) -> Money:
        return Money(minor, currency)

    for line in lines:
        charges = line.late_fee + line.penalty
        total = line.principal + line.interest + line.fee + charges
        waived = beside.waived.get(line.number, 0)
        left -= line.principal - line.capitalised
        views.append(
            LineView(
                line.number, line.starts_on, line.due_on, money(line.principal), money(line.interest),
                money(line.fee), money(charges), money(total), money(total - line.open_minor - waived), money(waived),
                money(line.open_minor), money(left - beside.moved_from(line.due_on)), _status(line, total, today),
            )
        )  # fmt: skip
    return tuple(views)


def _status(line: Line, total: int, today: date) -> LineStatus:
    if line.settled:
        return LineStatus.PAID if total else LineStatus.NOTHING
    if line.due_on < today:
        return LineStatus.OVERDUE
    if line.due_on == today:
        return LineStatus.DUE
    return LineStatus.PART_PAID if line.open_minor < total else LineStatus.COMING


_USED = text(
    """
    SELECT event_id, credit, sum(CASE WHEN reverses_id IS NULL THEN minor ELSE 0 END)
           - sum(CASE WHEN undone THEN minor ELSE 0 END) AS minor
    FROM (
        SELECT e.*, EXISTS (SELECT 1 FROM ledger_entry r WHERE r.reverses_id = e.id) AS undone FROM ledger_entry e
        WHERE e.loan_id = :loan AND e.event_id IS NOT NULL AND e.reverses_id IS NULL
          AND e.code IN ('PAYMENT', 'PREPAYMENT', 'PREPAYMENT_FEE', 'SETTLEMENT', 'RECOVERY')
          AND e.debit IN ('cash', 'borrower_credit')
    ) x GROUP BY event_id, credit
    """
)
_COMPONENT = {
    "principal": Component.PRINCIPAL, "interest_receivable": Component.INTEREST, "interest_income": Component.INTEREST,
    "penalty_receivable": Component.PENALTY, "penalty_income": Component.PENALTY, "fee_receivable": Component.FEES,
    "fee_income": Component.FEES, "recovery_income": Component.PRINCIPAL,
}  # fmt: skip


def payments_of(w: Work, loan: LoanRow) -> tuple[PaymentView, ...]:
    """Money received, latest first, with its present use; a reversed payment is used for nothing."""
    used: dict[UUID, dict[Component, int]] = {}
    for event_id, credit, minor in w.session.execute(_USED, {"loan": loan.id}):
        component = _COMPONENT.get(credit)
        if component is not None:
            by = used.setdefault(event_id, {})
            by[component] = by.get(component, 0) + int(minor)
    query = select(LoanEventRow).where(LoanEventRow.loan_id == loan.id, LoanEventRow.channel.is_not(None))
    rows = w.session.scalars(query.order_by(LoanEventRow.value_on.desc(), LoanEventRow.seq.desc()))
    return tuple(_payment(row, used.get(row.id, {}), loan.currency) for row in rows)


def _payment(row: LoanEventRow, used: dict[Component, int], currency: str) -> PaymentView:
    parts = {component: Money(used.get(component, 0), currency) for component in Component}
    rest = 0 if row.voided_on is not None else row.minor - sum(used.values())
    return PaymentView(
        id=row.id, kind=EventKind(row.kind), value_on=row.value_on, booked_on=row.booked_on,
        amount=Money(row.minor, currency), fees=parts[Component.FEES], penalty=parts[Component.PENALTY],
        interest=parts[Component.INTEREST], principal=parts[Component.PRINCIPAL], credit=Money(max(0, rest), currency),
        channel=row.channel or "", payer=row.payer or "", actor_name=row.actor_name, reversed_on=row.voided_on,
        reverse_reason=row.void_reason,
    )  # fmt: skip


def _versions(w: Work, loan_id: UUID) -> tuple[VersionView, ...]:
    query = select(LoanScheduleRow).where(LoanScheduleRow.loan_id == loan_id).order_by(LoanScheduleRow.version)
    return tuple(
        VersionView(row.id, row.version, row.reason, row.effective_on, row.booked_on, row.is_active)
        for row in w.session.scalars(query)
    )


@dataclass(frozen=True, slots=True)
class EventView:
    """One thing that was done to the loan."""

    id: UUID
    kind: EventKind
    value_on: date
    booked_on: date
    recorded_at: datetime
    amount: Money
    actor_name: str
    reversed_on: date | None


def loan_events(w: Work, loan_id: UUID) -> tuple[EventView, ...]:
    """Everything that was done to the loan, latest first."""
    loan = w.get(LoanRow, loan_id)
    query = select(LoanEventRow).where(LoanEventRow.loan_id == loan_id).order_by(LoanEventRow.seq.desc())
    return tuple(
        EventView(
            row.id, EventKind(row.kind), row.value_on, row.booked_on, row.recorded_at,
            Money(row.minor, loan.currency), row.actor_name, row.voided_on,
        )
        for row in w.session.scalars(query)
    )  # fmt: skip


def settlement(w: Work, loan_id: UUID, on: date) -> Settlement:
    """What closes the loan on a day from today up to a year ahead. Raises NotFound, InvalidInput, LoanClosed."""
    life = load_life(w, w.get(LoanRow, loan_id))
    life.require(LoanStatus.ACTIVE)
    return quote(life, on, w.today)
