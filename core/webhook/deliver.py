"""Sending to webhooks: at least once, signed, one subject's events in their order, failures visible.

Due rows are found by query and claimed with SKIP LOCKED, one short transaction each. A receiver that fails is left in
peace for a while, so that one that is down holds up neither the others nor the worker; what could not be delivered for
`GIVE_UP_AFTER` is marked as failed, and only then the next event of the same subject goes ahead of it.
"""

from __future__ import annotations

import hashlib
import hmac
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from flask import Flask
from sqlalchemy import Select, delete, exists, func, or_, select, update
from sqlalchemy.orm import aliased

from core import queue
from core.db import Database, Work
from core.settings import Settings
from core.tables import WebhookDeliveryRow, WebhookRow
from core.webhook.address import SECONDS_MAX, Answer, post
from core.webhook.events import DELIVER, TEST

RETRY_FIRST = timedelta(seconds=15)
RETRY_LAST = timedelta(hours=1)
PAUSE_LAST = timedelta(minutes=10)
GIVE_UP_AFTER = timedelta(hours=48)
DELIVERED_KEPT = timedelta(days=30)


def signature(secret: str, timestamp: int, body: str) -> str:
    """HMAC-SHA256 over `timestamp.body`, in hexadecimal."""
    return hmac.new(secret.encode(), f"{timestamp}.{body}".encode(), hashlib.sha256).hexdigest()


def headers_of(hook: WebhookRow, row: WebhookDeliveryRow, now: datetime) -> dict[str, str]:
    """What goes with the body; while a secret is being replaced both sign, the newer first."""
    timestamp = int(now.timestamp())
    secrets = [hook.secret]
    if hook.previous_secret is not None and hook.previous_until is not None and hook.previous_until > now:
        secrets.append(hook.previous_secret)
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Promissory-Webhook/1",
        "Promissory-Event-Id": str(row.event_id),
        "Promissory-Event-Type": row.kind,
        "Promissory-Timestamp": str(timestamp),
        "Promissory-Signature": ",".join(f"v1={signature(secret, timestamp, row.body)}" for secret in secrets),
    }


def deliver_due(database: Database, *, production: bool, limit: int = 500) -> int:
    """Sends what is due, one delivery a transaction; returns how many were taken. Stops early when none is due."""
    taken = 0
    for _ in range(limit):
        outcome = _deliver(database, production, None)
        if outcome is None:
            break
        taken += outcome
    return taken


def deliver_now(database: Database, delivery_id: UUID, *, production: bool) -> bool | None:
    """Tries this one at once, whatever pauses; None when it does not wait (any more) or another process has it."""
    return _deliver(database, production, delivery_id)


def _deliver(database: Database, production: bool, only: UUID | None) -> bool | None:
    """True taken, False failed for now, None nothing due."""
    with database.work() as w:
        found = w.session.execute(_wanted(w, only)).first()
        if found is None:
            return None
        row, hook = found
        row.attempts += 1
        row.tried_at = w.now
        try:
            answer = post(hook.url, row.body.encode(), headers_of(hook, row, w.now), production=production)
        except OSError as error:
            _keep_failure(w, row, hook, None, _words(error))
            return False
        row.last_status, row.last_milliseconds = answer.status, answer.milliseconds
        if not answer.is_good:
            _keep_failure(w, row, hook, answer, None)
            return False
        row.status, row.delivered_at, row.not_before, row.last_error = "delivered", w.now, None, None
        w.session.execute(
            update(WebhookRow)
            .where(WebhookRow.id == hook.id)
            .values(failures=0, failing_since=None, paused_until=None, delivered_at=w.now)
        )
        return True


def _wanted(w: Work, only: UUID | None) -> Select[WebhookDeliveryRow, WebhookRow]:
    row, hook, earlier = WebhookDeliveryRow, WebhookRow, aliased(WebhookDeliveryRow)
    query = select(row, hook).join(hook, hook.id == row.webhook_id).where(row.status == "queued")
    if only is not None:
        query = query.where(row.id == only)
    else:
        in_the_way = exists().where(
            earlier.webhook_id == row.webhook_id, earlier.subject_type == row.subject_type,
            earlier.subject_id == row.subject_id, earlier.seq < row.seq, earlier.status == "queued",
        )  # fmt: skip
        query = query.where(
            hook.is_active,
            or_(hook.paused_until.is_(None), hook.paused_until <= w.now),
            or_(row.not_before.is_(None), row.not_before <= w.now),
            ~in_the_way,
        )
    return query.order_by(row.created_at, row.seq, row.id).limit(1).with_for_update(skip_locked=True, of=row)


def _keep_failure(w: Work, row: WebhookDeliveryRow, hook: WebhookRow, answer: Answer | None, why: str | None) -> None:
    row.last_status, row.last_error = None if answer is None else answer.status, why
    row.not_before = w.now + min(RETRY_LAST, RETRY_FIRST * 2 ** min(row.attempts - 1, 16))
    if row.kind == TEST or w.now - row.queued_at >= GIVE_UP_AFTER:
        row.status, row.not_before = "failed", None
    if row.kind == TEST:
        return  # a person watches; it says nothing about when to try the others
    w.session.execute(
        update(WebhookRow)
        .where(WebhookRow.id == hook.id)
        .values(
            failures=WebhookRow.failures + 1,
            failing_since=func.coalesce(WebhookRow.failing_since, w.now),
            paused_until=w.now + min(PAUSE_LAST, RETRY_FIRST * 2 ** min(hook.failures, 16)),
        )
    )


def _words(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {SECONDS_MAX:.0f} s"
    return f"{type(error).__name__}: {error}"[:500]


def wake(w: Work) -> None:
    """Asks the workers to deliver when anything waits: the clock's regular look."""
    waits = select(WebhookDeliveryRow.id).where(WebhookDeliveryRow.status == "queued").limit(1)
    if w.session.scalar(waits) is not None:
        queue.defer(w, DELIVER, queueing_lock=DELIVER)


def forget_delivered(w: Work) -> int:
    """Deletes what was taken longer than `DELIVERED_KEPT` ago; what waits or failed stays. Returns how many."""
    row = WebhookDeliveryRow
    old = delete(row).where(row.status == "delivered", row.delivered_at < w.now - DELIVERED_KEPT)
    return int(w.session.execute(old).rowcount)  # type: ignore[attr-defined]


def register_delivery(app: Flask, database: Database, settings: Settings) -> None:
    """Makes delivery a task of the workers."""

    def deliver_webhooks() -> None:
        with app.app_context(), suppress(KeyboardInterrupt):
            deliver_due(database, production=settings.production)

    queue.register(DELIVER, deliver_webhooks)
