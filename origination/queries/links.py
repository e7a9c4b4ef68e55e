"""Other applications that share an identity, account, phone, e-mail, device or address with one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import aliased

from core import crypto
from core.db import Work
from origination.domain.application import ApplicationStatus
from origination.domain.traces import LinkedApplication, TraceKind
from origination.tables.application import ApplicationRow
from origination.tables.evidence import ApplicationTraceRow

LINKS_MAX = 100


def linked_applications(r: Work, application_id: UUID, *, days: int) -> tuple[LinkedApplication, ...]:
    """Applications sent within `days` that share something, the newest first, at most 100."""
    mine, theirs = aliased(ApplicationTraceRow), aliased(ApplicationTraceRow)
    query = (
        select(
            ApplicationRow.id, ApplicationRow.reference, ApplicationRow.applicant_name, ApplicationRow.status,
            ApplicationRow.submitted_at, theirs.kind, mine.holder_index == theirs.holder_index,
        )
        .join(theirs, theirs.application_id == ApplicationRow.id)
        .join(mine, (mine.kind == theirs.kind) & (mine.value_index == theirs.value_index))
        .where(
            mine.application_id == application_id,
            theirs.application_id != application_id,
            ApplicationRow.status != ApplicationStatus.DRAFT.value,
            ApplicationRow.submitted_at >= r.now - timedelta(days=days),
        )
        .order_by(ApplicationRow.submitted_at.desc(), ApplicationRow.id)
        .limit(LINKS_MAX * len(TraceKind))
    )  # fmt: skip
    found: dict[UUID, LinkedApplication] = {}
    for one_id, reference, name, status, submitted_at, kind, same in r.session.execute(query):
        before = found.get(one_id)
        kinds = frozenset({TraceKind(kind)}) | (before.kinds if before else frozenset())
        found[one_id] = LinkedApplication(
            one_id,
            reference,
            name or "",
            status,
            submitted_at or r.now,
            kinds,
            bool(same) or bool(before and before.same_person),
        )
    return tuple(_plainly(one) for one in found.values())[:LINKS_MAX]


def trace_index(kind: TraceKind, value: str) -> str:
    """The blind index of a way to meet: letters and digits only, phones without the country's prefix."""
    plain = value if kind is TraceKind.EMAIL else "".join(c for c in value if c.isalnum() or c == "|")
    if kind is TraceKind.PHONE:
        plain = plain[-9:]
    return crypto.blind_index(plain, purpose=f"trace.{kind.value}")


def account_index(account: str) -> str:
    """The blind index by which a bank account is recognised."""
    return trace_index(TraceKind.ACCOUNT, account)


def _plainly(one: LinkedApplication) -> LinkedApplication:
    """The same applicant says more than the same person somewhere in both."""
    return replace(one, kinds=one.kinds - {TraceKind.PARTY}) if TraceKind.IDENTITY in one.kinds else one
