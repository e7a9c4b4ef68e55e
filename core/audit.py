"""The audit trail: one event per step, in the step's own transaction, chained by SHA-256 per subject."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, String, any_, func, literal, select, text
from sqlalchemy import event as happening
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from core import crypto
from core.db import Work
from core.domain.texts import Text
from core.tables import AuditEventRow

GENESIS = "0" * 64
_listeners: list[Callable[[Work, Sequence[AuditEventRow]], None]] = []


@dataclass(frozen=True, slots=True)
class Break:
    """The first link of a chain that does not hold."""

    subject_type: str
    subject_id: str
    seq: int
    what: str


def record(w: Work, action: str, subject_type: str, subject_id: UUID | str, **data: Any) -> AuditEventRow:
    """Writes one event. `data` must be JSON-ready and free of personal values (ids, hashes, codes and figures only).

    Two writers on one subject collide on (subject, seq), so a chain never forks; steps lock their subject first.
    """
    key = (subject_type, str(subject_id))
    last = _last(w, key, subject_id)
    found = AuditEventRow(
        subject_type=subject_type,
        subject_id=key[1],
        seq=1 if last is None else last.seq + 1,
        at=w.now,
        actor_id=w.actor.id,
        actor_name=w.actor.name,
        address=w.actor.address,
        action=action,
        data=json.loads(json.dumps(data, default=str)),
        previous_hash=GENESIS if last is None else last.hash,
    )
    found.hash = digest(found)
    _keep_for_commit(w, found)
    _heads(w)[key] = found
    return found


def _keep_for_commit(w: Work, waiting: AuditEventRow) -> None:
    """Events of one work are inserted together, as the last thing before its commit."""
    info = w.session.info
    if "audit_waiting" not in info:
        info["audit_waiting"], info["audit_work"] = [], w
        happening.listen(w.session, "before_commit", _write_waiting)
    info["audit_waiting"].append(waiting)


def _write_waiting(session: Session) -> None:
    waiting: list[AuditEventRow] = session.info.get("audit_waiting", [])
    if not waiting:
        return
    written = waiting.copy()
    waiting.clear()
    session.add_all(written)
    for listener in _listeners:
        listener(session.info["audit_work"], written)


def tell(listener: Callable[[Work, Sequence[AuditEventRow]], None]) -> None:
    """From now on `listener` hears of every event, within the transaction that writes it. Twice is once."""
    if listener not in _listeners:
        _listeners.append(listener)


def _last(w: Work, key: tuple[str, str], subject_id: UUID | str) -> AuditEventRow | None:
    heads = _heads(w)
    if key not in heads:
        if w.is_new(subject_id):
            return None
        look_up(w, key[0], [key[1]])
    return heads[key]


def look_up(w: Work, subject_type: str, subject_ids: Iterable[UUID | str]) -> None:
    """Reads the last event of many subjects by one statement: `record` asks no more."""
    heads = _heads(w)
    ids = [one for one in map(str, subject_ids) if (subject_type, one) not in heads]
    query = (
        select(AuditEventRow)
        .ext(distinct_on(AuditEventRow.subject_id))
        .where(
            AuditEventRow.subject_type == subject_type,
            AuditEventRow.subject_id == any_(literal(ids, ARRAY(String))),
        )
        .order_by(AuditEventRow.subject_id, AuditEventRow.seq.desc())
    )
    heads.update({(subject_type, one): None for one in ids})
    options = {"autoflush": False}  # what waits in this work is among the heads
    heads.update({(subject_type, row.subject_id): row for row in w.session.scalars(query, execution_options=options)})


def _heads(w: Work) -> dict[tuple[str, str], AuditEventRow | None]:
    heads: dict[tuple[str, str], AuditEventRow | None] = w.session.info.setdefault("audit_heads", {})
    return heads


def digest(event: AuditEventRow) -> str:
    """SHA-256 over the canonical JSON of everything in the event but the hash itself."""
    content = {
        "subject": [event.subject_type, event.subject_id, event.seq],
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": [None if event.actor_id is None else str(event.actor_id), event.actor_name, event.address],
        "action": event.action,
        "data": event.data,
        "previous": event.previous_hash,
    }
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def verify_chain(w: Work) -> tuple[int, list[Break]]:
    """Walks every chain; returns the number of events and the first break of each broken chain."""
    _write_waiting(w.session)
    order = (AuditEventRow.subject_type, AuditEventRow.subject_id, AuditEventRow.seq)
    events = w.session.scalars(select(AuditEventRow).order_by(*order).execution_options(yield_per=2000))
    count, breaks = 0, []
    previous: AuditEventRow | None = None
    broken: tuple[str, str] | None = None
    for event in events:
        count += 1
        key = (event.subject_type, event.subject_id)
        if previous is not None and (previous.subject_type, previous.subject_id) != key:
            previous = None
        if broken != key and (what := _fault(event, previous)):
            breaks.append(Break(*key, event.seq, what))
            broken = key
        w.session.expunge(event)
        previous = event
    return count, breaks


def _fault(event: AuditEventRow, previous: AuditEventRow | None) -> str | None:
    if event.seq != (1 if previous is None else previous.seq + 1):
        return Text("an event before this one is missing")
    if event.previous_hash != (GENESIS if previous is None else previous.hash):
        return Text("does not continue the event before it")
    if digest(event) != event.hash:
        return Text("its content was changed")
    return None


def checkpoint(w: Work, until: datetime | None = None) -> dict[str, Any]:
    """What an outsider keeps to notice a cut tail or a rewritten past: up to when, how many events, a hash over the
    head of every chain, and a keyed seal over these three.

    Without `until` it reaches to the oldest transaction still open, so that no event can slip in behind it.
    """
    _write_waiting(w.session)
    until = until or _settled_until(w)
    past = AuditEventRow.at <= until
    heads = (
        select(AuditEventRow.subject_type, AuditEventRow.subject_id, func.max(AuditEventRow.seq).label("seq"))
        .where(past)
        .group_by(AuditEventRow.subject_type, AuditEventRow.subject_id)
        .subquery()
    )
    rows = w.session.execute(
        select(AuditEventRow.hash)
        .join(
            heads,
            (AuditEventRow.subject_type == heads.c.subject_type)
            & (AuditEventRow.subject_id == heads.c.subject_id)
            & (AuditEventRow.seq == heads.c.seq),
        )
        .order_by(AuditEventRow.subject_type, AuditEventRow.subject_id)
    ).scalars()
    sha = hashlib.sha256()
    for head in rows:
        sha.update(head.encode())
    count = w.session.scalar(select(func.count()).select_from(AuditEventRow).where(past))
    found = {"at": until.astimezone(UTC).isoformat(), "events": count, "heads": sha.hexdigest()}
    return found | {"seal": _seal(found)}


def _settled_until(w: Work) -> datetime:
    open_since = w.session.scalar(
        text(
            "SELECT min(xact_start) FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL"
        )
    )
    return w.now if open_since is None else min(w.now, open_since - timedelta(seconds=2))


def _seal(found: dict[str, Any]) -> str:
    return crypto.blind_index(f"{found['at']} {found['events']} {found['heads']}", purpose="audit checkpoint")


def check_against(w: Work, kept: dict[str, Any]) -> str | None:
    """What is wrong between a checkpoint kept outside and the trail today; None when the past is as it was."""
    try:
        until = datetime.fromisoformat(kept["at"])
        sealed = hmac.compare_digest(str(kept["seal"]), _seal(kept))
    except (KeyError, TypeError, ValueError):
        return Text("this is not a checkpoint")
    if not sealed:
        return Text("the checkpoint was altered, or another installation made it")
    today = checkpoint(w, until)
    if today["events"] != kept["events"]:
        return Text(
            "{then} events were recorded up to {at}, now there are {now}",
            then=kept["events"],
            at=kept["at"],
            now=today["events"],
        )
    return None if today["heads"] == kept["heads"] else Text("events up to {at} were rewritten", at=kept["at"])


@dataclass(frozen=True, slots=True)
class EventView:
    """One event as pages show it."""

    at: datetime
    actor_name: str
    action: str
    subject_type: str
    subject_id: str
    data: dict[str, Any]
    hash: str


def history(w: Work, *subjects: tuple[str, UUID | str]) -> tuple[EventView, ...]:
    """The events of some subjects, oldest first: the timeline of a case."""
    _write_waiting(w.session)
    found: list[AuditEventRow] = []
    for subject_type, subject_id in subjects:
        query = select(AuditEventRow).where(
            AuditEventRow.subject_type == subject_type, AuditEventRow.subject_id == str(subject_id)
        )
        found.extend(w.session.scalars(query))
    return tuple(_view(event) for event in sorted(found, key=lambda e: (e.at, e.seq)))


def _view(event: AuditEventRow) -> EventView:
    return EventView(
        event.at, event.actor_name, event.action, event.subject_type, event.subject_id, event.data, event.hash
    )


def search(
    w: Work, *, action: str | None = None, subject_id: str | None = None, limit: int = 50, offset: int = 0
) -> Iterator[EventView]:
    """Events newest first, for the administrator's page."""
    _write_waiting(w.session)
    query = select(AuditEventRow).order_by(AuditEventRow.at.desc(), AuditEventRow.seq.desc())
    if action:
        query = query.where(AuditEventRow.action.startswith(action))
    if subject_id:
        query = query.where(AuditEventRow.subject_id == subject_id)
    return (_view(event) for event in w.session.scalars(query.limit(limit).offset(offset)))
