"""Tables of the loan book. The ledger is append-only by trigger, see its `info`; core.schema makes the trigger."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import HasId, Row


class LoanRow(HasId, Row):
    """One loan: its frozen terms, and the sums that are not an instalment's."""

    __tablename__ = "loan"
    reference: Mapped[str] = mapped_column(String(20), unique=True)
    borrower_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"), index=True)
    segment: Mapped[str] = mapped_column(String(20))
    product: Mapped[dict[str, str]] = mapped_column(JSONB)
    product_version: Mapped[str] = mapped_column(String(80))
    grade: Mapped[str | None] = mapped_column(String(10))
    contract_reference: Mapped[str | None] = mapped_column(String(40))
    currency: Mapped[str] = mapped_column(String(3))
    principal_minor: Mapped[int]
    first_request: Mapped[dict[str, Any]] = mapped_column(JSONB)
    request: Mapped[dict[str, Any]] = mapped_column(JSONB)
    rows_before: Mapped[int] = mapped_column(default=0)
    terms: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[str] = mapped_column(String(20))
    opened_on: Mapped[date]
    disbursed_on: Mapped[date | None] = mapped_column(index=True)
    closed_on: Mapped[date | None]
    last_closed_on: Mapped[date | None]
    schedule_id: Mapped[UUID | None]
    principal_lent_minor: Mapped[int] = mapped_column(default=0)
    principal_out_minor: Mapped[int] = mapped_column(default=0)
    credit_minor: Mapped[int] = mapped_column(default=0)
    charged_minor: Mapped[int] = mapped_column(default=0)
    allowance_minor: Mapped[int] = mapped_column(default=0)
    charged_off_minor: Mapped[int] = mapped_column(default=0)
    arrears_since_on: Mapped[date | None]
    non_accrual: Mapped[bool] = mapped_column(default=False)
    restructured_on: Mapped[date | None]
    handed_over_on: Mapped[date | None]
    paid_on: Mapped[date | None]
    row_version: Mapped[int] = mapped_column(default=1)
    __table_args__ = (
        Index("ix_loan_active", "id", postgresql_where=text("status = 'ACTIVE'")),
        CheckConstraint("credit_minor >= 0", name="credit"),
        # Every close updates every active loan: narrow rows with room beside them, the JSON moved out of the way.
        {"postgresql_with": {"fillfactor": 60, "toast_tuple_target": 128}},
    )


class LoanPartyRow(Row):
    """Co-borrowers and guarantors."""

    __tablename__ = "loan_party"
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"), primary_key=True)
    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(20))


class LoanScheduleRow(HasId, Row):
    """One version of a loan's schedule; exactly one is active, the others stay readable."""

    __tablename__ = "loan_schedule"
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"), index=True)
    version: Mapped[int]
    reason: Mapped[str] = mapped_column(String(40))
    effective_on: Mapped[date]
    booked_on: Mapped[date]
    made_at: Mapped[datetime]
    event_id: Mapped[UUID | None]
    is_active: Mapped[bool]
    request: Mapped[dict[str, Any]] = mapped_column(JSONB)
    __table_args__ = (
        UniqueConstraint("loan_id", "version"),
        Index("uq_loan_schedule_active", "loan_id", unique=True, postgresql_where=text("is_active")),
    )


