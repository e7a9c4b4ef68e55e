"""Screening names: look parties up, keep what is found, let people decide.

Before money leaves, `screen_by_id(w, *party_ids)` looks again and returns what stops it.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core import audit
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import Conflict, IllegalTransition, InvalidInput, NotAllowed, ProviderUnavailable
from core.domain.texts import Text
from core.tables import PartyRow
from origination.domain.kyc import AlertState, KycSubject, ListInUse, ScreenedAlert
from origination.domain.screening.birth import Birth
from origination.domain.screening.entry_json import entry_sha256, entry_to_json
from origination.domain.screening.index import ScreeningIndex
from origination.domain.screening.party import Alert, ListedEntry, PartyKind, ScreenedParty
from origination.domain.screening.screen import screen_party
from origination.steps.screening_lists import current_index, lists_in_use
from origination.steps.screening_threshold import threshold
from origination.tables.screening import ScreeningAlertRow

log = logging.getLogger("promissory.screening")
REASON_MIN = 10


@dataclass(frozen=True, slots=True)
class Screened:
    """Subjects with their alerts filled in, against which lists, and whether screening worked at all."""

    subjects: tuple[KycSubject, ...]
    lists: tuple[ListInUse, ...]
    available: bool = True


@dataclass(frozen=True, slots=True)
class Rescreened:
    """One chunk of the book: the last party looked at (None when there are no more) and what came out."""

    last: UUID | None
    parties: int
    new_alerts: int


def screen_subjects(w: Work, subjects: Iterable[KycSubject]) -> Screened:
    """Screens the parties behind the subjects (ids are party ids) and keeps new alerts.

    Without any list in use, and where screening is out of order, nobody is screened: the alerts stay None and the
    assessment refers the case.
    """
    lists = lists_in_use(w)
    if not lists:
        return Screened(tuple(subjects), ())
    wanted = tuple(subjects)
    out = []
    try:
        round_ = _round(w, [UUID(subject.id) for subject in wanted])
        for subject in wanted:
            rows, _new = _screen(w, round_, w.get(PartyRow, UUID(subject.id)))
            alerts = tuple(ScreenedAlert(_alert_of(row), _state_of(row), row.list_kind) for row in rows)
            out.append(replace(subject, alerts=alerts))
    except ProviderUnavailable:
        return Screened(wanted, lists, available=False)
    return Screened(tuple(out), lists)


def screen_by_id(w: Work, *party_ids: UUID) -> tuple[ScreeningAlertRow, ...]:
    """Screens parties (before disbursement, an incoming payer); returns their alerts that stop it.

    These are the open ones and confirmed hits; a confirmed office holder does not stop what people approved. Raises
    NotAllowed when no list is in use: nobody is clear because nobody looked.
    """
    if not lists_in_use(w):
        raise NotAllowed(Text("No sanctions list is loaded; names cannot be screened"))
    round_ = _round(w, list(party_ids))
    found = (_screen(w, round_, w.get(PartyRow, party_id))[0] for party_id in party_ids)
    return tuple(row for rows in found for row in rows if _stops(row))


def _stops(row: ScreeningAlertRow) -> bool:
    if _state_of(row) is AlertState.TRUE_HIT:
        return row.list_kind != "pep"
    return _state_of(row) is AlertState.OPEN


def check_no_open_alert(w: Work, party_ids: Iterable[UUID]) -> None:
    """Raises NotAllowed while an alert kept for one of the parties stops a decision; looks nobody up anew."""
    kept = select(ScreeningAlertRow).where(
        ScreeningAlertRow.party_id.in_(list(party_ids)),
        ScreeningAlertRow.state.in_(("open", "proposed", "true_hit")),
    )
    _refuse([row for row in w.session.scalars(kept) if _stops(row)])


def _refuse(stopping: list[ScreeningAlertRow]) -> None:
    if stopping:
        names = ", ".join(dict.fromkeys(row.listed_name for row in stopping))
        raise NotAllowed(
            Text("A name alert is open or confirmed: {names}. It has to be settled first.", names=names),
            alerts=[str(row.id) for row in stopping],
        )


def _state_of(row: ScreeningAlertRow) -> AlertState:
    return {"cleared": AlertState.CLEARED, "true_hit": AlertState.TRUE_HIT}.get(row.state, AlertState.OPEN)


def _screened_party(party: PartyRow) -> ScreenedParty:
    names = tuple(dict.fromkeys(name for name in (party.name, party.name_latin) if name))
    person = party.kind == "person"
    number = ((party.identity_kind or "", party.identity_number),) if party.identity_number else ()
    return ScreenedParty(
        names=names,
        kind=PartyKind(party.kind),
        birth=Birth.on(party.birth_on) if person and party.birth_on else None,
        countries=(party.country,) if party.country else (),
        identifiers=number,
    )


def _query_sha256(party: ScreenedParty) -> str:
    plain = json.dumps([party.names, party.kind, str(party.birth or ""), party.identifiers], ensure_ascii=False)
    return hashlib.sha256(plain.encode()).hexdigest()


Pair = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class _Round:
    """What screening several parties needs, read once: the index, the threshold, the editions, their alerts so far."""

    index: ScreeningIndex
    least: float
    lists: Mapping[str, ListInUse]
    known: Mapping[UUID, dict[Pair, ScreeningAlertRow]]


def _round(w: Work, party_ids: list[UUID]) -> _Round:
    rows = w.session.scalars(
        select(ScreeningAlertRow)
        .where(ScreeningAlertRow.party_id.in_(party_ids), ScreeningAlertRow.state != "superseded")
        .order_by(ScreeningAlertRow.id)
        .with_for_update()
    )
    known: dict[UUID, dict[Pair, ScreeningAlertRow]] = {party_id: {} for party_id in party_ids}
    for row in rows:
        known[row.party_id][row.list_name, row.entry_id, row.entry_sha256, row.query_sha256] = row
    lists = {one.name: one for one in lists_in_use(w)}
    return _Round(current_index(w), threshold(w), lists, known)


def _screen(w: Work, given: _Round, party: PartyRow) -> tuple[list[ScreeningAlertRow], int]:
    """The rows of all alerts of the party now, and how many are new; a pair decided before keeps its decision."""
    query = _screened_party(party)
    found = _look_up(given, query)
    known = given.known[party.id]
    if not found and not known:
        return [], 0
    query_sha256 = _query_sha256(query)
    rows = []
    new = 0
    for alert in found:
        entry = given.index.by_id[alert.list_name, alert.entry_id]
        pair = (alert.list_name, alert.entry_id, entry_sha256(entry), query_sha256)
        row = known.pop(pair, None)
        new += row is None
        rows.append(row or _raise(w, party.id, alert, entry, pair, given.lists.get(alert.list_name)))
    for row in known.values():
        # Gone from the answers: an undecided alert falls away, a confirmed hit stays one until somebody undoes it.
        if row.state in {"open", "proposed"}:
            row.state = "superseded"
            row.row_version += 1
        elif row.state == "true_hit":
            rows.append(row)
    w.session.flush()
    return rows, new


def _look_up(given: _Round, query: ScreenedParty) -> tuple[Alert, ...]:
    """What the lists hold like this party. Raises ProviderUnavailable when the search fails, whatever the reason: the
    case then waits for a person instead of standing still unseen."""
    try:
        return tuple(screen_party(given.index, query, least=given.least))
    except Exception as failure:
        log.exception("a name could not be screened")
        raise ProviderUnavailable(Text("Names could not be screened")) from failure


def _raise(
    w: Work, party_id: UUID, alert: Alert, entry: ListedEntry, pair: Pair, edition: ListInUse | None
) -> ScreeningAlertRow:
    list_name, entry_id, entry_hash, query_hash = pair
    revived = w.session.scalar(
        select(ScreeningAlertRow).where(
            ScreeningAlertRow.party_id == party_id, ScreeningAlertRow.list_name == list_name,
            ScreeningAlertRow.entry_id == entry_id, ScreeningAlertRow.entry_sha256 == entry_hash,
            ScreeningAlertRow.query_sha256 == query_hash,
        )
    )  # fmt: skip
    if revived is not None:
        # The undecided pair went away and came back.
        revived.state, revived.raised_at = "open", w.now
        revived.first_id = revived.first_name = revived.first_at = None
        revived.row_version += 1
        return revived
    row = w.add(
        ScreeningAlertRow(
            party_id=party_id, list_name=list_name, entry_id=entry_id, entry_sha256=entry_hash, query_sha256=query_hash,
            list_sha256=edition.sha256 if edition else "", list_kind=edition.kind if edition else "sanctions",
            query_name=alert.query_name[:300], listed_name=alert.listed_name,
            score=Decimal(str(alert.score)).quantize(Decimal("0.0001")),
            explanation=[{"msgid": note.msgid, "params": _plain(note.params)} for note in alert.explanation],
            tokens=[
                {"query": t.query, "listed": t.listed, "similarity": t.similarity, "how": t.how} for t in alert.tokens
            ],
            entry=entry_to_json(entry), state="open", raised_at=w.now,
        )
    )  # fmt: skip
    w.session.flush()
    audit.record(w, "screening.alert", "screening_alert", row.id, party=str(party_id), list=list_name, entry=entry_id)
    return row


def _plain(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if isinstance(value, int | float) else str(value) for name, value in params.items()}


def _note(line: Mapping[str, Any]) -> Text:
    message_id = line["msgid"]
    return Text(message_id, **line["params"])


def _alert_of(row: ScreeningAlertRow) -> Alert:
    notes = tuple(_note(note) for note in row.explanation)
    return Alert(row.list_name, row.entry_id, row.query_name, row.listed_name, float(row.score), notes)


def rescreen_parties(
    w: Work, *, after: UUID | None = None, through: UUID | None = None, limit: int = 500
) -> Rescreened:
    """Screens the next parties of the book by id; call again with `last` until it is None. Only new pairs alert."""
    w.actor.require(Role.SYSTEM, Role.RISK_MANAGER, Role.ADMIN)
    statement = select(PartyRow).order_by(PartyRow.id).limit(limit)
    if after:
        statement = statement.where(PartyRow.id > after)
    if through:
        statement = statement.where(PartyRow.id <= through)
    parties = list(w.session.scalars(statement))
    if not parties or not lists_in_use(w):
        return Rescreened(None, 0, 0)
    given = _round(w, [party.id for party in parties])
    fresh = sum(_screen(w, given, party)[1] for party in parties)
    return Rescreened(parties[-1].id if len(parties) == limit else None, len(parties), fresh)


def try_threshold(r: Work, least: float, *, parties: int = 100) -> tuple[int, int]:
    """How many of the newest parties were looked at, and how many of them a threshold would alert; nothing is kept."""
    if not lists_in_use(r):
        return 0, 0
    index = current_index(r)
    newest = list(r.session.scalars(select(PartyRow).order_by(PartyRow.id.desc()).limit(parties)))
    return len(newest), sum(bool(screen_party(index, _screened_party(party), least=least)) for party in newest)


def decide_alert(
    w: Work, alert_id: UUID, *, true_hit: bool, reason: str, expected_version: int | None = None
) -> ScreeningAlertRow:
    """A person clears an alert, proposes a true hit, or as second person confirms (or clears) the proposed one.

    Raises InvalidInput without a reason, NotAllowed for the wrong role or for confirming one's own proposal,
    IllegalTransition for a settled alert, Conflict when somebody decided meanwhile.
    """
    w.actor.require(Role.OFFICER, Role.APPROVER, Role.RISK_MANAGER)
    if len(reason.strip()) < REASON_MIN:
        raise InvalidInput({"reason": Text("Say why in at least {n} characters", n=REASON_MIN)})
    row = w.lock(ScreeningAlertRow, alert_id)
    if expected_version is not None and expected_version != row.row_version:
        raise Conflict(Text("Somebody decided on this alert meanwhile. Look at it again."), current=row.row_version)
    wanted = "true_hit" if true_hit else "cleared"
    if row.state not in {"open", "proposed"}:
        raise IllegalTransition("screening_alert", row.state, wanted)
    before = row.state
    if row.state == "open":
        row.first_id, row.first_name, row.first_at = w.actor.id, w.actor.name, w.now
        row.state = "proposed" if true_hit else "cleared"
    elif row.first_id == w.actor.id:
        raise NotAllowed(Text("A true hit needs a second person: somebody else must confirm what you proposed"))
    else:
        row.second_id, row.second_name, row.second_at = w.actor.id, w.actor.name, w.now
        row.state = wanted
    row.reason = reason.strip()
    row.row_version += 1
    w.session.flush()
    audit.record(w, "screening.decision", "screening_alert", row.id, before=before, after=row.state)
    return row
