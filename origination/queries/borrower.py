"""One's own loans. Another person's loan does not exist for them."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from core.db import Work
from core.domain.errors import NotFound
from core.domain.texts import Text
from core.outbox import contact_value
from core.tables import PartyRow
from origination.queries.applicant import my_party_ids
from repayment.domain.settlement import Settlement
from repayment.queries.loan_page import LoanPage, loan_page, settlement
from repayment.queries.loans import LoanSummary, loan_list, loan_summary


def my_loans(r: Work) -> tuple[LoanSummary, ...]:
    """All loans of the person who asks and of their companies, newest first."""
    parties = my_party_ids(r)
    return loan_list(r, borrower_ids=parties, limit=200) if parties else ()


def check_own_loan(r: Work, loan_id: UUID) -> LoanSummary:
    """One's own loan in short. Raises NotFound for any other."""
    try:
        found = loan_summary(r, loan_id)
    except NotFound:
        found = None
    if found is None or found.borrower_id not in my_party_ids(r):
        raise NotFound(Text("There is no such loan"))
    return found


def my_loan(r: Work, loan_id: UUID) -> LoanPage:
    """Everything about one's own loan. Raises NotFound for any other."""
    check_own_loan(r, loan_id)
    return loan_page(r, loan_id)


def my_payoff(r: Work, loan_id: UUID, on: date) -> Settlement:
    """What closes one's own loan on a day. Raises NotFound, InvalidInput (on), LoanClosed."""
    check_own_loan(r, loan_id)
    return settlement(r, loan_id, on)


def my_contact(r: Work) -> dict[str, str]:
    """One's own newest e-mail, phone and postal address, as the form asks for them; empty before the first loan."""
    party = None if r.actor.party_id is None else r.session.get(PartyRow, r.actor.party_id)
    if party is None:
        return {}
    found = {kind: contact_value(party, kind) or "" for kind in ("email", "phone", "address")}
    line, _, rest = found.pop("address").partition(", ")
    postal_code, _, city = rest.partition(", ")
    return found | {"address_line": line, "postal_code": postal_code, "city": city}
