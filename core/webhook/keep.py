"""What administrators do with webhooks, each act audited: add, change, rotate, stop, test, send again."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select, update

from core import audit, queue
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound
from core.domain.ids import uuid7
from core.domain.texts import Text
from core.tables import WebhookDeliveryRow, WebhookRow
from core.webhook.address import AddressRefused, read_url, resolve
from core.webhook.events import DELIVER, TEST, forget_nobody, known_kinds, queued, write_body

SUBJECT = "webhook"
SECRET_PREFIX = "whsec_"  # noqa: S105  (what a secret begins with, so that it is recognised where it leaks)
BOTH_SIGN_FOR = timedelta(hours=24)
TESTS_MAX = 6
TESTS_WITHIN = timedelta(minutes=1)
WEBHOOKS_MAX = 20  # active ones: each event is written once for each of them


def check_address(url: str, *, production: bool) -> None:
    """Asks the network whether the address could be used at all; outside of any transaction. Raises InvalidInput."""
    try:
        resolve(read_url(url, production=production), production=production)
    except AddressRefused as refused:
        raise InvalidInput({"url": refused.text}) from None


def add(w: Work, *, name: str, url: str, kinds: Iterable[str]) -> tuple[UUID, str]:
    """(id, the secret): 256 random bits, shown this once. The caller has asked `check_address` before.

    Raises NotAllowed, InvalidInput (name, url, kinds), Conflict for more than `WEBHOOKS_MAX` active ones.
    """
    w.actor.require(Role.ADMIN)
    wanted = _checked(name, url, kinds)
    _check_room(w)
    secret = _new_secret()
    row = w.add(
        WebhookRow(
            id=uuid7(), name=name.strip(), url=url, kinds=wanted, secret=secret, is_active=True, row_version=1,
            created_by=w.actor.name, created_at=w.now, failures=0,
        )
    )  # fmt: skip
    audit.record(w, "webhook.added", SUBJECT, row.id, url=url, kinds=wanted)
    w.after_commit.append(forget_nobody)
    return row.id, secret


def change(w: Work, webhook_id: UUID, version: int, *, name: str, url: str, kinds: Iterable[str]) -> None:
    """Other name, address or kinds; what waits goes to the new address. Raises as `add` does, and Conflict."""
    row = _open(w, webhook_id, version)
    wanted = _checked(name, url, kinds)
    before = {"url": row.url, "kinds": row.kinds}
    row.name, row.url, row.kinds = name.strip(), url, wanted
    row.failures, row.failing_since, row.paused_until = 0, None, None
    audit.record(w, "webhook.changed", SUBJECT, row.id, before=before, after={"url": url, "kinds": wanted})
    _send_waiting(w, row.id)


def rotate(w: Work, webhook_id: UUID, version: int) -> str:
    """A new secret, shown this once; the one before signs along for a day. Raises NotAllowed, NotFound, Conflict."""
    row = _open(w, webhook_id, version)
    row.previous_secret, row.previous_until = row.secret, w.now + BOTH_SIGN_FOR
    row.secret = _new_secret()
    audit.record(w, "webhook.secret_rotated", SUBJECT, row.id, both_until=row.previous_until)
    return row.secret


def set_active(w: Work, webhook_id: UUID, version: int, *, active: bool) -> None:
    """Stops or starts. While stopped nothing is sent and nothing new is kept for it; what waits, waits on.

    Raises NotAllowed, NotFound, Conflict.
    """
    row = _open(w, webhook_id, version)
    if row.is_active == active:
        return
    if active:
        _check_room(w)
        row.failures, row.failing_since, row.paused_until = 0, None, None
        w.after_commit.append(forget_nobody)
        _send_waiting(w, row.id)
    row.is_active = active
    audit.record(w, "webhook.started" if active else "webhook.stopped", SUBJECT, row.id)


def write_test(w: Work, webhook_id: UUID) -> UUID:
    """The delivery of a test event, to be tried at once and once only.

    Raises NotFound, NotAllowed: 429 after `TESTS_MAX` a minute.
    """
    w.actor.require(Role.ADMIN)
    hook = w.lock(WebhookRow, webhook_id)
    tests = select(func.count(), func.min(WebhookDeliveryRow.created_at)).where(
        WebhookDeliveryRow.webhook_id == hook.id, WebhookDeliveryRow.kind == TEST,
        WebhookDeliveryRow.created_at > w.now - TESTS_WITHIN,
    )  # fmt: skip
    count, first = w.session.execute(tests).one()
    if count >= TESTS_MAX:
        seconds = int((first + TESTS_WITHIN - w.now).total_seconds()) + 1
        raise NotAllowed(Text("Too many tests: try again in {n} seconds", n=seconds), status=429, retry_after=seconds)
    event_id = uuid7()
    about = {"type": SUBJECT, "id": str(hook.id), "reference": hook.name, "status": None, "sequence": 0}
    body = write_body(event_id, TEST, w.now, about, {})
    row = w.add(queued(w, hook.id, event_id, TEST, about=about, seq=0, body=body))
    audit.record(w, "webhook.tested", SUBJECT, hook.id, event=str(event_id))
    return row.id


def resend(w: Work, webhook_id: UUID, delivery_id: UUID) -> None:
    """Queues one again, taken before or not, under the same event id.

    Raises NotAllowed, NotFound, Conflict while the webhook is stopped.
    """
    w.actor.require(Role.ADMIN)
    hook = _started(w, webhook_id)
    row = w.lock(WebhookDeliveryRow, delivery_id)
    if row.webhook_id != hook.id:
        raise NotFound(f"There is no webhook_delivery {delivery_id}")
    _queue_again(w, hook.id, [row.id])
    audit.record(w, "webhook.sent_again", SUBJECT, hook.id, event=str(row.event_id))


def resend_failed(w: Work, webhook_id: UUID) -> int:
    """Queues all that failed again, in their order; how many. Raises NotAllowed, NotFound, Conflict."""
    w.actor.require(Role.ADMIN)
    hook = _started(w, webhook_id)
    failed = select(WebhookDeliveryRow.id).where(
        WebhookDeliveryRow.webhook_id == hook.id, WebhookDeliveryRow.status == "failed", WebhookDeliveryRow.kind != TEST
    )
    ids = list(w.session.scalars(failed.with_for_update()))
    if ids:
        _queue_again(w, hook.id, ids)
        audit.record(w, "webhook.sent_again", SUBJECT, hook.id, events=len(ids))
    return len(ids)


def _queue_again(w: Work, webhook_id: UUID, ids: list[UUID]) -> None:
    w.session.execute(
        update(WebhookDeliveryRow)
        .where(WebhookDeliveryRow.id.in_(ids))
        .values(status="queued", attempts=0, not_before=None, queued_at=w.now, delivered_at=None)
    )
    _send_waiting(w, webhook_id)


def _send_waiting(w: Work, webhook_id: UUID) -> None:
    """Somebody asked: pauses are over."""
    w.session.execute(update(WebhookRow).where(WebhookRow.id == webhook_id).values(paused_until=None))
    queue.defer(w, DELIVER, queueing_lock=DELIVER)


def _open(w: Work, webhook_id: UUID, version: int) -> WebhookRow:
    w.actor.require(Role.ADMIN)
    row = w.lock(WebhookRow, webhook_id)
    if row.row_version != version:
        raise Conflict(Text("Somebody changed this webhook meanwhile. Look at it again before you go on."))
    row.row_version += 1
    return row


def _started(w: Work, webhook_id: UUID) -> WebhookRow:
    hook = w.lock(WebhookRow, webhook_id)
    if not hook.is_active:
        raise Conflict(Text("This webhook is stopped: start it, then send again"))
    return hook


def _checked(name: str, url: str, kinds: Iterable[str]) -> list[str]:
    wrong: dict[str, str | list[str]] = {}
    wanted = sorted(set(kinds))
    unknown = set(wanted) - set(known_kinds())
    if not name.strip():
        wrong["name"] = Text("Name the system that is told")
    elif len(name.strip()) > 100:
        wrong["name"] = Text("Use at most {n} characters", n=100)
    if not url:
        wrong["url"] = Text("Enter the address that is told")
    if not wanted:
        wrong["kinds"] = Text("Choose at least one kind of event")
    elif unknown:
        wrong["kinds"] = Text("There is no event {name}", name=", ".join(sorted(unknown)))
    if wrong:
        raise InvalidInput(wrong)
    return wanted


def _check_room(w: Work) -> None:
    active = w.session.scalar(select(func.count()).select_from(WebhookRow).where(WebhookRow.is_active)) or 0
    if active >= WEBHOOKS_MAX:
        raise Conflict(Text("There are {n} active webhooks already: stop one first", n=active))


def _new_secret() -> str:
    return SECRET_PREFIX + secrets.token_urlsafe(32)
