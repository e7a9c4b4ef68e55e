"""Name alerts as officers see them: aligned names, what agrees and conflicts, whose list, who decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core.db import Work
from core.tables import PartyRow
from origination.tables.application import ApplicationRow, OwnerRow
from origination.tables.screening import ScreeningAlertRow


@dataclass(frozen=True, slots=True)
class AlertView:
    """One alert. `explanation` are translatable lines (`msgid`, `params`), `entry` the list's own words."""

    id: UUID
    party_name: str
    query_name: str
    listed_name: str
    list_name: str
    entry_id: str
    score: Decimal
    explanation: tuple[Mapping[str, Any], ...]
    entry: Mapping[str, Any]
    state: str
    row_version: int
    raised_at: datetime
    reason: str | None
    first_name: str | None
    second_name: str | None
    first_is_me: bool

    @property
    def is_open(self) -> bool:
        """True while it blocks the case and waits for somebody."""
        return self.state in {"open", "proposed"}


def alerts_of_case(r: Work, application_id: UUID) -> tuple[AlertView, ...]:
    """Alerts on the applicant and every owner, open ones first."""
    applicant = select(ApplicationRow.party_id).where(ApplicationRow.id == application_id)
    owners = select(OwnerRow.party_id).where(OwnerRow.application_id == application_id)
    parties = {one for query in (applicant, owners) for one in r.session.scalars(query) if one is not None}
    return _views(r, ScreeningAlertRow.party_id.in_(parties))


def open_alerts(r: Work) -> tuple[AlertView, ...]:
    """Every alert that waits for a person."""
    return _views(r, ScreeningAlertRow.state.in_(("open", "proposed")))


def _views(r: Work, condition: Any) -> tuple[AlertView, ...]:
    query = select(ScreeningAlertRow, PartyRow.name).join(PartyRow, PartyRow.id == ScreeningAlertRow.party_id)
    query = query.where(condition, ScreeningAlertRow.state != "superseded").order_by(ScreeningAlertRow.raised_at.desc())
    views = [_view(r, row, name) for row, name in r.session.execute(query)]
    return tuple(sorted(views, key=lambda view: not view.is_open))


def _view(r: Work, row: ScreeningAlertRow, party_name: str) -> AlertView:
    return AlertView(
        id=row.id, party_name=party_name, query_name=row.query_name, listed_name=row.listed_name,
        list_name=row.list_name, entry_id=row.entry_id, score=row.score, explanation=tuple(row.explanation),
        entry=row.entry, state=row.state, row_version=row.row_version, raised_at=row.raised_at, reason=row.reason,
        first_name=row.first_name, second_name=row.second_name,
        first_is_me=row.first_id is not None and row.first_id == r.actor.id,
    )  # fmt: skip
