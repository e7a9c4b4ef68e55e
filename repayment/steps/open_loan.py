"""A signed contract becomes a loan that waits for its disbursement."""

from __future__ import annotations

from core import audit
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import InvalidInput
from core.domain.ids import uuid7
from core.domain.texts import Text
from core.references import next_reference
from core.tables import PartyRow
from repayment.domain.opening import LoanOpened, LoanOpening
from repayment.domain.plain import to_plain
from repayment.domain.schedule import build_schedule
from repayment.domain.state import LoanStatus
from repayment.tables import LoanPartyRow, LoanRow


def open_loan(w: Work, opening: LoanOpening) -> LoanOpened:
    """Books the loan as PENDING with its reference; nothing is posted before the disbursement.

    Raises NotFound for an unknown borrower, InvalidInput when the schedule cannot be built or currencies differ.
    """
    w.actor.require(Role.OFFICER, Role.APPROVER, Role.APPLICANT, Role.SYSTEM)
    w.get(PartyRow, opening.borrower_id)
    request, terms = opening.request, opening.terms
    build_schedule(request)
    if terms.late_fee is not None and terms.late_fee.currency != request.principal.currency:
        raise InvalidInput({"late_fee": Text("The late fee must be in the loan's currency")})
    loan = w.add(
        LoanRow(
            id=uuid7(), reference=next_reference(w, "LN"), borrower_id=opening.borrower_id, segment=opening.segment,
            product=dict(opening.product), product_version=opening.product_version, grade=opening.grade,
            contract_reference=opening.contract_reference, currency=request.principal.currency,
            principal_minor=request.principal.minor, first_request=to_plain(request), request=to_plain(request),
            rows_before=0, terms=to_plain(terms), status=LoanStatus.PENDING.value, opened_on=w.today,
            principal_lent_minor=0, principal_out_minor=0, credit_minor=0, charged_minor=0, allowance_minor=0,
            charged_off_minor=0, non_accrual=False, row_version=1,
        )
    )  # fmt: skip
    for party_id, role in opening.others:
        w.add(LoanPartyRow(loan_id=loan.id, party_id=party_id, role=role))
    audit.record(
        w, "loan.opened", "loan", loan.id, reference=loan.reference, principal=str(request.principal),
        currency=loan.currency, contract=opening.contract_reference,
    )  # fmt: skip
    return LoanOpened(loan.id, loan.reference, request.principal, loan.row_version)
