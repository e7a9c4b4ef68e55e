"""What other systems may be told: kinds of events, taken from the audit trail in the transaction that records them.

Each stage describes its own subject (`Source`); the composition root hands the sources in. So no step needs a second
call, what is rolled back is never told, and only what a source names leaves the house.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select

from core import audit, queue
from core.db import Work
from core.domain.ids import uuid7
from core.domain.texts import Text
from core.tables import AuditEventRow, WebhookDeliveryRow, WebhookRow

DELIVER = "deliver_webhooks"
TEST = "webhook.test"
NOBODY_FOR = 2.0  # seconds for which a process remembers that nobody listens
KINDS_AT_ONCE = 8  # more than any audit event tells
_SPACE = UUID("6f1a7f0e-55a5-4d0c-9a3b-3f0c1c6f8f52")  # any fixed one


@dataclass(frozen=True, slots=True)
class Subject:
    """What an event is about, as it stands when the work commits."""

    reference: str | None
    status: str | None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """The events of one audit subject.

    `kinds` are the names told outside, with words for people; `read` gives the kinds and the data of one audit event
    (its action, its data, the subject); `describe` looks the subject up.
    """

    subject_type: str
    kinds: Mapping[str, Text]
    read: Callable[[str, Mapping[str, Any], Subject], Iterable[tuple[str, dict[str, Any]]]]
    describe: Callable[[Work, UUID], Subject]


_sources: dict[str, Source] = {}
_nobody_until = 0.0


def use_sources(sources: Iterable[Source]) -> None:
    """Makes these the sources of this process; called once by the composition root."""
    _sources.clear()
    _sources.update({source.subject_type: source for source in sources})
    audit.tell(note)


def known_kinds() -> dict[str, Text]:
    """Every kind somebody may subscribe to, with its words."""
    return {kind: words for source in _sources.values() for kind, words in source.kinds.items()}


def forget_nobody() -> None:
    """Somebody listens now: called after the commit that brought a listener."""
    global _nobody_until
    _nobody_until = 0.0


def note(w: Work, events: Sequence[AuditEventRow]) -> None:
    """Queues a delivery of each event for each webhook that wants its kind; part of the transaction that commits.

    Works that enqueue nothing (a demonstration being written) tell nothing either.
    """
    global _nobody_until
    concerned = [event for event in events if event.subject_type in _sources]
    if not concerned or queue.is_muted(w) or time.monotonic() < _nobody_until:
        return
    query = select(WebhookRow.id, WebhookRow.kinds).where(WebhookRow.is_active)
    listening = [(row.id, frozenset(row.kinds)) for row in w.session.execute(query)]
    if not listening:
        _nobody_until = time.monotonic() + NOBODY_FOR
        return
    wanted = frozenset().union(*(kinds for _, kinds in listening))
    added = False
    for event in concerned:
        source = _sources[event.subject_type]
        if wanted.isdisjoint(source.kinds):
            continue
        subject = source.describe(w, UUID(event.subject_id))
        for place, (kind, data) in enumerate(source.read(event.action, event.data, subject)):
            for webhook_id, kinds in listening:
                if kind in kinds:
                    w.session.add(_delivery(w, webhook_id, event, place, kind, subject, data))
                    added = True
    if added:
        queue.defer(w, DELIVER, queueing_lock=DELIVER)


def _delivery(
    w: Work, webhook_id: UUID, event: AuditEventRow, place: int, kind: str, subject: Subject, data: Mapping[str, Any]
) -> WebhookDeliveryRow:
    """The event's id follows from the audit event's hash: the same one for every webhook and every try.

    One audit event may tell several kinds: `place` keeps them in order.
    """
    event_id = uuid5(_SPACE, f"{event.hash}:{kind}")
    about = {
        "type": event.subject_type, "id": event.subject_id, "reference": subject.reference, "status": subject.status,
        "sequence": event.seq,
    }  # fmt: skip
    return queued(
        w,
        webhook_id,
        event_id,
        kind,
        about=about,
        seq=event.seq * KINDS_AT_ONCE + place,
        body=write_body(event_id, kind, event.at, about, data),
    )


def queued(
    w: Work, webhook_id: UUID, event_id: UUID, kind: str, *, about: Mapping[str, Any], seq: int, body: str
) -> WebhookDeliveryRow:
    """A delivery that waits; not yet added to the work."""
    return WebhookDeliveryRow(
        id=uuid7(), webhook_id=webhook_id, event_id=event_id, kind=kind, subject_type=about["type"],
        subject_id=about["id"], subject_name=about["reference"], seq=seq, body=body, status="queued", attempts=0,
        created_at=w.now, queued_at=w.now,
    )  # fmt: skip


def write_body(event_id: UUID, kind: str, at: datetime, about: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    """The JSON that is sent. It is kept as text, so that every try sends the same bytes."""
    content = {
        "id": str(event_id),
        "type": kind,
        "created_at": at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "subject": dict(about),
        "data": dict(data),
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=str)
