"""Webhooks against a real receiver: at least once with the same id, in order, signed; nothing of what rolled back."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update

from core import audit, queue
from core.clock import FixedClock
from core.db import Database
from core.domain.actor import Actor, Role
from core.domain.errors import Conflict, InvalidInput, NotAllowed
from core.jobs import JobContext
from core.settings import ROOT
from core.tables import WebhookDeliveryRow, WebhookRow
from core.web.jobs import run_tidy
from core.webhook import address, deliver, events, keep, views
from tests.core.receiver import Receiver, receiving

ADMIN = Actor(uuid4(), "Ada Admin", frozenset({Role.ADMIN}))
IN_ORDER = (WebhookDeliveryRow.created_at, WebhookDeliveryRow.seq, WebhookDeliveryRow.id)
KINDS = ("loan.opened", "payment.received", "loan.disbursed", "loan.closed")


@pytest.fixture
def receiver(app: Flask, database: Database) -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def listen(database: Database, url: str, kinds: tuple[str, ...] = KINDS) -> tuple[UUID, str]:
    with database.work(ADMIN) as w:
        return keep.add(w, name="core banking", url=url, kinds=kinds)


def happen(database: Database, loan: UUID, *actions: str, **data: object) -> None:
    for action in actions:
        with database.work() as w:
            audit.record(w, f"loan.{action}", "loan", loan, **data)


def send(database: Database) -> int:
    return deliver.deliver_due(database, production=False)


def later(clock: FixedClock, **how: float) -> None:
    clock.set(clock.now() + timedelta(**how))


def rows(database: Database) -> list[WebhookDeliveryRow]:
    with database.read() as r:
        return list(r.session.scalars(select(WebhookDeliveryRow).order_by(*IN_ORDER)))


def signed_by(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """As docs/api.md tells receivers to check it."""
    expected = hmac.new(secret.encode(), headers["Promissory-Timestamp"].encode() + b"." + body, hashlib.sha256)
    given = [one.partition("=")[2] for one in headers["Promissory-Signature"].split(",")]
    return any(hmac.compare_digest(expected.hexdigest(), one) for one in given)


def test_an_event_arrives_signed_after_the_commit(database: Database, receiver: Receiver, clock: FixedClock) -> None:
    _, secret = listen(database, receiver.url)
    loan = uuid4()
    happen(database, loan, "payment", amount=88849, currency="CNY", payer="Li Hua", note="private")
    assert receiver.got == []
    assert send(database) == 1
    [(headers, body)] = receiver.got
    said = json.loads(body)
    assert signed_by(secret, headers, body)
    assert not signed_by(secret + "x", headers, body)
    assert headers["Promissory-Event-Id"] == said["id"]
    assert (headers["Promissory-Event-Type"], said["type"]) == ("payment.received", "payment.received")
    assert headers["Promissory-Timestamp"] == str(int(clock.now().timestamp()))
    assert said["created_at"] == "2026-03-02T04:00:00.000000Z"
    about = {"type": "loan", "id": str(loan), "reference": None, "status": None, "sequence": 1}
    assert said["subject"] == about
    assert said["data"] == {"amount": 88849, "currency": "CNY", "kind": "payment"}, "only what a source names"
    assert (send(database), len(receiver.got)) == (0, 1)


def test_what_rolls_back_is_never_told(database: Database, receiver: Receiver) -> None:
    listen(database, receiver.url)
    with pytest.raises(RuntimeError), database.work() as w:
        audit.record(w, "loan.opened", "loan", uuid4())
        audit.history(w, ("loan", uuid4()))  # writes what waits
        raise RuntimeError
    assert (rows(database), send(database), receiver.got) == ([], 0, [])


def test_the_worker_is_asked_in_the_same_transaction(database: Database, receiver: Receiver) -> None:
    listen(database, receiver.url)
    happen(database, uuid4(), "opened")
    query = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = :name AND status = 'todo'")
    with database.read() as r:
        assert r.session.scalar(query, {"name": events.DELIVER}) == 1
    queue._TASKS[events.DELIVER][0]()
    assert len(receiver.got) == 1


def test_the_clock_wakes_the_worker_only_when_something_waits(database: Database, receiver: Receiver) -> None:
    query = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = :name")
    with database.work() as w:
        deliver.wake(w)
        assert w.session.scalar(query, {"name": events.DELIVER}) == 0
    listen(database, receiver.url)
    happen(database, uuid4(), "opened")
    with database.work() as w:
        w.session.execute(text("DELETE FROM procrastinate_jobs"))
    with database.work() as w:
        deliver.wake(w)
        assert w.session.scalar(query, {"name": events.DELIVER}) == 1


def test_500_then_200_is_the_same_event_with_a_fresh_signature(
    database: Database, receiver: Receiver, clock: FixedClock
) -> None:
    receiver.answers = [500, 200]
    _, secret = listen(database, receiver.url)
    happen(database, uuid4(), "opened")
    send(database)
    [waiting] = rows(database)
    assert (waiting.status, waiting.attempts, waiting.last_status) == ("queued", 1, 500)
    assert (send(database), len(receiver.got)) == (0, 1), "not before its pause is over"
    later(clock, seconds=16)
    assert send(database) == 1
    (first, body), (second, again) = receiver.got
    assert body == again
    assert first["Promissory-Event-Id"] == second["Promissory-Event-Id"] == str(waiting.event_id)
    assert int(second["Promissory-Timestamp"]) - int(first["Promissory-Timestamp"]) == 16
    assert signed_by(secret, second, again)
    [row] = rows(database)
    assert (row.status, row.attempts, row.last_status, row.last_error) == ("delivered", 2, 200, None)
    with database.read() as r:
        assert views.list_webhooks(r)[0].health == "well"


def test_one_subject_s_events_keep_their_order_and_others_go_ahead(
    database: Database, receiver: Receiver, clock: FixedClock
) -> None:
    first, second = uuid4(), uuid4()
    listen(database, receiver.url)
    happen(database, first, "opened", "disbursed", "payment")
    later(clock, seconds=1)
    happen(database, second, "opened")
    with database.work() as w:  # the first of the three has just failed
        head = select(WebhookDeliveryRow.id).where(WebhookDeliveryRow.kind == "loan.opened").limit(1)
        mine = head.where(WebhookDeliveryRow.subject_id == str(first)).scalar_subquery()
        w.session.execute(
            update(WebhookDeliveryRow)
            .where(WebhookDeliveryRow.id == mine)
            .values(not_before=clock.now() + timedelta(minutes=1))
        )
    assert send(database) == 1
    assert json.loads(receiver.got[0][1])["subject"]["id"] == str(second)
    later(clock, minutes=2)
    assert send(database) == 3
    assert [json.loads(body)["type"] for _, body in receiver.got[1:]] == [
        "loan.opened", "loan.disbursed", "payment.received",
    ]  # fmt: skip
    assert [json.loads(body)["subject"]["sequence"] for _, body in receiver.got[1:]] == [1, 2, 3]


def test_a_later_event_is_not_sent_while_the_earlier_one_is_on_its_way(database: Database, receiver: Receiver) -> None:
    """Another worker holds the earlier one: its row is locked, not yet marked."""
    listen(database, receiver.url)
    happen(database, uuid4(), "opened", "disbursed")
    with database.work() as other:
        held = select(WebhookDeliveryRow).where(WebhookDeliveryRow.kind == "loan.opened").with_for_update()
        assert other.session.scalars(held).one()
        assert send(database) == 0
    assert send(database) == 2


def test_a_receiver_that_is_down_for_a_day_misses_nothing(
    database: Database, receiver: Receiver, clock: FixedClock
) -> None:
    receiver.answers = [503]
    loan = uuid4()
    listen(database, receiver.url)
    happen(database, loan, "opened", "disbursed")
    tries = 0
    for _ in range(24 * 6):
        send(database)
        tries = len(receiver.got)
        later(clock, minutes=10)
    assert 20 <= tries <= 40, "often enough to notice, seldom enough not to bother"
    with database.read() as r:
        assert views.list_webhooks(r)[0].health == "failing"
        assert views.failing(r) == ("core banking",)
    receiver.answers = [200]
    for _ in range(7):
        send(database)
        later(clock, minutes=10)
    assert [row.status for row in rows(database)] == ["delivered", "delivered"]
    taken = [json.loads(body)["type"] for _, body in receiver.got[tries:]]
    assert taken == ["loan.opened", "loan.disbursed"]


def test_a_receiver_that_is_down_holds_up_no_other(database: Database, receiver: Receiver) -> None:
    with receiving(answers=[500]) as broken:
        listen(database, broken.url)
        listen(database, receiver.url)
        for _ in range(5):
            happen(database, uuid4(), "opened")
        send(database)
        assert (len(broken.got), len(receiver.got)) == (1, 5), "a failure is tried again after a pause"
        assert set(broken.ids()) <= set(receiver.ids()), "one event has one id for everybody"


def test_what_was_given_up_is_visible_and_goes_again_under_the_same_id(
    database: Database, receiver: Receiver, clock: FixedClock
) -> None:
    receiver.answers = [500]
    hook, _ = listen(database, receiver.url)
    happen(database, uuid4(), "opened", "disbursed")
    for _ in range(60):
        send(database)
        later(clock, hours=1)
    assert [row.status for row in rows(database)] == ["failed", "failed"]
    with database.read() as r:
        assert (views.count_failed(r), views.count_by_state(r, hook)) == (2, {"failed": 2})
    before = set(receiver.ids())
    receiver.answers, receiver.got = [200], []
    assert send(database) == 0
    with database.work(ADMIN) as w:
        assert keep.resend_failed(w, hook) == 2
    assert send(database) == 2
    assert set(receiver.ids()) == before
    assert [json.loads(body)["type"] for _, body in receiver.got] == ["loan.opened", "loan.disbursed"]
    with database.work(ADMIN) as w:  # a receiver that lost it asks for it once more
        keep.resend(w, hook, rows(database)[0].id)
    assert send(database) == 1
    assert receiver.ids()[2] == receiver.ids()[0]
    with database.read() as r:
        told = [event.action for event in audit.history(r, ("webhook", hook))]
    assert told == ["webhook.added", "webhook.sent_again", "webhook.sent_again"]


def test_both_secrets_sign_for_a_day_after_rotation(database: Database, receiver: Receiver, clock: FixedClock) -> None:
    hook, old = listen(database, receiver.url)
    with database.work(ADMIN) as w:
        new = keep.rotate(w, hook, 1)
    assert new != old
    happen(database, uuid4(), "opened")
    send(database)
    later(clock, hours=24)
    happen(database, uuid4(), "opened")
    send(database)
    (during, first), (after, second) = receiver.got
    assert (signed_by(old, during, first), signed_by(new, during, first)) == (True, True)
    assert (signed_by(old, after, second), signed_by(new, after, second)) == (False, True)


def test_secrets_are_kept_encrypted_and_out_of_the_trail(database: Database, receiver: Receiver) -> None:
    hook, old = listen(database, receiver.url)
    with database.work(ADMIN) as w:
        new = keep.rotate(w, hook, 1)
    with database.read() as r:
        kept = r.session.execute(text("SELECT h::text FROM webhook h")).scalar_one()
        told = r.session.execute(text("SELECT string_agg(a.data::text, ' ') FROM audit_event a")).scalar_one()
    for secret in (old, new):
        assert secret not in kept + told


def test_a_slow_receiver_is_tried_again(
    database: Database, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, clock: FixedClock
) -> None:
    monkeypatch.setattr(address, "SECONDS_MAX", 0.2)
    receiver.wait = 0.5
    listen(database, receiver.url)
    happen(database, uuid4(), "opened")
    send(database)
    assert "no answer within" in (rows(database)[0].last_error or "")
    receiver.wait = 0.0
    later(clock, seconds=16)
    assert send(database) == 1


def test_a_stopped_webhook_hears_nothing_and_what_waits_goes_when_it_starts(
    database: Database, receiver: Receiver
) -> None:
    hook, _ = listen(database, receiver.url)
    happen(database, uuid4(), "opened")
    with database.work(ADMIN) as w:
        keep.set_active(w, hook, 1, active=False)
    happen(database, uuid4(), "opened")
    assert (send(database), len(rows(database))) == (0, 1)
    with pytest.raises(Conflict), database.work(ADMIN) as w:
        keep.resend_failed(w, hook)
    with database.work(ADMIN) as w:
        keep.set_active(w, hook, 2, active=True)
    assert send(database) == 1
    happen(database, uuid4(), "opened")
    assert send(database) == 1, "nobody remembers that nobody listened"


def test_only_kinds_asked_for_are_told_and_a_demonstration_tells_nothing(
    database: Database, receiver: Receiver
) -> None:
    listen(database, receiver.url, ("loan.disbursed",))
    happen(database, uuid4(), "opened", "contact", "disbursed")
    with database.work() as w:
        queue.mute(w)
        audit.record(w, "loan.disbursed", "loan", uuid4())
    assert [row.kind for row in rows(database)] == ["loan.disbursed"]


def test_without_webhooks_works_ask_nothing(database: Database, app: Flask) -> None:
    from sqlalchemy import event

    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    happen(database, uuid4(), "opened")
    event.listen(database.engine, "before_cursor_execute", note)
    happen(database, uuid4(), "opened")
    event.remove(database.engine, "before_cursor_execute", note)
    assert [one for one in seen if "webhook" in one] == []


@pytest.mark.parametrize(
    ("how", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"url": ""}, "url"),
        ({"kinds": ()}, "kinds"),
        ({"kinds": ("loan.everything",)}, "kinds"),
    ],
)
def test_what_cannot_be_a_webhook_is_refused(database: Database, app: Flask, how: dict, field: str) -> None:
    good = {"name": "site", "url": "http://127.0.0.1/", "kinds": KINDS}
    with pytest.raises(InvalidInput) as refused, database.work(ADMIN) as w:
        keep.add(w, **(good | how))
    assert list(refused.value.fields) == [field]


def test_only_administrators_may_and_stale_forms_may_not(database: Database, receiver: Receiver) -> None:
    hook, _ = listen(database, receiver.url)
    officer = Actor(uuid4(), "Otto", frozenset({Role.OFFICER, Role.RISK_MANAGER}))
    for act in (
        lambda w: keep.add(w, name="x", url=receiver.url, kinds=KINDS),
        lambda w: keep.change(w, hook, 1, name="x", url=receiver.url, kinds=KINDS),
        lambda w: keep.rotate(w, hook, 1),
        lambda w: keep.set_active(w, hook, 1, active=False),
        lambda w: keep.write_test(w, hook),
        lambda w: keep.resend(w, hook, uuid4()),
        lambda w: keep.resend_failed(w, hook),
    ):
        with pytest.raises(NotAllowed), database.work(officer) as w:
            act(w)
    for act in (
        lambda w: keep.change(w, hook, 7, name="x", url=receiver.url, kinds=KINDS),
        lambda w: keep.rotate(w, hook, 7),
        lambda w: keep.set_active(w, hook, 7, active=False),
    ):
        with pytest.raises(Conflict), database.work(ADMIN) as w:
            act(w)


def test_there_is_a_limit_to_webhooks(database: Database, app: Flask) -> None:
    for _ in range(keep.WEBHOOKS_MAX):
        listen(database, "http://127.0.0.1/")
    with pytest.raises(Conflict):
        listen(database, "http://127.0.0.1/")


def test_old_deliveries_are_tidied_and_open_ones_stay(
    app: Flask, database: Database, receiver: Receiver, clock: FixedClock
) -> None:
    hook, _ = listen(database, receiver.url)
    happen(database, uuid4(), "opened")
    send(database)
    receiver.answers = [500]
    happen(database, uuid4(), "opened")
    send(database)
    later(clock, days=deliver.DELIVERED_KEPT.days + 1)
    context = JobContext(app, database, app.extensions["promissory"].settings, clock.today(), lambda **_: None)
    assert run_tidy(context) == {"deliveries": 1}
    assert [row.status for row in rows(database)] == ["queued"]
    with database.read() as r:
        assert r.session.scalar(select(func.count()).select_from(WebhookRow).where(WebhookRow.id == hook)) == 1


def test_the_receiver_s_ten_lines_of_the_documentation_do_what_they_say(
    database: Database, receiver: Receiver, clock: FixedClock
) -> None:
    code = re.search(r"```python\n(.*?)```", (ROOT / "docs/api.md").read_text("utf-8"), re.DOTALL)[1]
    found: dict[str, Any] = {}
    exec(code, found)
    verify, now = found["verify"], clock.now().timestamp()
    _, secret = listen(database, receiver.url)
    happen(database, uuid4(), "opened")
    send(database)
    [(headers, body)] = receiver.got
    assert verify(secret, headers, body, now)
    assert verify(secret, headers, body, now + 299)
    assert not verify(secret, headers, body, now + 301)
    assert not verify("whsec_other", headers, body, now)
    assert not verify(secret, headers, body + b" ", now)


def test_every_kind_is_documented(app: Flask) -> None:
    kinds = {*events.known_kinds(), events.TEST}
    described = json.loads((ROOT / "docs/openapi.json").read_text("utf-8"))["components"]["schemas"]["Event"]
    assert set(described["properties"]["type"]["enum"]) == kinds
    page = (ROOT / "docs/api.md").read_text("utf-8")
    assert [kind for kind in kinds if f"`{kind}`" not in page] == []
