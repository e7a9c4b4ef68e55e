"""The collector's desk: who is next and why, one borrower in one view, contacts, promises and holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from core.db import Work
from core.domain.actor import Role
from core.domain.errors import InvalidInput, LendingError, NotAllowed
from core.domain.money import Money
from core.domain.texts import Text
from core.i18n import current_locale, gettext, ngettext, show, translate
from core.web.forms import Form, read_choice, read_date, read_money, read_text
from core.web.guards import allow
from core.web.work import actor, read, work
from repayment.domain.entry_names import EVENT_NAMES
from repayment.domain.state import EventKind, LoanStatus
from repayment.queries.changes import ChangeView, changes_of, hand_over_of, open_proposals
from repayment.queries.collector import Stretch, borrower, desk, messages_of_loan
from repayment.queries.loan_page import LoanPage, ReminderView, loan_page
from repayment.steps.hold import HoldKind, place_hold, release_hold
from repayment.steps.promise import promise
from repayment.steps.record_contact import record_contact
from repayment.steps.reveal_contact import reveal_contact
from repayment.web.words import (
    CHANGE_KINDS,
    CHANGE_NAMES,
    CHANNEL_NAMES,
    HOLD_NAMES,
    HOLDS_OFFERED,
    LINE_LOOKS,
    OUTCOME_NAMES,
    PAY_CHANNELS,
    PROMISE_LOOKS,
    STAGE_NAMES,
    STATUS_LOOKS,
    STRETCH_NAMES,
    WHY_WORDS,
)

bp = Blueprint("collector", __name__, url_prefix="/collector")
WORKERS = (Role.COLLECTOR, Role.OFFICER, Role.APPROVER)
READERS = (*WORKERS, Role.RISK_MANAGER, Role.AUDITOR, Role.ADMIN)
PAGE = 40
HOLD_DAYS = 30
PROMISE_DAYS = 3


@bp.get("/")
@allow(*WORKERS)
def worklist() -> str:
    """Late loans by stage; promises due today on top, each with the reason why it is next."""
    asked = request.args.get("stage")
    stretch = Stretch(asked) if asked in {one.value for one in Stretch} else None
    search, page = request.args.get("q", "")[:100], max(1, request.args.get("page", 1, type=int))
    with read() as r:
        found = desk(r, stretch, search=search, limit=PAGE, offset=(page - 1) * PAGE)
        today = r.today
    stage = stretch.value if stretch else ""
    return render_template(
        "collector/worklist.html", desk=found, search=search, stage=stage, today=today, page=page,
        pages=-(-found.total // PAGE), tab_items=_tabs(found.counts, stretch), why=WHY_WORDS, hold_names=HOLD_NAMES,
        page_url=url_for("collector.worklist", stage=stage or None, q=search or None) + _joint(stage, search),
        locale=_folder(),
    )  # fmt: skip


def _joint(*given: str) -> str:
    return ("&" if any(given) else "?") + "page={page}"


def _tabs(counts: Mapping[Stretch | None, int], current: Stretch | None) -> list[dict[str, Any]]:
    stages: list[Stretch | None] = [None, *Stretch]
    return [
        {
            "label": translate(STRETCH_NAMES[stage]),
            "url": url_for("collector.worklist", stage=stage.value if stage else None),
            "current": stage is current,
            "count": counts[stage],
        }
        for stage in stages
    ]


def _folder() -> str:
    return "zh" if current_locale().startswith("zh") else "en"


@bp.get("/loans/<uuid:loan_id>")
@allow(*READERS)
def loan(loan_id: UUID) -> str:
    """One loan with its borrower: what is owed, what was said and sent, what may be done now."""
    return _page(loan_id, Form())


def _page(loan_id: UUID, form: Form, shown: Mapping[UUID, str] | None = None) -> str:
    with read() as r:
        found = loan_page(r, loan_id)
        who = borrower(r, loan_id, contacts_recent=found.contacts_recent, contacts_max=found.contacts_max)
        sent, today = messages_of_loan(r, loan_id), r.today
        proposals, changes, elsewhere = open_proposals(r, loan_id), changes_of(r, loan_id), hand_over_of(r, loan_id)
    if not form.values:
        form.values = {
            "channel": "call",
            "promise_amount": str(found.summary.overdue or found.summary.next_due),
            "promise_on": (today + timedelta(days=PROMISE_DAYS)).isoformat(),
            "hold_until_on": (today + timedelta(days=HOLD_DAYS)).isoformat(),
        }
    standing = [hold for hold in found.holds if _stands(hold, today)]
    return render_template(
        "collector/loan.html", loan=found, s=found.summary, who=who, sent=sent, form=form, today=today,
        holds=standing, may_work=actor().has(*WORKERS), shown=shown or {}, locale=_folder(),
        active=found.summary.status is LoanStatus.ACTIVE, look=STATUS_LOOKS[found.summary.status],
        open_promise=next((one for one in found.promises if one.status == "OPEN"), None),
        history=_history(found, changes), promise_looks=PROMISE_LOOKS, hold_names=HOLD_NAMES, stage_names=STAGE_NAMES,
        channel_names=CHANNEL_NAMES, status_looks=STATUS_LOOKS, line_looks=LINE_LOOKS,
        outcomes=list(OUTCOME_NAMES.items()), holds_offered=[(name, HOLD_NAMES[name]) for name in HOLDS_OFFERED],
        contact_channels=list(CHANNEL_NAMES.items()),
        meter=gettext("%(n)s of %(all)s this week", n=found.contacts_recent, all=found.contacts_max),
        pay_channels=PAY_CHANNELS, proposals=proposals, changes=changes, standing=elsewhere, change_names=CHANGE_NAMES,
        changes_offered=_offered(found), may_decide=actor().has(Role.APPROVER),
        may_hand_over=actor().has(Role.COLLECTOR, Role.APPROVER)
        and found.summary.status in {LoanStatus.ACTIVE, LoanStatus.CHARGED_OFF},
    )  # fmt: skip


def _offered(found: LoanPage) -> list[tuple[str, EventKind]]:
    """The changes that make sense for a loan as it stands."""
    status = found.summary.status
    names = {LoanStatus.ACTIVE: ["waive", "plan", "charge-off", "sale"], LoanStatus.CHARGED_OFF: ["sale"]}
    wanted = names.get(status, []) + (["refund"] if found.credit and status is not LoanStatus.PENDING else [])
    return [(name, CHANGE_KINDS[name]) for name in wanted]


def _stands(hold: Any, today: Any) -> bool:
    return hold.released_on is None and (hold.until_on is None or hold.until_on >= today)


def _history(found: LoanPage, changes: Sequence[ChangeView]) -> list[dict[str, Any]]:
    """Contacts, reminders, promises, holds and changes of the loan as one line of time, latest first."""
    events: list[tuple[Any, dict[str, Any]]] = []
    for one in found.contacts:
        title = f"{translate(CHANNEL_NAMES.get(one.channel, one.channel))}: {translate(OUTCOME_NAMES[one.outcome])}"
        text = one.note
        if one.next_step_on:
            text = f"{text} {translate(Text('Next step on {day}', day=one.next_step_on))}".strip()
        icon = "phone" if one.channel in {"call", "incoming"} else "message"
        events.append((one.contacted_on, {"title": title, "at": one.contacted_at, "by": one.actor_name, "text": text,
                                          "icon": icon, "kind": "info"}))  # fmt: skip
    for sent in found.reminders:
        ways = " · ".join(translate(CHANNEL_NAMES.get(channel, channel)) for channel in sent.channels)
        text = _asked_for(sent) if sent.dpd > 0 else ""
        events.append((sent.acted_on, {"title": translate(STAGE_NAMES.get(sent.stage, sent.stage)), "at": sent.acted_on,
                                       "by": ways, "text": text, "icon": "send"}))  # fmt: skip
    for given in found.promises:
        word, look = PROMISE_LOOKS[given.status]
        title = translate(Text("Promised {sum} by {day}", sum=given.amount, day=given.due_on))
        events.append((given.made_on, {"title": f"{title} – {translate(word)}", "at": given.made_on,
                                       "by": given.actor_name, "icon": "calendar-due", "kind": look}))  # fmt: skip
    for hold in found.holds:
        title = translate(Text("On hold: {kind}", kind=translate(HOLD_NAMES[hold.kind])))
        events.append((hold.from_on, {"title": title, "at": hold.from_on, "by": hold.actor_name, "text": hold.reason,
                                      "icon": "hand-stop", "kind": "warn"}))  # fmt: skip
    for change in changes:
        title = translate(EVENT_NAMES[change.kind])
        if change.amount:
            title = f"{title}: {show(change.amount)}"
        if change.reversed_on:
            title = f"{title} – {translate(Text('taken back on {day}', day=change.reversed_on))}"
        events.append((change.value_on, {"title": title, "at": change.value_on, "by": change.actor_name,
                                         "text": change.data.get("reason", ""), "icon": "edit"}))  # fmt: skip
    return [event for _, event in sorted(events, key=lambda pair: pair[0], reverse=True)]


def _asked_for(sent: ReminderView) -> str:
    late = ngettext("%(num)s day late", "%(num)s days late", sent.dpd)
    asked = translate(Text("{sum} asked for", sum=sent.amount))
    return f"{late} · {asked}"


def _refused(loan_id: UUID, form: Form, error: LendingError, renamed: Mapping[str, str]) -> tuple[str, int]:
    """The page again: what went wrong on top, everything typed kept."""
    if isinstance(error, InvalidInput):
        form.take(InvalidInput({renamed.get(name, name): texts for name, texts in error.fields.items()}))
        return _page(loan_id, form), 422
    form.add("_", error.args[0] if error.args else error.message)
    return _page(loan_id, form), 403 if isinstance(error, NotAllowed) else 409


@bp.post("/loans/<uuid:loan_id>/contact")
@allow(*WORKERS)
def contact(loan_id: UUID) -> Response | tuple[str, int]:
    """Logs a contact; a promise, a dispute or hardship told in it takes effect at once."""
    form = Form(request.form.to_dict())
    renamed = {"amount": "promise_amount", "due_on": "promise_on", "reason": "note", "until_on": "hold_until_on"}
    try:
        with work() as w:
            changed = loan_page(w, loan_id).row_version != request.form.get("version", type=int)
            _log(w, loan_id, form)
    except LendingError as error:
        return _refused(loan_id, form, error, renamed)
    flash(gettext("Contact logged."), "success")
    if changed:
        flash(gettext("Something was booked on this loan while you had it open; the page now shows it."), "info")
    return _back(loan_id)


def _log(w: Work, loan_id: UUID, form: Form) -> None:
    currency = loan_page(w, loan_id).summary.principal.currency
    outcome = form.read(read_choice, "outcome", OUTCOME_NAMES, missing=Text("Choose what came of it"))
    channel = form.read(read_choice, "channel", CHANNEL_NAMES, missing=Text("Choose how you were in contact"))
    note = form.read(read_text, "note", longest=2000)
    next_on = form.read(read_date, "next_step_on", earliest=w.today)
    amount, due_on = None, None
    if outcome == "promise":
        amount = form.read(read_money, "promise_amount", currency, missing=Text("Enter the amount promised"))
        due_on = form.read(read_date, "promise_on", missing=Text("Enter the day the money is promised for"))
    elif outcome in {"dispute", "hardship"} and not note:
        form.add("note", Text("Write down what the borrower said"))
    form.check()
    record_contact(w, loan_id, channel=str(channel), outcome=str(outcome), note=str(note or ""), next_step_on=next_on)
    if isinstance(amount, Money) and due_on is not None:
        promise(w, loan_id, amount=amount, due_on=due_on)
    if outcome in {"dispute", "hardship"}:
        kind = HoldKind(str(outcome).upper())
        if not any(hold.kind == kind and _stands(hold, w.today) for hold in loan_page(w, loan_id).holds):
            place_hold(w, loan_id, kind=kind, reason=str(note), until_on=w.today + timedelta(days=HOLD_DAYS))


@bp.post("/loans/<uuid:loan_id>/hold")
@allow(*WORKERS)
def hold(loan_id: UUID) -> Response | tuple[str, int]:
    """Puts reminders on hold until a deadline."""
    form = Form(request.form.to_dict())
    try:
        with work() as w:
            kind = form.read(read_choice, "hold_kind", HOLDS_OFFERED, missing=Text("Choose the kind of hold"))
            until_on = form.read(read_date, "hold_until_on", missing=Text("Enter the deadline"))
            form.check()
            place_hold(
                w, loan_id, kind=HoldKind(str(kind)), reason=request.form.get("hold_reason", ""), until_on=until_on
            )
    except LendingError as error:
        names = {"reason": "hold_reason", "kind": "hold_kind", "until_on": "hold_until_on"}
        return _refused(loan_id, form, error, names)
    flash(gettext("On hold. Reminders that were waiting are held back."), "success")
    return _back(loan_id)


@bp.post("/loans/<uuid:loan_id>/holds/<uuid:hold_id>/release")
@allow(*WORKERS)
def release(loan_id: UUID, hold_id: UUID) -> Response | tuple[str, int]:
    """Ends a hold before its deadline."""
    try:
        with work() as w:
            release_hold(w, hold_id)
    except InvalidInput as error:
        return _refused(loan_id, Form(), error, {"hold_id": "_"})
    flash(gettext("The hold has ended."), "success")
    return _back(loan_id)


@bp.post("/loans/<uuid:loan_id>/contacts/<uuid:contact_id>")
@allow(*WORKERS)
def reveal(loan_id: UUID, contact_id: UUID) -> str:
    """A telephone number or address in full: on this answer only, and written down."""
    with work() as w:
        value = reveal_contact(w, loan_id, contact_id)
    return _page(loan_id, Form(), {contact_id: value})


def _back(loan_id: UUID) -> Response:
    return redirect(url_for("collector.loan", loan_id=loan_id), code=303)
