"""Changes of a loan on pages: waive, payment plan, charge-off, sale, refund; each seen in figures before it is booked.

Who has the authority books at once; who has not proposes, and an approver who is another person decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from core.db import Work
from core.domain.actor import Role
from core.domain.errors import InvalidInput, LendingError, NotAllowed, NotFound
from core.domain.ids import uuid7
from core.domain.money import Money
from core.domain.texts import Text
from core.i18n import gettext
from core.web.forms import Form, read_choice, read_date, read_integer, read_money, read_percent, read_text
from core.web.guards import allow
from core.web.work import actor, read, work
from repayment.domain.allocation import Component
from repayment.domain.plain import from_plain
from repayment.domain.policies import AccountingPolicy, ServicingPolicy
from repayment.domain.restructure import RestructurePlan
from repayment.domain.schedule_request import Amortization, Grace, InterestTreatment
from repayment.domain.state import EventKind
from repayment.queries.changes import (
    decided_proposals,
    open_proposals,
    proposal,
    rows_for_budget,
    waivable,
)
from repayment.queries.loan_page import loan_page
from repayment.queries.preview import Preview, preview_change
from repayment.steps.change_loan import may_book, plan_data, sale_data, waiver_data
from repayment.steps.propose import decide_proposal, propose, withdraw_proposal
from repayment.web.collector import WORKERS
from repayment.web.effect import effect_words
from repayment.web.words import CHANGE_KINDS, CHANGE_NAMES, COMPONENT_NAMES, PLAN_KINDS, TREATMENT_NAMES

bp = Blueprint("changes", __name__, url_prefix="/collector")
ROWS_MOST = 360


@dataclass(frozen=True, slots=True)
class Asked:
    """A change as typed: what the event will carry, its sum if it has one, and why."""

    kind: EventKind
    data: Mapping[str, Any]
    amount: Money | None
    reason: str


@bp.route("/loans/<uuid:loan_id>/change/<name>", methods=["GET", "POST"])
@allow(*WORKERS)
def change(loan_id: UUID, name: str) -> Response | str | tuple[str, int]:
    """One change: the form, then what it would do, then the act itself."""
    if name not in CHANGE_KINDS:
        raise NotFound(Text("There is no such page"))
    if request.method == "GET":
        return _page(loan_id, name, Form(_first_values(loan_id, name)))
    form = Form(request.form.to_dict())
    try:
        if request.form.get("action") != "book":
            with read() as r:
                asked = _read(r, loan_id, name, form)
                preview = preview_change(r, loan_id, kind=asked.kind, amount=asked.amount, data=asked.data)
            return _page(loan_id, name, form, preview, asked)
        with work() as w:
            asked = _read(w, loan_id, name, form)
            done = propose(
                w, loan_id, asked.kind, asked.data, amount=asked.amount, reason=asked.reason, key=form.values["key"]
            )
    except LendingError as error:
        return _refused(loan_id, name, form, error)
    if done.event_id is not None:
        flash(gettext("Booked. The loan now stands as it was shown."), "success")
    else:
        flash(gettext("Proposed. An approver who is another person decides; nothing is booked until then."), "success")
    return redirect(url_for("collector.loan", loan_id=loan_id), code=303)


def _first_values(loan_id: UUID, name: str) -> dict[str, str]:
    with read() as r:
        found = loan_page(r, loan_id)
    values = {"key": str(uuid7()), "component": "fees", "treatment": "due_at_end"}
    if name == "plan":
        left = sum(line.due_on > line.starts_on and bool(line.open) for line in found.lines)
        values |= {"instalments": str(max(left, 1)), "grace_principal": "0", "grace_interest": "0"}
        values["capitalise"] = "yes" if found.summary.overdue else ""
    if name == "refund":
        values["amount"] = str(found.credit)
    return values


def _read(w: Work, loan_id: UUID, name: str, form: Form) -> Asked:
    """What was typed. Raises InvalidInput with every field that is wrong."""
    currency = loan_page(w, loan_id).summary.principal.currency
    if not 8 <= len(str(form.values.get("key", ""))) <= 60:
        form.add("_", Text("This form is incomplete. Open it again."))
    reason = form.read(read_text, "reason", missing=Text("Say why"), longest=400)
    found = _READERS[name](w, loan_id, form, currency, str(reason or ""))
    form.check()
    assert found is not None  # every reader that answers nothing has put an error at its field
    return found


def _read_waiver(_w: Work, _loan_id: UUID, form: Form, currency: str, reason: str) -> Asked | None:
    component = form.read(read_choice, "component", COMPONENT_NAMES, missing=Text("Choose what is let go of"))
    amount = form.read(read_money, "amount", currency, missing=Text("Enter the amount to let go of"))
    if component is None or amount is None or not reason:
        return None
    return Asked(EventKind.WAIVER, waiver_data(Component(component), reason), amount, reason)


def _read_charge_off(_w: Work, _loan_id: UUID, _form: Form, _currency: str, reason: str) -> Asked | None:
    return Asked(EventKind.CHARGE_OFF, {"reason": reason}, None, reason)


def _read_sale(_w: Work, _loan_id: UUID, form: Form, currency: str, reason: str) -> Asked | None:
    buyer = form.read(read_text, "buyer", missing=Text("Say who buys the claim"))
    price = form.read(read_money, "amount", currency, missing=Text("Enter the price"))
    if not buyer or price is None:
        return None
    return Asked(EventKind.SALE, sale_data(buyer), price, reason)


def _read_refund(_w: Work, _loan_id: UUID, form: Form, currency: str, reason: str) -> Asked | None:
    amount = form.read(read_money, "amount", currency, missing=Text("Enter the amount to pay back"))
    return None if amount is None else Asked(EventKind.CREDIT_REFUND, {}, amount, reason)


def _read_plan(w: Work, loan_id: UUID, form: Form, currency: str, reason: str) -> Asked | None:
    budget = form.read(read_money, "budget", currency)
    missing = None if budget is not None else Text("Enter the number of instalments")
    rows = form.read(read_integer, "instalments", missing=missing, low=1, high=ROWS_MOST)
    rate = form.read(read_percent, "rate", high=100)
    kind = form.read(read_choice, "amortization", PLAN_KINDS)
    rests = form.read(read_integer, "grace_principal", low=0, high=ROWS_MOST - 1) or 0
    silent = form.read(read_integer, "grace_interest", low=0, high=ROWS_MOST - 1) or 0
    treatment = form.read(read_choice, "treatment", TREATMENT_NAMES) or InterestTreatment.DUE_AT_END.value
    first = form.read(read_date, "first_due_on", earliest=w.today)
    if form.errors:
        return None
    plan = RestructurePlan(
        instalments=rows or max(rests, silent) + 1, rate_annual=rate, amortization=Amortization(kind) if kind else None,
        first_due_on=first, grace=Grace(rests, silent, InterestTreatment(treatment)),
        capitalise_arrears=form.values.get("capitalise") == "yes", reason=reason,
    )  # fmt: skip
    if budget is not None and form.values.get("action") == "fit":
        wanted = rows_for_budget(w, loan_id, plan, budget)
        if wanted is None:
            form.add("budget", Text("No number of instalments up to {most} keeps within this", most=ROWS_MOST))
            return None
        form.values = {**form.values, "instalments": str(wanted)}
        plan = replace(plan, instalments=wanted)
    return Asked(EventKind.RESTRUCTURE, plan_data(plan), None, reason)


_READERS: dict[str, Callable[[Work, UUID, Form, str, str], Asked | None]] = {
    "waive": _read_waiver,
    "plan": _read_plan,
    "charge-off": _read_charge_off,
    "sale": _read_sale,
    "refund": _read_refund,
}


def _page(loan_id: UUID, name: str, form: Form, preview: Preview | None = None, asked: Asked | None = None) -> str:
    with read() as r:
        found, today = loan_page(r, loan_id), r.today
        chart = r.policy(AccountingPolicy).chart.lines
        waiting = [one for one in open_proposals(r, loan_id) if one.kind is CHANGE_KINDS[name]]
        may = asked is not None and may_book(r, loan_id, asked.kind, asked.amount)
        dues = waivable(r, loan_id) if name == "waive" else {}
        authority = r.policy(ServicingPolicy).authority
    budget = None
    if name == "plan" and preview is not None and form.values.get("budget"):
        budget = read_money(form.values, "budget", found.summary.principal.currency)
    return render_template(
        "collector/change.html", loan=found, s=found.summary, form=form, name=name, kind=CHANGE_KINDS[name],
        names=CHANGE_NAMES, preview=preview, asked=asked, may=may, waiting=waiting, dues=dues, today=today,
        authority=authority, budget=budget, component_names=COMPONENT_NAMES, plan_kinds=PLAN_KINDS,
        treatments=TREATMENT_NAMES, **effect_words(chart),
    )  # fmt: skip


def _refused(loan_id: UUID, name: str, form: Form, error: LendingError) -> tuple[str, int]:
    if isinstance(error, InvalidInput):
        form.errors = {}  # the form's fields are named like the plan's parts: grace_principal for grace.principal
        named = {"annual_rate": "rate"}
        form.take(InvalidInput({named.get(f, f.replace(".", "_")): said for f, said in error.fields.items()}))
        return _page(loan_id, name, form), 422
    form.add("_", error.args[0] if error.args else error.message)
    return _page(loan_id, name, form), 403 if isinstance(error, NotAllowed) else 409


@bp.get("/proposals")
@allow(*WORKERS)
def inbox() -> str:
    """What waits for a second person, and the latest decisions."""
    with read() as r:
        waiting, done = open_proposals(r), decided_proposals(r)
    return render_template("collector/proposals.html", waiting=waiting, done=done, names=CHANGE_NAMES)


@bp.route("/proposals/<uuid:proposal_id>", methods=["GET", "POST"])
@allow(*WORKERS)
def decide(proposal_id: UUID) -> Response | str | tuple[str, int]:
    """One proposal with its effect as of today; an approver decides, its author may take it back."""
    if request.method == "GET":
        return _proposal_page(proposal_id, Form())
    form, action = Form(request.form.to_dict()), request.form.get("action")
    try:
        with work() as w:
            loan_id = proposal(w, proposal_id).loan_id
            if action == "withdraw":
                withdraw_proposal(w, proposal_id)
            else:
                decide_proposal(w, proposal_id, approve=action == "approve", note=request.form.get("note", ""))
    except InvalidInput as error:
        form.take(error)
        return _proposal_page(proposal_id, form), 422
    except LendingError as error:
        form.add("_", error.args[0] if error.args else error.message)
        return _proposal_page(proposal_id, form), 403 if isinstance(error, NotAllowed) else 409
    said = {
        "approve": gettext("Approved and booked."),
        "withdraw": gettext("The proposal was taken back."),
    }
    flash(said.get(str(action), gettext("Refused. Nothing was booked.")), "success")
    return redirect(url_for("collector.loan", loan_id=loan_id), code=303)


def _proposal_page(proposal_id: UUID, form: Form) -> str:
    preview = None
    with read() as r:
        one = proposal(r, proposal_id)
        found, today = loan_page(r, one.loan_id), r.today
        chart = r.policy(AccountingPolicy).chart.lines
        if one.status == "OPEN":
            try:
                preview = preview_change(r, one.loan_id, kind=one.kind, amount=one.amount, data=one.data)
            except LendingError as error:
                form.add("_", Text("This can no longer be booked: {why}", why=error.message))
    plan = from_plain(RestructurePlan, one.data["plan"]) if one.kind is EventKind.RESTRUCTURE else None
    return render_template(
        "collector/proposal.html", loan=found, s=found.summary, form=form, one=one, preview=preview, today=today,
        names=CHANGE_NAMES, plan=plan, component_names=COMPONENT_NAMES, plan_kinds=PLAN_KINDS,
        is_approver=actor().has(Role.APPROVER), **effect_words(chart),
    )  # fmt: skip
