"""What other systems are told of an application: each status it reaches, with what its applicant may know, too.

Findings of identity checks and screening never leave: telling them could warn the person they are about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from core.db import Work
from core.domain.errors import NotFound
from core.domain.texts import Text
from core.webhook.events import Source, Subject
from origination.domain.application import ApplicationStatus
from origination.tables.application import ApplicationRow

KIND_OF = {
    ApplicationStatus.SUBMITTED: "application.submitted",
    ApplicationStatus.KYC_REFERRED: "application.referred",
    ApplicationStatus.REFERRED: "application.referred",
    ApplicationStatus.APPROVED: "application.approved",
    ApplicationStatus.DECLINED: "application.declined",
    ApplicationStatus.OFFERED: "application.offered",
    ApplicationStatus.ACCEPTED: "application.accepted",
    ApplicationStatus.SIGNED: "application.signed",
    ApplicationStatus.BOOKED: "application.booked",
    ApplicationStatus.WITHDRAWN: "application.withdrawn",
    ApplicationStatus.EXPIRED: "application.expired",
}
KINDS = {
    "application.submitted": Text("Application: sent, or sent again after a change"),
    "application.referred": Text("Application: a person looks at it"),
    "application.approved": Text("Application: approved"),
    "application.declined": Text("Application: declined"),
    "application.offered": Text("Application: offers made"),
    "application.accepted": Text("Application: offer accepted"),
    "application.signed": Text("Application: contract signed"),
    "application.booked": Text("Application: booked as a loan"),
    "application.withdrawn": Text("Application: withdrawn"),
    "application.expired": Text("Application: expired"),
}
# Of the audit event's data; all else stays inside.
_TOLD = ("before", "after", "offers", "expires_on", "offer", "amount", "currency", "contract", "content_sha256", "loan")
_TOLD_OF_A_DECISION = (*_TOLD, "outcome", "reasons", "counter")


def read(action: str, data: Mapping[str, Any], _subject: Subject) -> Iterator[tuple[str, dict[str, Any]]]:
    """One kind for a move to a status that is told; none for anything else."""
    kind = KIND_OF.get(ApplicationStatus(data["after"])) if "after" in data and "before" in data else None
    if kind is None:
        return
    names = _TOLD_OF_A_DECISION if action == "application.decided" else _TOLD
    told = {name: data[name] for name in names if name in data}
    if action == "application.booked":
        told["loan_reference"] = data["reference"]
    yield kind, told


def describe(w: Work, application_id: UUID) -> Subject:
    """Reference and status; neither for an application that is gone."""
    try:
        row = w.get(ApplicationRow, application_id)
    except NotFound:
        return Subject(None, None)
    return Subject(row.reference, row.status)


SOURCES = [Source("application", KINDS, read, describe)]
