"""Letters on paper: the words of a message under the lender's letterhead, as PDF.

The text is the one the outbox keeps; a letter is printed when it is delivered or first looked at, and kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from core import documents
from core.db import Work
from core.domain.money import Money, total
from core.tables import DocumentRow, OutboundMessageRow, PartyRow

_WORDS = {
    "en": {"date": "Date", "reference": "Reference"},
    "zh": {"date": "日期", "reference": "编号"},
}


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who writes. `address` is one line."""

    name: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter. `body` is plain text, paragraphs divided by empty lines; `particulars` stand beside the address."""

    locale: str
    recipient: str
    address: str
    subject: str
    body: str
    on: date
    particulars: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One movement of an account: what was charged or paid, and the balance after it."""

    on: date
    text: str
    charged: Money | None
    paid: Money | None
    balance: Money


def letter_html(letter: Letter, head: Letterhead) -> str:
    """The letter as HTML for `documents.render_pdf`."""
    return documents.render_html("message/letter.html", **_context(letter, head))


def statement_html(letter: Letter, head: Letterhead, *, opening: Money, lines: Sequence[StatementLine]) -> str:
    """A letter that carries a table of movements. Raises ValueError when a balance does not follow from the lines."""
    balance = opening
    for line in lines:
        balance = balance + (line.charged or balance * 0) - (line.paid or balance * 0)
        if balance != line.balance:
            raise ValueError(f"the balance of {line.on} does not follow from the lines above it")
    sums = {
        "charged": total((line.charged for line in lines if line.charged), opening.currency),
        "paid": total((line.paid for line in lines if line.paid), opening.currency),
    }
    return documents.render_html(
        "message/statement.html", **_context(letter, head), opening=opening, closing=balance, lines=lines, **sums
    )


def _context(letter: Letter, head: Letterhead) -> dict[str, object]:
    words = _WORDS["zh" if letter.locale.startswith("zh") else "en"]
    return {
        "locale": letter.locale,
        "sender": head.name,
        "sender_address": head.address,
        "recipient": letter.recipient,
        "address": letter.address,
        "subject": letter.subject,
        "paragraphs": [part.strip() for part in letter.body.replace("\r", "").split("\n\n") if part.strip()],
        "particulars": [(words["date"], documents.day_text(letter.on, letter.locale)), *letter.particulars],
    }


def message_pdf(w: Work, message: OutboundMessageRow) -> bytes:
    """A message as the letter it is (or would be) printed as: its own words, nothing added."""
    settings = documents.settings_in_use()
    party = None if message.party_id is None else w.get(PartyRow, message.party_id)
    words = _WORDS["zh" if message.locale.startswith("zh") else "en"]
    letter = Letter(
        locale=message.locale,
        recipient=party.name if party else "",
        address=message.recipient,
        subject=message.title,
        body=message.body,
        on=message.created_at.astimezone(settings.time_zone).date(),
        particulars=((words["reference"], message.id.hex[-12:].upper()),),
    )
    return documents.render_pdf(letter_html(letter, Letterhead(settings.lender_name)), at=message.created_at)


def print_letter(w: Work, message: OutboundMessageRow) -> DocumentRow:
    """The PDF of a letter in the outbox, printed and kept the first time."""
    if message.document_id is not None:
        return w.get(DocumentRow, message.document_id)
    kept = documents.keep(
        w, message_pdf(w, message), kind="letter", filename=f"{message.kind.replace('/', '-')}-{message.id}.pdf",
        media_type="application/pdf", subject_type=message.subject_type or "message",
        subject_id=message.subject_id or message.id,
    )  # fmt: skip
    w.session.flush()
    message.document_id = kept.id
    return kept