class InstalmentRow(Row):
    """One instalment of one version: what it asks for, and what was paid while the version was active."""

    __tablename__ = "instalment"
    schedule_id: Mapped[UUID] = mapped_column(ForeignKey("loan_schedule.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    loan_id: Mapped[UUID]
    starts_on: Mapped[date]
    due_on: Mapped[date]
    principal_minor: Mapped[int]
    interest_minor: Mapped[int]
    fee_minor: Mapped[int]
    accrue_from: Mapped[date]
    accrue_base_minor: Mapped[int]
    capitalised_minor: Mapped[int]
    principal_paid_minor: Mapped[int]
    interest_paid_minor: Mapped[int]
    fee_paid_minor: Mapped[int]
    late_fee_minor: Mapped[int]
    late_fee_paid_minor: Mapped[int]
    late_charged: Mapped[bool]
    penalty_minor: Mapped[int]
    penalty_paid_minor: Mapped[int]
    penalty_rest: Mapped[int]
    settled: Mapped[bool]
    __table_args__ = (
        Index("ix_instalment_open", "schedule_id", "starts_on", postgresql_where=text("NOT settled")),
        Index("ix_instalment_due", "due_on", postgresql_where=text("NOT settled")),
        CheckConstraint("principal_paid_minor <= principal_minor", name="principal_paid"),
        CheckConstraint("interest_paid_minor <= interest_minor", name="interest_paid"),
        {"postgresql_with": {"fillfactor": 70}},
    )


class LoanEventRow(HasId, Row):
    """What was done to a loan, by value date. Money received has a channel and a payer; what it was used for is in the
    ledger, whose entries name the event. Voiding takes an event out of the loan's life from a booking day on."""

    __tablename__ = "loan_event"
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"))
    seq: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    value_on: Mapped[date]
    booked_on: Mapped[date]
    recorded_at: Mapped[datetime]
    minor: Mapped[int]
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    actor_name: Mapped[str] = mapped_column(String(200))
    channel: Mapped[str | None] = mapped_column(String(40))
    payer: Mapped[str | None] = mapped_column(String(200))
    voided_on: Mapped[date | None]
    void_reason: Mapped[str | None] = mapped_column(String(400))
    __table_args__ = (UniqueConstraint("loan_id", "seq"), Index("ix_loan_event_booked_on", "booked_on"))


class LedgerEntryRow(Row):
    """Append-only double entry. `effective_on` is the value date, `booked_on` the business date it was posted on."""

    __tablename__ = "ledger_entry"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"))
    effective_on: Mapped[date]
    booked_on: Mapped[date]
    recorded_at: Mapped[datetime]
    code: Mapped[str] = mapped_column(String(30))
    debit: Mapped[str] = mapped_column(String(30))
    credit: Mapped[str] = mapped_column(String(30))
    minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    line: Mapped[int]
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"))
    event_id: Mapped[UUID | None]
    __table_args__ = (
        Index("ix_ledger_entry_loan", "loan_id", "effective_on"),
        Index("ix_ledger_entry_booked_on", "booked_on"),
        Index("uq_ledger_entry_reverses", "reverses_id", unique=True, postgresql_where=text("reverses_id IS NOT NULL")),
        CheckConstraint("minor > 0", name="minor"),
        CheckConstraint("debit <> credit", name="two_accounts"),
        {"info": {"append_only": True}},
    )


class PromiseRow(HasId, Row):
    """A borrower's dated commitment; kept or broken is found by the payments themselves."""

    __tablename__ = "promise"
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"), index=True)
    made_on: Mapped[date]
    due_on: Mapped[date]
    minor: Mapped[int]
    status: Mapped[str] = mapped_column(String(10))  # OPEN, KEPT, BROKEN, CANCELLED
    actor_name: Mapped[str] = mapped_column(String(200))
    recorded_at: Mapped[datetime]


class LoanHoldRow(HasId, Row):
    """A dispute, hardship, moratorium or wish not to be contacted: stops dunning at once."""

    __tablename__ = "loan_hold"
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    released_on: Mapped[date | None]
    reason: Mapped[str] = mapped_column(String(400))
    actor_name: Mapped[str] = mapped_column(String(200))
    recorded_at: Mapped[datetime]


class ChangeProposalRow(HasId, Row):
    """A change of a loan that somebody proposes and another person decides: waiver, restructuring, charge-off, sale,
    refund. `data` is what the event will carry; `event_id` the event once it is booked."""

    __tablename__ = "change_proposal"
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"))
    kind: Mapped[str] = mapped_column(String(20))
    minor: Mapped[int | None]
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    reason: Mapped[str] = mapped_column(String(400))
    proposed_by: Mapped[UUID | None]
    proposed_by_name: Mapped[str] = mapped_column(String(200))
    proposed_on: Mapped[date]
    proposed_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(10), index=True)  # OPEN, APPROVED, REFUSED, WITHDRAWN
    decided_by_name: Mapped[str | None] = mapped_column(String(200))
    decided_at: Mapped[datetime | None]
    decided_note: Mapped[str | None] = mapped_column(String(400))
    event_id: Mapped[UUID | None]
    __table_args__ = (
        Index("ix_change_proposal_loan", "loan_id"),
        Index("uq_change_proposal_open", "loan_id", "kind", unique=True, postgresql_where=text("status = 'OPEN'")),
    )


class HandOverRow(HasId, Row):
    """A loan given to lawyers or an agency: to whom, what was checked before, and when it came back."""

    __tablename__ = "hand_over"
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"), index=True)
    receiver: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(400))
    checks: Mapped[list[str]] = mapped_column(JSONB)
    minor: Mapped[int]
    handed_over_on: Mapped[date]
    taken_back_on: Mapped[date | None]
    actor_name: Mapped[str] = mapped_column(String(200))
    recorded_at: Mapped[datetime]
    __table_args__ = (
        Index("uq_hand_over_open", "loan_id", unique=True, postgresql_where=text("taken_back_on IS NULL")),
    )


