"""Mail to account holders, through the outbox like every other message."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

from flask import current_app
from flask_security import MailUtil

from core import outbox
from core.auth.throttle import database
from core.i18n import current_locale

# What the library calls its templates -> ours: message/<en|zh>/<kind>.email.txt
KINDS = {
    "security/email/confirmation_instructions": "account_confirm",
    "security/email/welcome": "account_confirm",
    "security/email/welcome_existing": "account_exists",
    "security/email/reset_instructions": "account_reset",
    "security/email/reset_notice": "account_changed",
    "security/email/change_notice": "account_changed",
}


class AccountMail(MailUtil):
    """Writes the mail in the reader's language and leaves sending to the workers."""

    def send_mail(  # type: ignore[override]
        self, template: str, *_subject_sender_and_bodies: Any, user: Any, **context: Any
    ) -> None:
        """One message a call; `context` carries the links. The library's own subject and bodies are not used."""
        links = {name: on_public_url(context.get(name)) for name in ("confirmation_link", "reset_link")}
        write(KINDS[template], user, **links)


def on_public_url(link: str | None) -> str | None:
    """The link on the address the operator set: the Host header of whoever asked must not get into anybody's mail."""
    if not link:
        return None
    public = urlsplit(current_app.extensions["promissory"].settings.public_url)
    return urlunsplit(urlsplit(link)._replace(scheme=public.scheme, netloc=public.netloc))


def write(kind: str, user: Any, **context: Any) -> None:
    """A message to the account's address, in a transaction of its own."""
    with database().work() as w:
        outbox.send_to_address(
            w, kind, user.email, locale=user.locale or current_locale(), dedupe_key=f"{kind}:{uuid4()}",
            context={"user": user, **context}, subject=("user", user.id), is_demo=user.is_demo,
        )  # fmt: skip
