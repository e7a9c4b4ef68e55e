"""Name alerts as officers see them: aligned names, what agrees and conflicts, whose list, who decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from core.db import Work
from core.domain.errors import NotFound
from core.domain.texts import Text
from core.tables import PartyRow
from origination.domain.identity.check import index_number
from origination.domain.screening.birth import Birth, BirthMatch, compare_to_any
from origination.domain.screening.country import CountryMatch, compare_countries
from origination.domain.screening.index import identifier_token
from origination.tables.application import ApplicationRow, OwnerRow
from origination.tables.screening import ScreeningAlertRow

WAITING = ("open", "proposed")
AGREES, NEAR, CONFLICTS, UNKNOWN = "agrees", "near", "conflicts", "unknown"
_OF_BIRTH = {
    BirthMatch.SAME: AGREES, BirthMatch.NEAR: NEAR, BirthMatch.CONFLICT: CONFLICTS, BirthMatch.UNKNOWN: UNKNOWN,
}  # fmt: skip
_OF_COUNTRY = {CountryMatch.SAME: AGREES, CountryMatch.OTHER: CONFLICTS, CountryMatch.UNKNOWN: UNKNOWN}


@dataclass(frozen=True, slots=True)
class Compared:
    """One line of the card: what we know, what the list says, and agrees, near, conflicts or unknown."""

    label: Text
    own: str
    listed: str
    verdict: str


@dataclass(frozen=True, slots=True)
class AlertView:
    """One alert. `explanation` are translatable lines (`msgid`, `params`), `entry` the list's own words.

    `tokens` are the names word by word, `compared` what else tells people apart.
    """

    id: UUID
    party_id: UUID
    party_name: str
    query_name: str
    listed_name: str
    list_name: str
    list_kind: str
    entry_id: str
    score: Decimal
    explanation: tuple[Mapping[str, Any], ...]
    tokens: tuple[Mapping[str, Any], ...]
    compared: tuple[Compared, ...]
    entry: Mapping[str, Any]
    state: str
    row_version: int
    raised_at: datetime
    reason: str | None
    first_name: str | None
    first_at: datetime | None
    second_name: str | None
    second_at: datetime | None
    first_is_me: bool

    @property
    def is_open(self) -> bool:
        """True while it blocks the case and waits for somebody."""
        return self.state in WAITING


@dataclass(frozen=True, slots=True)
class AlertLine:
    """One alert in the queue."""

    id: UUID
    party_name: str
    listed_name: str
    list_name: str
    list_kind: str
    score: Decimal
    state: str
    raised_at: datetime
    first_name: str | None


@dataclass(frozen=True, slots=True)
class AlertPage:
    """A page of the queue, how many there are in all, and the lists that have alerts."""

    lines: tuple[AlertLine, ...]
    total: int
    counts: Mapping[str, int]
    lists: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaseOfParty:
    """An application in which a party is applicant, owner or signs."""

    id: UUID
    reference: str | None
    status: str


def alerts_of_case(r: Work, application_id: UUID) -> tuple[AlertView, ...]:
    """Alerts on the applicant, every owner and the one who signs, open ones first."""
    case = r.get(ApplicationRow, application_id)
    parties = {case.party_id, case.signatory_party_id, *(owner.party_id for owner in case.owners)} - {None}
    query = select(ScreeningAlertRow, PartyRow).join(PartyRow, PartyRow.id == ScreeningAlertRow.party_id)
    query = query.where(ScreeningAlertRow.party_id.in_(parties), ScreeningAlertRow.state != "superseded")
    views = [
        _view(r, row, party) for row, party in r.session.execute(query.order_by(ScreeningAlertRow.raised_at.desc()))
    ]
    return tuple(sorted(views, key=lambda view: not view.is_open))


def count_open(r: Work) -> int:
    """How many alerts wait for a person."""
    statement = select(func.count()).select_from(ScreeningAlertRow).where(ScreeningAlertRow.state.in_(WAITING))
    return r.session.scalar(statement) or 0


def alert_queue(
    r: Work, *, state: str = "waiting", list_name: str = "", search: str = "", limit: int = 30, offset: int = 0
) -> AlertPage:
    """Alerts by state (waiting, open, proposed, cleared, true_hit), list and name; the surest and oldest first."""
    conditions = _wanted(list_name, search)
    counted = select(ScreeningAlertRow.state, func.count()).group_by(ScreeningAlertRow.state)
    counted = counted.join(PartyRow, PartyRow.id == ScreeningAlertRow.party_id).where(*conditions)
    counts = dict(r.session.execute(counted).all())
    counts["waiting"] = counts.get("open", 0) + counts.get("proposed", 0)
    states = WAITING if state == "waiting" else (state,)
    query = select(ScreeningAlertRow, PartyRow.name).join(PartyRow, PartyRow.id == ScreeningAlertRow.party_id)
    query = query.where(*conditions, ScreeningAlertRow.state.in_(states))
    query = query.order_by(ScreeningAlertRow.score.desc(), ScreeningAlertRow.raised_at, ScreeningAlertRow.id)
    lines = [
        AlertLine(
            row.id, name, row.listed_name, row.list_name, row.list_kind, row.score, row.state, row.raised_at,
            row.first_name,
        )
        for row, name in r.session.execute(query.limit(limit).offset(offset))
    ]  # fmt: skip
    names = r.session.scalars(select(ScreeningAlertRow.list_name).distinct().order_by(ScreeningAlertRow.list_name))
    return AlertPage(tuple(lines), counts.get(state, 0), counts, tuple(names))


def _wanted(list_name: str, search: str) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [ScreeningAlertRow.state != "superseded"]
    if list_name:
        conditions.append(ScreeningAlertRow.list_name == list_name)
    if search.strip():
        like = "%" + search.strip().replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_") + "%"
        conditions.append(or_(PartyRow.name.ilike(like), ScreeningAlertRow.listed_name.ilike(like)))
    return conditions


def alert_view(r: Work, alert_id: UUID) -> AlertView:
    """One alert with everything. Raises NotFound."""
    query = select(ScreeningAlertRow, PartyRow).join(PartyRow, PartyRow.id == ScreeningAlertRow.party_id)
    found = r.session.execute(query.where(ScreeningAlertRow.id == alert_id)).first()
    if found is None:
        raise NotFound(Text("There is no such alert"))
    return _view(r, found[0], found[1])


def cases_of_party(r: Work, party_id: UUID) -> tuple[CaseOfParty, ...]:
    """The applications in which the party is applicant, owner or signs, the newest first."""
    owned = select(OwnerRow.application_id).where(OwnerRow.party_id == party_id)
    query = select(ApplicationRow.id, ApplicationRow.reference, ApplicationRow.status)
    signs = ApplicationRow.signatory_party_id == party_id
    query = query.where(or_(ApplicationRow.party_id == party_id, signs, ApplicationRow.id.in_(owned)))
    rows = r.session.execute(query.order_by(ApplicationRow.id.desc()))
    return tuple(CaseOfParty(one, reference, status) for one, reference, status in rows)


def _view(r: Work, row: ScreeningAlertRow, party: PartyRow) -> AlertView:
    return AlertView(
        id=row.id, party_id=row.party_id, party_name=party.name, query_name=row.query_name,
        listed_name=row.listed_name, list_name=row.list_name, list_kind=row.list_kind, entry_id=row.entry_id,
        score=row.score, explanation=tuple(row.explanation), tokens=tuple(row.tokens),
        compared=_compared(row.entry, party), entry=row.entry, state=row.state, row_version=row.row_version,
        raised_at=row.raised_at, reason=row.reason, first_name=row.first_name, first_at=row.first_at,
        second_name=row.second_name, second_at=row.second_at,
        first_is_me=row.first_id is not None and row.first_id == r.actor.id,
    )  # fmt: skip


def _compared(entry: Mapping[str, Any], party: PartyRow) -> tuple[Compared, ...]:
    countries = tuple(entry.get("countries", ()))
    own = (party.country,) if party.country else ()
    lines = [
        Compared(Text("Country"), ", ".join(own), ", ".join(countries), _OF_COUNTRY[compare_countries(own, countries)])
    ]
    if party.kind == "person":
        births = tuple(Birth(*parts) for parts in entry.get("births", ()))
        born = Birth.on(party.birth_on) if party.birth_on else None
        verdict = _OF_BIRTH[compare_to_any(born, births)]
        listed = ", ".join(map(str, births))
        lines.insert(0, Compared(Text("Date of birth"), str(born or ""), listed, verdict))
    lines.append(_identifiers(entry, party))
    return tuple(lines)


def _identifiers(entry: Mapping[str, Any], party: PartyRow) -> Compared:
    """Numbers of different kinds do not conflict; an equal one settles the question."""
    pairs = [(kind, value) for kind, value in entry.get("identifiers", ())]
    listed = ", ".join(f"{kind} {value}" for kind, value in pairs)
    number = party.identity_number
    equal = bool(number) and identifier_token(number or "") in {identifier_token(value) for _, value in pairs} - {""}
    own = f"…{index_number(party.identity_kind or '', number)[-4:]}" if number else ""
    return Compared(Text("Identity number"), own, listed, AGREES if equal else UNKNOWN)
