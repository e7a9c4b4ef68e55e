"""Telling the applicant where the application stands: by mail, in their language, once for each turn of events."""

from __future__ import annotations

from typing import Any

from core import outbox
from core.db import Work
from core.i18n import ENGLISH, locale_of, speak
from core.tables import PartyRow
from origination.domain.policy import OriginationPolicy
from origination.queries.reason_words import reason_text
from origination.queries.rows import product_of, report_of
from origination.queries.tracker import reasons_of
from origination.steps.case import SUBJECT
from origination.tables.application import ApplicationRow
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


def tell_decline(w: Work, row: ApplicationRow, made: DecisionRow) -> None:
    """Up to four reasons in words, whether a computer or a person decided, and whose data were used."""
    report = report_of(w, row)
    tell(
        w, row, "application_declined", str(made.number), reasons=sentences(w, row, made),
        automatic=made.kind == "automatic", bureau=None if report is None else report.provider,
    )  # fmt: skip


def sentences(w: Work, row: ApplicationRow, made: DecisionRow) -> list[str]:
    """The reasons of a decision in the applicant's language, at most four."""
    with speak(locale_of(row.locale) or ENGLISH):
        return [reason_text(reason) for reason in reasons_of(w, made)]
