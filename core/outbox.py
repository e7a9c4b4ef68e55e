"""Messages: written inside the transaction, sent after it, kept word for word, failures visible.

Delivery finds due rows by query, claims one with SKIP LOCKED, hands it over and marks it in the same short
transaction. The transport gets the row's id as Message-ID, so a copy sent twice after a crash is recognised as one.
"""

from __future__ import annotations

import json
import smtplib
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from flask import Flask, render_template
from sqlalchemy import or_, select

from core import queue
from core.db import Database, Work
from core.domain.ids import uuid7
from core.i18n import speak
from core.settings import Settings
from core.tables import ContactRow, OutboundMessageRow, PartyRow

DELIVER = "deliver_messages"
ATTEMPTS_MAX = 48
CONTACT_BY_CHANNEL = {"email": "email", "sms": "phone", "letter": "address"}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a message."""

    filename: str
    media_type: str
    content: bytes


def send_later(
    w: Work,
    kind: str,
    party: PartyRow,
    *,
    channel: str,
    dedupe_key: str,
    context: Mapping[str, Any] | None = None,
    subject: tuple[str, UUID] | None = None,
    document_id: UUID | None = None,
    not_before: datetime | None = None,
) -> OutboundMessageRow | None:
    """Writes the message `templates/message/<locale>/<kind>.<channel>.txt` to a party, in the party's language.

    The first line of the template is the title. A second message with the same `dedupe_key` is not written (returns
    None). A party without a contact for the channel gets a message with status "failed" that says so. Messages to
    demo parties are kept with status "demo" and never leave.
    """
    recipient = contact_value(party, CONTACT_BY_CHANNEL[channel])
    return _write(
        w, kind, channel=channel, recipient=recipient, locale=party.locale, dedupe_key=dedupe_key, subject=subject,
        context={"party": party, **(context or {})}, party_id=party.id, document_id=document_id, not_before=not_before,
        is_demo=party.is_demo,
    )  # fmt: skip


def send_to_address(
    w: Work,
    kind: str,
    address: str,
    *,
    locale: str,
    dedupe_key: str,
    context: Mapping[str, Any] | None = None,
    subject: tuple[str, UUID] | None = None,
    is_demo: bool = False,
) -> OutboundMessageRow | None:
    """Mail to somebody who is no party (staff, a new account); otherwise like `send_later`."""
    return _write(
        w, kind, channel="email", recipient=address, locale=locale, dedupe_key=dedupe_key, subject=subject,
        context=context or {}, party_id=None, document_id=None, not_before=None, is_demo=is_demo,
    )  # fmt: skip


def _write(
    w: Work,
    kind: str,
    *,
    channel: str,
    recipient: str | None,
    locale: str,
    dedupe_key: str,
    context: Mapping[str, Any],
    subject: tuple[str, UUID] | None,
    party_id: UUID | None,
    document_id: UUID | None,
    not_before: datetime | None,
    is_demo: bool,
) -> OutboundMessageRow | None:
    written: set[str] = w.session.info.setdefault("outbox_keys", set())  # by this work, still pending perhaps
    query = select(OutboundMessageRow.id).where(OutboundMessageRow.dedupe_key == dedupe_key)
    if dedupe_key in written or w.session.scalar(query, execution_options={"autoflush": False}):
        return None
    written.add(dedupe_key)
    title, body = render_message(kind, channel, locale, {"now": w.now, **context})
    status = "demo" if is_demo else "queued" if recipient else "failed"
    message = w.add(
        OutboundMessageRow(
            id=uuid7(), channel=channel, kind=kind, locale=locale, party_id=party_id,
            subject_type=subject[0] if subject else None, subject_id=subject[1] if subject else None,
            recipient=recipient or "", title=title, body=body, document_id=document_id, dedupe_key=dedupe_key,
            status=status, attempts=0, not_before=not_before, created_at=w.now,
            last_error=None if recipient else f"no {CONTACT_BY_CHANNEL[channel]} on file",
        )
    )  # fmt: skip
    if status == "queued" and not_before is None:
        queue.defer(w, DELIVER, queueing_lock=DELIVER)
    return message


def contact_value(party: PartyRow, kind: str) -> str | None:
    """The party's newest contact of that kind that has not opted out."""
    usable = [contact for contact in party.contacts if contact.kind == kind and not contact.opted_out]
    newest: ContactRow | None = max(usable, key=lambda contact: contact.created_at, default=None)
    return None if newest is None else newest.value


def render_message(kind: str, channel: str, locale: str, context: Mapping[str, Any]) -> tuple[str, str]:
    """Title and body in the locale. Needs the app's context, never a request."""
    folder = "zh" if locale.startswith("zh") else "en"
    with speak(locale):
        text = render_template(f"message/{folder}/{kind}.{channel}.txt", **context)
    title, _, body = text.strip().partition("\n")
    return title.strip(), body.strip() + "\n"


class Transport(Protocol):
    """Hands one message to the outside. Raises OSError or smtplib.SMTPException when it could not."""

    def send(self, message: OutboundMessageRow, attachment: Attachment | None) -> None: ...


