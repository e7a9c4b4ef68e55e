"""Screening names: load lists, look parties up, keep what is found, let people decide."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from core import audit
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import Conflict, IllegalTransition, InvalidInput, NotAllowed
from core.domain.texts import Text
from core.tables import PartyRow
from origination.domain.kyc import AlertState, KycSubject, ListInUse, ScreenedAlert
from origination.domain.screening.birth import Birth
from origination.domain.screening.entry_json import entry_from_json, entry_sha256, entry_to_json
from origination.domain.screening.index import ScreeningIndex
from origination.domain.screening.party import Alert, ListedEntry, PartyKind, ScreenedParty
from origination.domain.screening.screen import screen_party
from origination.providers.index_store import INDEXES
from origination.providers.sanctions import LoadedList, check_not_shrunken, load_contents
from origination.tables.screening import ScreeningAlertRow, ScreeningEntryRow, ScreeningListRow

REASON_MIN = 10
SAMPLE = Path(__file__).resolve().parent.parent / "reference" / "ofac_sample"


@dataclass(frozen=True, slots=True)
class ListLoad:
    """What became of a file: `status` is active, unchanged or refused; `message` says why it was refused."""

    name: str
    status: str
    edition: int
    entries: int
    added: int = 0
    changed: int = 0
    removed: int = 0
    message: str | None = None


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


def load_list(
    w: Work, contents: Mapping[str, bytes], *, confirm_shrunken: bool = False, is_sample: bool = False
) -> tuple[ListLoad, ...]:
    """Takes over new editions of lists from file contents by name.

    A file that is empty, half-written, hostile or suddenly smaller is refused: the edition in use stays, the attempt is
    kept as an alarm. Raises NotAllowed only.
    """
    w.actor.require(Role.SYSTEM, Role.RISK_MANAGER, Role.ADMIN)
    try:
        loaded = load_contents(dict(contents))
    except InvalidInput as error:
        return (_refuse(w, ", ".join(contents), error.message, _digest(contents)),)
    return tuple(_take_over(w, one, confirm_shrunken=confirm_shrunken, is_sample=is_sample) for one in loaded)


def load_sample_list(w: Work) -> tuple[ListLoad, ...]:
    """The shipped excerpt, for demonstration and a first start only; nothing happens when any list is in use."""
    if w.session.scalar(select(func.count()).select_from(ScreeningListRow).where(ScreeningListRow.status == "active")):
        return ()
    return load_list(w, sample_contents(), is_sample=True)


def sample_contents() -> dict[str, bytes]:
    """The shipped excerpt by file name."""
    return {path.name: path.read_bytes() for path in sorted(SAMPLE.glob("*.csv"))}


def _digest(contents: Mapping[str, bytes]) -> str:
    return hashlib.sha256(b"".join(contents[name] for name in sorted(contents))).hexdigest()


def _refuse(w: Work, name: str, message: str, sha256: str, files: tuple[str, ...] = ()) -> ListLoad:
    row = w.add(
        ScreeningListRow(
            name=name[:100], edition=0, status="refused", message=message, sha256=sha256, entries=0, names=0, counts={},
            files=list(files), loaded_at=w.now, loaded_on=w.today, loaded_by=w.actor.name,
        )
    )  # fmt: skip
    w.session.flush()
    audit.record(w, "screening.list_refused", "screening_list", row.id, name=name, message=message, sha256=sha256)
    return ListLoad(name, "refused", 0, 0, message=message)


def _take_over(w: Work, loaded: LoadedList, *, confirm_shrunken: bool, is_sample: bool) -> ListLoad:
    w.session.info.pop("screening_lists", None)
    statement = select(ScreeningListRow).where(
        ScreeningListRow.name == loaded.name, ScreeningListRow.status == "active"
    )
    active = w.session.scalar(statement.with_for_update())
    if active and active.sha256 == loaded.sha256:
        # The publisher has nothing new: the list is as fresh as today.
        active.loaded_on, active.loaded_at = w.today, w.now
        return ListLoad(loaded.name, "unchanged", active.edition, active.entries)
    if active and not confirm_shrunken and not active.is_sample:
        try:
            check_not_shrunken(loaded, active.entries)
        except InvalidInput as error:
            return _refuse(w, loaded.name, error.message, loaded.sha256, loaded.files)
    edition = 1 if active is None else active.edition + 1
    added, changed, removed = _merge(w, loaded, edition)
    if active:
        active.status = "replaced"
        w.session.flush()
    row = w.add(
        ScreeningListRow(
            name=loaded.name, edition=edition, status="active", sha256=loaded.sha256, edition_on=loaded.edition_on,
            entries=len(loaded.entries), names=loaded.names, counts=loaded.counts, files=list(loaded.files),
            added=added, changed=changed, removed=removed, is_sample=is_sample, loaded_at=w.now, loaded_on=w.today,
            loaded_by=w.actor.name,
        )
    )  # fmt: skip
    w.session.flush()
    audit.record(
        w, "screening.list_loaded", "screening_list", row.id, name=loaded.name, edition=edition, sha256=loaded.sha256,
        entries=len(loaded.entries), added=added, changed=changed, removed=removed,
    )  # fmt: skip
    return ListLoad(loaded.name, "active", edition, len(loaded.entries), added, changed, removed)


def _merge(w: Work, loaded: LoadedList, edition: int) -> tuple[int, int, int]:
    """Closes what is gone or changed, adds what is new or changed; returns (added, changed, removed)."""
    current = select(ScreeningEntryRow.entry_id, ScreeningEntryRow.sha256).where(
        ScreeningEntryRow.list_name == loaded.name, ScreeningEntryRow.until_edition.is_(None)
    )
    before = {row.entry_id: row.sha256 for row in w.session.execute(current)}
    after = {entry.entry_id: (entry_sha256(entry), entry) for entry in loaded.entries}
    closed = [entry_id for entry_id, sha in before.items() if entry_id not in after or after[entry_id][0] != sha]
    if closed:
        w.session.execute(
            update(ScreeningEntryRow)
            .where(
                ScreeningEntryRow.list_name == loaded.name,
                ScreeningEntryRow.until_edition.is_(None),
                ScreeningEntryRow.entry_id.in_(closed),
            )
            .values(until_edition=edition)
            .execution_options(synchronize_session=False)
        )
    fresh = [(key, sha, entry) for key, (sha, entry) in after.items() if before.get(key) != sha]
    w.session.add_all(
        ScreeningEntryRow(
            list_name=loaded.name, entry_id=key, sha256=sha, body=entry_to_json(entry), from_edition=edition
        )
        for key, sha, entry in fresh
    )
    w.session.flush()
    changed = sum(1 for key, _, _ in fresh if key in before)
    return len(fresh) - changed, changed, sum(1 for key in before if key not in after)


def lists_in_use(w: Work) -> tuple[ListInUse, ...]:
    """The active editions, by name; read once a work unless it loads one."""
    remembered: tuple[ListInUse, ...] | None = w.session.info.get("screening_lists")
    if remembered is not None:
        return remembered
    rows = w.session.scalars(
        select(ScreeningListRow).where(ScreeningListRow.status == "active").order_by(ScreeningListRow.name)
    )
    found = tuple(ListInUse(row.name, row.sha256, row.loaded_on, row.entries, is_sample=row.is_sample) for row in rows)
    w.session.info["screening_lists"] = found
    return found


def current_index(w: Work) -> ScreeningIndex:
    """The index over all active lists, from this process's memory when the editions have not changed."""
    key = tuple(one.sha256 for one in lists_in_use(w))

    def entries() -> Iterable[ListedEntry]:
        bodies = w.session.scalars(
            select(ScreeningEntryRow.body)
            .where(ScreeningEntryRow.until_edition.is_(None))
            .order_by(ScreeningEntryRow.list_name, ScreeningEntryRow.entry_id)
        )
        return [entry_from_json(body) for body in bodies]

    return INDEXES.get(key, entries)


