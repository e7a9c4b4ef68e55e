"""What origination hands over to open a loan, and what it gets back."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from core.domain.money import Money
from repayment.domain.schedule_request import ScheduleRequest
from repayment.domain.terms import LoanTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanOpening:
    """A signed contract as the loan book needs it. A loan never knows its application.

    `request` is the contract's schedule; `product` its label for people by language (`{"en", "zh"}`),
    `product_version` an opaque name of the version it was made with, `others` co-borrowers and guarantors.
    """

    borrower_id: UUID
    segment: str
    product: dict[str, str]
    product_version: str
    request: ScheduleRequest
    terms: LoanTerms
    grade: str | None = None
    contract_reference: str | None = None
    others: tuple[tuple[UUID, str], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class LoanOpened:
    """The new loan, waiting for its disbursement."""

    loan_id: UUID
    reference: str
    principal: Money
    row_version: int