@dataclass(frozen=True, slots=True)
class SmtpTransport:
    """Mail by SMTP."""

    settings: Settings

    def send(self, message: OutboundMessageRow, attachment: Attachment | None) -> None:
        """One connection a message; the Message-ID is the row's id."""
        mail = self.settings.mail
        if mail.host is None:
            raise OSError("no mail server is configured (MAIL_HOST)")
        envelope = compose(message, attachment, mail.sender)
        with smtplib.SMTP(mail.host, mail.port, timeout=30) as smtp:
            if mail.starttls:
                smtp.starttls()
            if mail.username:
                smtp.login(mail.username, mail.password or "")
            smtp.send_message(envelope)


def compose(message: OutboundMessageRow, attachment: Attachment | None, sender: str) -> EmailMessage:
    """The message as RFC 5322 mail."""
    envelope = EmailMessage()
    envelope["From"] = sender
    envelope["To"] = message.recipient
    envelope["Subject"] = " ".join(message.title.split())
    envelope["Date"] = format_datetime(message.created_at)
    envelope["Message-ID"] = f"<{message.id}@{sender.partition('@')[2] or 'localhost'}>"
    envelope["Content-Language"] = message.locale.replace("_", "-")
    envelope.set_content(message.body)
    if attachment is not None:
        main, _, sub = attachment.media_type.partition("/")
        envelope.add_attachment(attachment.content, maintype=main, subtype=sub, filename=attachment.filename)
    return envelope


@dataclass(frozen=True, slots=True)
class SmsGateway:
    """Text messages by an HTTP gateway that takes `{"id", "to", "text"}` as JSON and answers 2xx."""

    url: str

    def send(self, message: OutboundMessageRow, attachment: Attachment | None) -> None:  # noqa: ARG002
        """The gateway must treat a second POST with the same id as the same message."""
        content = json.dumps({"id": str(message.id), "to": message.recipient, "text": message.body}).encode()
        request = urllib.request.Request(  # noqa: S310  (the URL is the operator's setting)
            self.url, data=content, headers={"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(request, timeout=20):  # noqa: S310
            return


@dataclass(frozen=True, slots=True)
class SmsDrop:
    """Stand-in for a gateway: one file a message, named by its id."""

    folder: Path

    def send(self, message: OutboundMessageRow, attachment: Attachment | None) -> None:  # noqa: ARG002
        """Writes `<id>.json`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        content = {"id": str(message.id), "to": message.recipient, "text": message.body}
        (self.folder / f"{message.id}.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


class LetterTray:
    """A letter is its PDF: it counts as handed over once it lies in the tray (the letters page) to be printed."""

    def send(self, message: OutboundMessageRow, attachment: Attachment | None) -> None:
        """Raises OSError when the letter has no PDF."""
        if attachment is None:
            raise OSError(f"letter {message.id} has no document")


def transports(settings: Settings) -> dict[str, Transport]:
    """One transport a channel."""
    sms = SmsGateway(settings.sms_gateway_url) if settings.sms_gateway_url else SmsDrop(settings.sms_drop)
    return {"email": SmtpTransport(settings), "sms": sms, "letter": LetterTray()}


def deliver_due(database: Database, by_channel: Mapping[str, Transport], *, limit: int = 500) -> int:
    """Sends what is due, one message a transaction; returns how many left. Stops early when none is due."""
    sent = 0
    for _ in range(limit):
        outcome = _deliver_one(database, by_channel)
        if outcome is None:
            break
        sent += outcome
    return sent


def _deliver_one(database: Database, by_channel: Mapping[str, Transport]) -> bool | None:
    """True sent, False failed for now, None nothing due."""
    with database.work() as w:
        due = or_(OutboundMessageRow.not_before.is_(None), OutboundMessageRow.not_before <= w.now)
        query = select(OutboundMessageRow).where(OutboundMessageRow.status == "queued", due)
        order = (
            query.order_by(OutboundMessageRow.created_at, OutboundMessageRow.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        message = w.session.scalars(order).first()
        if message is None:
            return None
        message.attempts += 1
        try:
            by_channel[message.channel].send(message, _attachment(w, message))
        except (OSError, smtplib.SMTPException) as error:
            message.last_error = f"{type(error).__name__}: {error}"
            message.status = "failed" if message.attempts >= ATTEMPTS_MAX else "queued"
            message.not_before = w.now + timedelta(seconds=min(3600, 15 * 2**message.attempts))
            return False
        message.status, message.sent_at, message.last_error = "sent", w.now, None
        return True


def _attachment(w: Work, message: OutboundMessageRow) -> Attachment | None:
    """The file that goes along; a letter is printed now if it was not yet."""
    if message.document_id is None and message.channel != "letter":
        return None
    from core import documents, letters

    document_id = message.document_id or letters.print_letter(w, message).id
    row, content = documents.read(w, document_id)
    return Attachment(row.filename, row.media_type, content)


def retry_failed(w: Work, message_id: UUID) -> None:
    """Puts a failed message back into the queue: the administrator's resend."""
    message = w.lock(OutboundMessageRow, message_id)
    message.status, message.attempts, message.not_before = "queued", 0, None
    queue.defer(w, DELIVER, queueing_lock=DELIVER)


def register_delivery(app: Flask, database: Database, settings: Settings) -> None:
    """Makes delivery a task of the workers."""

    def deliver_messages() -> None:
        with app.app_context(), suppress(KeyboardInterrupt):
            deliver_due(database, transports(settings))

    queue.register(DELIVER, deliver_messages)
