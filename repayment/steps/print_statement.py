"""A statement of account as PDF, on the lender's paper and in the borrower's language."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from core import documents, letters
from core.db import Work
from core.domain.money import Money
from core.i18n import speak, translate
from core.tables import PartyRow
from repayment.domain.entry_names import ENTRY_NAMES
from repayment.queries.statement import Statement, statement
from repayment.tables import LoanRow

_SUBJECT = {"en": "Statement of account", "zh": "对账单"}
_BODY = {
    "en": "This statement shows every movement on your loan {reference} from {first} to {last}. "
    "What you owe at the end is {closing}.",
    "zh": "本对账单列出贷款 {reference} 自 {first} 至 {last} 的全部账务变动。期末应还余额为 {closing}。",
}


def statement_pdf(w: Work, loan_id: UUID, *, first: date | None = None, last: date | None = None) -> bytes:
    """The PDF of a span of value dates. Raises NotFound, InvalidInput when the span is turned round."""
    loan = w.get(LoanRow, loan_id)
    party = w.get(PartyRow, loan.borrower_id)
    found = statement(w, loan_id, first=first, last=last)
    tongue = "zh" if party.locale.startswith("zh") else "en"
    address = next((row.value for row in party.contacts if row.kind == "address"), "")
    letter = letters.Letter(
        locale=party.locale, recipient=party.name, address=address, subject=_SUBJECT[tongue],
        body=_BODY[tongue].format(
            reference=found.reference, first=documents.day_text(found.first_on, party.locale),
            last=documents.day_text(found.last_on, party.locale),
            closing=documents.money_text(found.closing, party.locale),
        ),
        on=w.today, particulars=(("编号" if tongue == "zh" else "Loan", found.reference),),
    )  # fmt: skip
    with speak(party.locale):
        lines = _lines(found)
    head = letters.Letterhead(documents.settings_in_use().lender_name)
    html = letters.statement_html(letter, head, opening=found.opening, lines=lines)
    return documents.render_pdf(html, title=f"{found.reference} {_SUBJECT[tongue]}", at=w.now)


def _lines(found: Statement) -> list[letters.StatementLine]:
    return [
        letters.StatementLine(
            row.value_on, translate(ENTRY_NAMES[row.code]), _some(row.charged), _some(row.paid), row.balance
        )
        for row in found.rows
    ]


def _some(amount: Money) -> Money | None:
    return amount or None
