"""Webhooks and their deliveries as the administrator sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from core.db import Work
from core.tables import WebhookDeliveryRow, WebhookRow
from core.webhook.events import TEST

STATES = ("queued", "failed", "delivered")


@dataclass(frozen=True, slots=True)
class WebhookView:
    """A webhook without its secrets. `waiting` and `failed` do not count tests."""

    id: UUID
    name: str
    url: str
    kinds: tuple[str, ...]
    is_active: bool
    version: int
    created_by: str
    created_at: datetime
    both_sign_until: datetime | None
    failing_since: datetime | None
    paused_until: datetime | None
    delivered_at: datetime | None
    waiting: int
    failed: int

    @property
    def health(self) -> str:
        """stopped, failing (the last try was not taken), failed (some were given up), new (nothing sent) or well."""
        if not self.is_active:
            return "stopped"
        if self.failing_since is not None:
            return "failing"
        if self.failed:
            return "failed"
        return "well" if self.delivered_at is not None else "new"


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """One event for one webhook: what is or was sent, and how that went."""

    id: UUID
    event_id: UUID
    kind: str
    subject_name: str | None
    body: str
    status: str
    attempts: int
    not_before: datetime | None
    last_status: int | None
    last_error: str | None
    milliseconds: int | None
    created_at: datetime
    tried_at: datetime | None
    delivered_at: datetime | None


def list_webhooks(r: Work) -> tuple[WebhookView, ...]:
    """Every webhook, active ones first."""
    order = (WebhookRow.is_active.desc(), WebhookRow.created_at.desc())
    counts = _counts(r)
    return tuple(_view(row, counts.get(row.id, {})) for row in r.session.scalars(select(WebhookRow).order_by(*order)))


def one_webhook(r: Work, webhook_id: UUID) -> WebhookView:
    """One of them. Raises NotFound."""
    return _view(r.get(WebhookRow, webhook_id), _counts(r, webhook_id).get(webhook_id, {}))


def _counts(r: Work, webhook_id: UUID | None = None) -> dict[UUID, dict[str, int]]:
    row = WebhookDeliveryRow
    query = select(row.webhook_id, row.status, func.count()).where(row.kind != TEST, row.status != "delivered")
    if webhook_id is not None:
        query = query.where(row.webhook_id == webhook_id)
    found: dict[UUID, dict[str, int]] = {}
    for hook, status, count in r.session.execute(query.group_by(row.webhook_id, row.status)):
        found.setdefault(hook, {})[status] = count
    return found


def _view(row: WebhookRow, counts: dict[str, int]) -> WebhookView:
    return WebhookView(
        row.id, row.name, row.url, tuple(row.kinds), row.is_active, row.row_version, row.created_by, row.created_at,
        row.previous_until, row.failing_since, row.paused_until, row.delivered_at, counts.get("queued", 0),
        counts.get("failed", 0),
    )  # fmt: skip


def count_by_state(r: Work, webhook_id: UUID) -> dict[str, int]:
    """How many deliveries stand where, tests included."""
    row = WebhookDeliveryRow
    query = select(row.status, func.count()).where(row.webhook_id == webhook_id).group_by(row.status)
    return dict(r.session.execute(query).all())


def list_deliveries(
    r: Work, webhook_id: UUID, *, state: str = "", limit: int = 50, offset: int = 0
) -> tuple[DeliveryView, ...]:
    """Newest first; all of them, or those in one state."""
    row = WebhookDeliveryRow
    query = select(row).where(row.webhook_id == webhook_id)
    if state:
        query = query.where(row.status == state)
    query = query.order_by(row.created_at.desc(), row.seq.desc(), row.id.desc()).limit(limit).offset(offset)
    return tuple(_delivery(found) for found in r.session.scalars(query))


def one_delivery(r: Work, delivery_id: UUID) -> DeliveryView:
    """One of them. Raises NotFound."""
    return _delivery(r.get(WebhookDeliveryRow, delivery_id))


def _delivery(row: WebhookDeliveryRow) -> DeliveryView:
    return DeliveryView(
        row.id, row.event_id, row.kind, row.subject_name, row.body, row.status, row.attempts, row.not_before,
        row.last_status, row.last_error, row.last_milliseconds, row.created_at, row.tried_at, row.delivered_at,
    )  # fmt: skip


def count_failed(r: Work) -> int:
    """Given up and not sent again, for all webhooks; for the page about the system."""
    row = WebhookDeliveryRow
    query = select(func.count()).select_from(row).where(row.status == "failed", row.kind != TEST)
    return r.session.scalar(query) or 0


def failing(r: Work) -> tuple[str, ...]:
    """Names of active webhooks whose last try was not taken."""
    query = select(WebhookRow.name).where(WebhookRow.is_active, WebhookRow.failing_since.is_not(None))
    return tuple(r.session.scalars(query.order_by(WebhookRow.name)))
