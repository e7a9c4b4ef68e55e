"""A collector asks for a borrower's telephone number or address in full: shown once, and written down."""

from __future__ import annotations

from uuid import UUID

from core import audit
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import NotFound
from core.domain.texts import Text
from core.tables import ContactRow
from repayment.tables import LoanRow


def reveal_contact(w: Work, loan_id: UUID, contact_id: UUID) -> str:
    """The whole value. Raises NotFound for a contact of somebody else, NotAllowed."""
    w.actor.require(Role.COLLECTOR, Role.OFFICER, Role.APPROVER)
    loan = w.lock(LoanRow, loan_id)
    contact = w.get(ContactRow, contact_id)
    if contact.party_id != loan.borrower_id:
        raise NotFound(Text("There is no such contact"))
    audit.record(w, "loan.contact_shown", "loan", loan_id, contact=str(contact_id), kind=contact.kind)
    return contact.value