def screen_subjects(w: Work, subjects: Iterable[KycSubject]) -> Screened:
    """Screens the parties behind the subjects (ids are party ids) and keeps new alerts.

    Without any list in use nobody is screened: the alerts stay None and the assessment refers the case.
    """
    lists = lists_in_use(w)
    if not lists:
        return Screened(tuple(subjects), ())
    index = current_index(w)
    out = []
    for subject in subjects:
        party = w.get(PartyRow, UUID(subject.id))
        rows, _new = _screen(w, index, party)
        alerts = tuple(ScreenedAlert(_alert_of(row), _state_of(row)) for row in rows)
        out.append(replace(subject, alerts=alerts))
    return Screened(tuple(out), lists)


def screen_by_id(w: Work, party_id: UUID) -> tuple[ScreeningAlertRow, ...]:
    """Screens one party (before disbursement, an incoming payer); returns its alerts that are not cleared.

    Raises NotAllowed when no list is in use: nobody is clear because nobody looked.
    """
    if not lists_in_use(w):
        raise NotAllowed(Text("No sanctions list is loaded; names cannot be screened"))
    rows, _new = _screen(w, current_index(w), w.get(PartyRow, party_id))
    return tuple(row for row in rows if _state_of(row) is not AlertState.CLEARED)


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


