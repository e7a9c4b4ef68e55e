"""Messages through a real SMTP server: after the commit, once, word for word; a dead server loses nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from jinja2 import ChoiceLoader, DictLoader
from sqlalchemy import select

from core import outbox
from core.clock import FixedClock
from core.db import Database
from core.settings import Settings
from core.tables import ContactRow, OutboundMessageRow, PartyRow

TEMPLATES = {
    "message/en/reminder.email.txt": "Your instalment of {{ amount }}\nDear {{ party.name }},\nplease pay.\n",
    "message/zh/reminder.email.txt": "您的还款 {{ amount }}\n{{ party.name }}，您好！请按时还款。\n",
    "message/en/reminder.sms.txt": "Reminder\nPlease pay {{ amount }}.",
}


class Inbox:
    """What a real server received."""

    def __init__(self) -> None:
        self.envelopes: list[Any] = []
        self.answer = "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.envelopes.append(envelope)
        return self.answer


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, Controller]]:
    handler = Inbox()
    server = Controller(handler, hostname="127.0.0.1", port=0)
    server._get_ssl_context = lambda: None  # type: ignore[attr-defined]
    server.port = _free_port()
    server.start()
    yield handler, server
    server.stop(no_assert=True)


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def app_with_letters(app: Flask) -> Iterator[Flask]:
    app.jinja_env.loader = ChoiceLoader([DictLoader(TEMPLATES), app.jinja_env.loader])  # type: ignore[list-item]
    with app.app_context():
        yield app


def mailing(settings: Settings, port: int, tmp_path: Any) -> dict[str, outbox.Transport]:
    mail = replace(settings.mail, host="127.0.0.1", port=port, sender="lender@example.org")
    return outbox.transports(replace(settings, mail=mail, sms_drop=tmp_path))


def borrower(database: Database, locale: str = "en", *, demo: bool = False) -> PartyRow:
    at = database.clock.now()
    contacts = [
        ContactRow(kind="email", value="b@example.org", value_index="x", created_at=at),
        ContactRow(kind="phone", value="+86 13800000000", value_index="y", created_at=at),
    ]
    return PartyRow(kind="person", name="A. B.", locale=locale, is_demo=demo, created_at=at, contacts=contacts)


def write(database: Database, party: PartyRow, key: str = "k1", channel: str = "email", **more: Any) -> None:
    with database.work() as w:
        w.add(party)
        w.session.flush()
        outbox.send_later(
            w, "reminder", party, channel=channel, dedupe_key=key, context={"amount": "CNY 100.00"}, **more
        )


def messages(database: Database) -> list[OutboundMessageRow]:
    with database.read() as r:
        return list(
            r.session.scalars(select(OutboundMessageRow).order_by(OutboundMessageRow.created_at, OutboundMessageRow.id))
        )


@pytest.mark.parametrize(
    ("locale", "title", "line"),
    [("en", "Your instalment of CNY 100.00", "Dear A. B.,"), ("zh_Hans_CN", "您的还款", "您好")],
)
def test_a_message_reaches_the_server_in_the_party_s_language(
    app_with_letters: Flask,
    database: Database,
    settings: Settings,
    inbox: Any,
    tmp_path: Any,
    locale: str,
    title: str,
    line: str,
) -> None:
    handler, server = inbox
    write(database, borrower(database, locale))
    assert handler.envelopes == []
    assert outbox.deliver_due(database, mailing(settings, server.port, tmp_path)) == 1
    from email import message_from_bytes, policy

    mail = message_from_bytes(handler.envelopes[0].content, policy=policy.default)
    row = messages(database)[0]
    assert handler.envelopes[0].rcpt_tos == ["b@example.org"]
    assert title in str(mail["Subject"])
    assert line in mail.get_content()
    assert mail.get_content().replace("\r\n", "\n") == row.body
    assert mail["Message-ID"] == f"<{row.id}@example.org>"
    assert (row.status, row.attempts) == ("sent", 1)
    assert outbox.deliver_due(database, mailing(settings, server.port, tmp_path)) == 0
    assert len(handler.envelopes) == 1


def test_a_rolled_back_cause_sends_nothing(app_with_letters: Flask, database: Database) -> None:
    with pytest.raises(RuntimeError), database.work() as w:
        party = w.add(borrower(database))
        w.session.flush()
        outbox.send_later(w, "reminder", party, channel="email", dedupe_key="k", context={"amount": "1"})
        raise RuntimeError
    assert messages(database) == []


def test_a_second_message_with_the_same_key_is_not_written(app_with_letters: Flask, database: Database) -> None:
    party = borrower(database)
    write(database, party)
    with database.work() as w:
        assert (
            outbox.send_later(w, "reminder", party, channel="email", dedupe_key="k1", context={"amount": "2"}) is None
        )
    assert len(messages(database)) == 1


def test_a_dead_server_loses_nothing_and_says_why(
    app_with_letters: Flask, database: Database, settings: Settings, clock: FixedClock, inbox: Any, tmp_path: Any
) -> None:
    _, server = inbox
    write(database, borrower(database))
    dead = mailing(settings, _free_port(), tmp_path)
    assert outbox.deliver_due(database, dead) == 0
    waiting = messages(database)[0]
    assert waiting.status == "queued"
    assert "refused" in (waiting.last_error or "").lower()
    assert outbox.deliver_due(database, mailing(settings, server.port, tmp_path)) == 0  # not before its pause is over
    clock.set(clock.now() + timedelta(hours=1))
    assert outbox.deliver_due(database, mailing(settings, server.port, tmp_path)) == 1
    assert messages(database)[0].status == "sent"


def test_a_server_that_refuses_leaves_the_message_queued(
    app_with_letters: Flask, database: Database, settings: Settings, inbox: Any, tmp_path: Any
) -> None:
    handler, server = inbox
    handler.answer = "554 no"
    write(database, borrower(database))
    outbox.deliver_due(database, mailing(settings, server.port, tmp_path))
    assert messages(database)[0].status == "queued"
    assert "554" in (messages(database)[0].last_error or "")


def test_a_text_message_is_dropped_as_a_file(
    app_with_letters: Flask, database: Database, settings: Settings, tmp_path: Any
) -> None:
    write(database, borrower(database), channel="sms")
    assert outbox.deliver_due(database, mailing(settings, 9, tmp_path)) == 1
    [path] = tmp_path.glob("*.json")
    assert json.loads(path.read_text()) == {
        "id": path.stem,
        "to": "+86 13800000000",
        "text": "Please pay CNY 100.00.\n",
    }


def test_demo_parties_are_never_written_to(
    app_with_letters: Flask, database: Database, settings: Settings, inbox: Any, tmp_path: Any
) -> None:
    handler, server = inbox
    write(database, borrower(database, demo=True))
    assert outbox.deliver_due(database, mailing(settings, server.port, tmp_path)) == 0
    assert (messages(database)[0].status, handler.envelopes) == ("demo", [])


def test_a_party_without_an_address_shows_as_failed(app_with_letters: Flask, database: Database) -> None:
    party = borrower(database)
    party.contacts = []
    write(database, party)
    assert messages(database)[0].status == "failed"
    assert messages(database)[0].last_error == "no email on file"
