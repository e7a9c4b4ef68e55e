"""Asking the credit bureau, with evidence of consent, and keeping what it answered."""

from __future__ import annotations

import json
from datetime import date
from uuid import UUID

from core import audit
from core.db import Work
from core.domain.actor import Role
from core.domain.facts import facts_to_json
from core.domain.ids import uuid7
from core.tables import PartyRow
from origination.domain.application import ConsentKind
from origination.providers.bureau import BureauProvider, BureauReport, BureauSubject, ConsentEvidence, require_consent
from origination.queries.rows import consent_rows, keep_newest, report_of
from origination.steps.case import SUBJECT, open_case
from origination.tables.application import ApplicationRow, ConsentRow
from origination.tables.decision import BureauReportRow


def query_bureau(w: Work, application_id: UUID, provider: BureauProvider) -> BureauReportRow:
    """Asks the provider once for each assessment and keeps the answer; the kept one if it was asked before.

    Raises NotAllowed without the applicant's consent, ProviderUnavailable when no answer could be had: the case waits.
    """
    w.actor.require(Role.SYSTEM, Role.OFFICER, Role.APPROVER)
    row = open_case(w, application_id)
    kept = report_of(w, row)
    if kept is not None:
        return kept
    consent = consent_rows(w, row.id).get(ConsentKind.BUREAU.value)
    evidence = require_consent(_evidence(consent))
    assert consent is not None
    report = provider.query(_subject(w, row), evidence)
    return _keep(w, row, consent, report)


def _evidence(consent: ConsentRow | None) -> ConsentEvidence | None:
    return None if consent is None else ConsentEvidence(consent.id, consent.agreed_at, consent.text_sha256)


def _subject(w: Work, row: ApplicationRow) -> BureauSubject:
    party = w.get(PartyRow, row.party_id)
    born: date | None = party.birth_on
    return BureauSubject(
        segment=row.segment,
        name=party.name,
        identity_kind=party.identity_kind or "",
        identity_number=party.identity_number or "",
        birth_on=born,
        country=party.country,
    )


def _keep(w: Work, row: ApplicationRow, consent: ConsentRow, report: BureauReport) -> BureauReportRow:
    kept = keep_newest(
        w,
        BureauReportRow(
            id=uuid7(), application_id=row.id, assessment=row.assessment, consent_id=consent.id,
            provider=report.provider, is_demo=report.is_demo, report_reference=report.reference, found=report.found,
            facts=facts_to_json(report.facts), raw=report.raw, raw_sha256=report.sha256, reported_at=w.now,
        ),
    )  # fmt: skip
    audit.record(
        w, "application.bureau_asked", SUBJECT, row.id, provider=report.provider, found=report.found,
        consent=str(consent.id), sha256=report.sha256, facts=json.loads(json.dumps(kept.facts)),
    )  # fmt: skip
    return kept