def _screen(w: Work, index: ScreeningIndex, party: PartyRow) -> tuple[list[ScreeningAlertRow], int]:
    """The rows of all alerts of the party now, and how many are new; a pair decided before keeps its decision."""
    query = _screened_party(party)
    query_sha256 = _query_sha256(query)
    found = screen_party(index, query)
    known = _known(w, party.id)
    lists = {one.name: one.sha256 for one in lists_in_use(w)} if found else {}
    rows = []
    new = 0
    for alert in found:
        entry = index.by_id[alert.list_name, alert.entry_id]
        pair = (alert.list_name, alert.entry_id, entry_sha256(entry), query_sha256)
        row = known.pop(pair, None)
        new += row is None
        rows.append(row or _raise(w, party.id, alert, entry, pair, lists.get(alert.list_name, "")))
    for row in known.values():
        # Gone from the answers: an undecided alert falls away, a confirmed hit stays one until somebody undoes it.
        if row.state in {"open", "proposed"}:
            row.state = "superseded"
            row.row_version += 1
        elif row.state == "true_hit":
            rows.append(row)
    w.session.flush()
    return rows, new


def _known(w: Work, party_id: UUID) -> dict[tuple[str, str, str, str], ScreeningAlertRow]:
    rows = w.session.scalars(
        select(ScreeningAlertRow)
        .where(ScreeningAlertRow.party_id == party_id, ScreeningAlertRow.state != "superseded")
        .with_for_update()
    )
    return {(row.list_name, row.entry_id, row.entry_sha256, row.query_sha256): row for row in rows}


def _raise(
    w: Work, party_id: UUID, alert: Alert, entry: ListedEntry, pair: tuple[str, str, str, str], list_sha256: str
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
            list_sha256=list_sha256, query_name=alert.query_name[:300], listed_name=alert.listed_name,
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


def rescreen_parties(w: Work, *, after: UUID | None = None, limit: int = 500) -> Rescreened:
    """Screens the next parties of the book by id; call again with `last` until it is None. Only new pairs alert."""
    w.actor.require(Role.SYSTEM, Role.RISK_MANAGER, Role.ADMIN)
    statement = select(PartyRow).order_by(PartyRow.id).limit(limit)
    parties = list(w.session.scalars(statement.where(PartyRow.id > after) if after else statement))
    if not parties or not lists_in_use(w):
        return Rescreened(None, 0, 0)
    index = current_index(w)
    fresh = 0
    for party in parties:
        fresh += _screen(w, index, party)[1]
    return Rescreened(parties[-1].id if len(parties) == limit else None, len(parties), fresh)


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
