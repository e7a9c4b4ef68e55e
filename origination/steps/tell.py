"""Telling the applicant where the application stands: by mail, in their language, once for each turn of events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core import outbox
from core.db import Work
from core.i18n import ENGLISH, locale_of, speak, translate
from core.tables import PartyRow
from origination.domain.papers import PAPERS
from origination.domain.policy import OriginationPolicy
from origination.domain.remedy import applicant_text
from origination.queries.reason_words import reason_text
from origination.queries.rows import product_of, report_of
from origination.queries.tracker import DocumentLine, reasons_of
from origination.steps.case import SUBJECT
from origination.tables.application import ApplicationDocumentRow, ApplicationRow
from origination.tables.decision import DecisionRow


def tell(w: Work, row: ApplicationRow, kind: str, turn: str = "", **context: Any) -> None:
    """Mails `templates/message/<locale>/<kind>.email.txt`; a second message of the same kind, assessment and turn is
    not written. Needs the app's context."""
    party = w.get(PartyRow, row.party_id)
    outbox.send_later(
        w, kind, party, channel="email", dedupe_key=f"{kind}:{row.id}:{row.assessment}:{turn}",
        subject=(SUBJECT, row.id),
        context={
            "application": row,
            "product": product_of(w, row).name_in(party.locale),
            "review": w.policy(OriginationPolicy).review,
            **context,
        },
    )  # fmt: skip


def tell_papers(w: Work, row: ApplicationRow, kind: str, asked: Sequence[ApplicationDocumentRow], *, turn: str) -> None:
    """A message about documents, each with its name and what exactly to send, in the applicant's language."""
    papers = papers_in_words(row, asked)
    note = next((one.note for one in asked if one.note), "")
    tell(w, row, kind, turn, papers=papers, note=note, asked_on=asked[0].requested_at.date())


def papers_in_words(
    row: ApplicationRow, asked: Sequence[ApplicationDocumentRow | DocumentLine]
) -> list[dict[str, Any]]:
    """name, ask, reason and expires_on of documents, in the applicant's language."""
    with speak(locale_of(row.locale) or ENGLISH):
        return [
            {
                "name": translate(PAPERS[one.kind].name) if one.kind in PAPERS else one.kind,
                "ask": translate(PAPERS[one.kind].ask) if one.kind in PAPERS else "",
                "reason": one.reason or "",
                "expires_on": one.expires_on,
            }
            for one in asked
        ]


def tell_decline(w: Work, row: ApplicationRow, made: DecisionRow) -> None:
    """Up to four reasons in words, who decided, whose data were used, and what would help."""
    from origination.steps.remedies import keep_remedies

    report = report_of(w, row)
    found = keep_remedies(w, row)
    with speak(locale_of(row.locale) or ENGLISH):
        remedies = [translate(applicant_text(one)) for one in found]
    tell(
        w, row, "application_declined", str(made.number), reasons=sentences(w, row, made),
        automatic=made.kind == "automatic", bureau=None if report is None else report.provider, remedies=remedies,
    )  # fmt: skip


def sentences(w: Work, row: ApplicationRow, made: DecisionRow) -> list[str]:
    """The reasons of a decision in the applicant's language, at most four."""
    with speak(locale_of(row.locale) or ENGLISH):
        return [reason_text(reason) for reason in reasons_of(w, made)]