class ContactRecordRow(HasId, Row):
    """A contact with a borrower: a call, a visit, a message by hand."""

    __tablename__ = "contact_record"
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"), index=True)
    contacted_on: Mapped[date]
    contacted_at: Mapped[datetime]
    channel: Mapped[str] = mapped_column(String(20))
    outcome: Mapped[str] = mapped_column(String(40))
    note: Mapped[str] = mapped_column(String(2000))
    next_step_on: Mapped[date | None]
    actor_name: Mapped[str] = mapped_column(String(200))


class DunningActionRow(HasId, Row):
    """One stage of the ladder, once per loan and episode."""

    __tablename__ = "dunning_action"
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"))
    episode_on: Mapped[date]
    stage: Mapped[str] = mapped_column(String(40))
    acted_on: Mapped[date]
    recorded_at: Mapped[datetime]
    dpd: Mapped[int]
    minor: Mapped[int]
    channels: Mapped[list[str]] = mapped_column(JSONB)
    __table_args__ = (
        UniqueConstraint("loan_id", "episode_on", "stage"),
        Index("ix_dunning_action_acted_on", "acted_on"),
    )


class LoanDayRow(Row):
    """A loan at the end of a day; rebuilt at will from events."""

    __tablename__ = "loan_day"
    day_on: Mapped[date] = mapped_column(primary_key=True)
    loan_id: Mapped[UUID] = mapped_column(primary_key=True)
    dpd: Mapped[int]
    bucket: Mapped[str] = mapped_column(String(8))
    principal_minor: Mapped[int]
    interest_minor: Mapped[int]
    overdue_minor: Mapped[int]
    risk_class: Mapped[str] = mapped_column(String(20))
    stage: Mapped[int]
    __table_args__ = (Index("ix_loan_day_loan", "loan_id", "day_on"),)


class CloseExceptionRow(HasId, Row):
    """A loan that could not be closed; tried again at every close until it works."""

    __tablename__ = "close_exception"
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"), index=True)
    day_on: Mapped[date]
    error: Mapped[str]
    trace: Mapped[str]
    recorded_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]


class DayCloseRow(Row):
    """One closed business date with its control totals."""

    __tablename__ = "day_close"
    day_on: Mapped[date] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    loans: Mapped[int]
    entries: Mapped[int]
    notices: Mapped[int]
    exceptions: Mapped[int]
