"""The instant decision: a submitted application runs as far as it gets without a person."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from core.db import Work
from core.domain.errors import ProviderUnavailable
from origination.domain.application import ApplicationStatus
from origination.providers.bureau import BureauProvider
from origination.queries.rows import fact_set_of, latest_decision
from origination.steps.bureau import query_bureau
from origination.steps.case import as_system, open_case
from origination.steps.decide import decide_automatically
from origination.steps.kyc import check_identity
from origination.steps.offer import make_offers
from origination.steps.score import score_case
from origination.tables.application import ApplicationRow

_S = ApplicationStatus
STEPS_MAX = 8


@dataclass(frozen=True, slots=True)
class Advanced:
    """How far it got. `waiting_for`: person, applicant, lender, bureau (asked by the next run), None at the end."""

    status: ApplicationStatus
    waiting_for: str | None


def advance(w: Work, application_id: UUID, *, bureau: BureauProvider) -> Advanced:
    """Runs identity checks, bureau, score, decision and offers one after the other as the system, whoever asks.

    Stops where a person or the applicant is needed; run again, it goes on from there and repeats nothing. A bureau
    that does not answer leaves the case where it is. Raises NotFound for somebody else's application.
    """
    open_case(w, application_id)
    with as_system(w):
        for _ in range(STEPS_MAX):
            row = open_case(w, application_id)
            try:
                if not _step(w, row, bureau):
                    break
            except ProviderUnavailable:
                return Advanced(_S(row.status), "bureau")
    return Advanced(_S(row.status), waiting_for(_S(row.status)))


def _step(w: Work, row: ApplicationRow, bureau: BureauProvider) -> bool:
    """One step; False when there is none that needs nobody."""
    status = _S(row.status)
    if status is _S.SUBMITTED:
        check_identity(w, row.id)
    elif status is _S.KYC_PASSED:
        query_bureau(w, row.id, bureau)
        score_case(w, row.id)
    elif status is _S.SCORED or _is_unscored(w, row):
        decide_automatically(w, row.id)
    elif status is _S.APPROVED:
        make_offers(w, row.id)
    else:
        return False
    return True


def _is_unscored(w: Work, row: ApplicationRow) -> bool:
    """Referred because no score could be had, and not yet looked at by the rules."""
    return row.status == _S.REFERRED.value and fact_set_of(w, row) is not None and latest_decision(w, row) is None


def waiting_for(status: ApplicationStatus) -> str | None:
    """Who acts next."""
    if status in {_S.KYC_REFERRED, _S.REFERRED}:
        return "person"
    if status in {_S.DRAFT, _S.OFFERED, _S.ACCEPTED}:
        return "applicant"
    return "lender" if status in {_S.SUBMITTED, _S.KYC_PASSED, _S.SCORED, _S.APPROVED, _S.SIGNED} else None
