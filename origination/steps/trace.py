"""Leaving blind traces of an application, so that others with the same number, account or address are seen."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete

from core.db import Work
from core.domain.fact import FactValue
from core.tables import PartyRow
from origination.domain.evidence import EvidencePolicy
from origination.domain.traces import TraceKind, shared_counts
from origination.queries.links import linked_applications, trace_index
from origination.tables.application import ApplicationRow
from origination.tables.evidence import ApplicationTraceRow


def leave_traces(w: Work, row: ApplicationRow, answers: Mapping[str, FactValue]) -> None:
    """Replaces the traces of an application by those of these answers; its party and owners must be known already."""
    party_ids = [one for one in (row.party_id, *(owner.party_id for owner in row.owners)) if one is not None]
    identities = {party_id: index for party_id in party_ids if (index := w.get(PartyRow, party_id).identity_index)}
    holder = identities.get(row.party_id) if row.party_id else None
    mine = holder or str(row.party_id or row.id).replace("-", "")
    kept = {(TraceKind.PARTY, index): index for index in identities.values()}
    if holder:
        kept[TraceKind.IDENTITY, holder] = holder
    for kind, value in _values(row, answers).items():
        if value:
            kept[kind, trace_index(kind, value)] = mine
    if not w.is_new(row.id):
        w.session.execute(delete(ApplicationTraceRow).where(ApplicationTraceRow.application_id == row.id))
    for (kind, index), whose in kept.items():
        w.add(ApplicationTraceRow(application_id=row.id, kind=kind.value, value_index=index, holder_index=whose))


def _values(row: ApplicationRow, answers: Mapping[str, FactValue]) -> dict[TraceKind, str]:
    address = [str(answers.get(name, "")) for name in ("address_line", "postal_code", "city")]
    return {
        TraceKind.ACCOUNT: str(answers.get("bank_account", "")),
        TraceKind.PHONE: str(answers.get("phone", "")),
        TraceKind.EMAIL: str(answers.get("email", "")),
        TraceKind.DEVICE: row.device or "",
        TraceKind.ADDRESS: "|".join(address) if all(address[:2]) else "",
    }


def shared_facts(w: Work, row: ApplicationRow) -> dict[str, FactValue]:
    """The facts about other people who share something with this application."""
    linked = linked_applications(w, row.id, days=w.policy(EvidencePolicy).window_days)
    return dict(shared_counts(row.applicant_name or "", linked).facts())
