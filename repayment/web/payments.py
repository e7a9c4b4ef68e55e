"""Money on a loan: payment entry with its use shown first, reversal, statement, settlement figure, schedule."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from core.db import Work
from core.domain.errors import InvalidInput, LendingError, NotAllowed, NotFound
from core.domain.ids import uuid7
from core.domain.money import total
from core.domain.texts import Text
from core.i18n import gettext, translate
from core.web.forms import Form, read_choice, read_date, read_money, read_text
from core.web.guards import allow
from core.web.work import read, work
from repayment.domain.entry_names import ENTRY_NAMES, EVENT_NAMES
from repayment.domain.policies import AccountingPolicy
from repayment.domain.schedule_request import PrepaymentEffect
from repayment.domain.state import EventKind, LoanStatus
from repayment.queries.changes import ChangeView, changes_of
from repayment.queries.collector import twin_payments
from repayment.queries.loan_page import LoanPage, PaymentView, loan_page, settlement
from repayment.queries.preview import Preview, preview_payment, preview_reversal
from repayment.queries.schedule_page import explained_lines
from repayment.queries.statement import statement
from repayment.steps.book_event import check_backdating
from repayment.steps.prepay import prepay, settle, withdraw
from repayment.steps.print_statement import statement_pdf
from repayment.steps.receive_payment import Allocation, receive_payment
from repayment.steps.reverse_payment import reverse_payment
from repayment.web.collector import READERS, WORKERS
from repayment.web.effect import effect_words
from repayment.web.words import LINE_LOOKS, PAY_CHANNELS, PAY_CHANNELS_OFFERED

bp = Blueprint("payments", __name__, url_prefix="/collector/loans/<uuid:loan_id>")
WHOLE, LEAVE = "settlement", "withdrawal"
KINDS = {
    "payment": EventKind.PAYMENT,
    **{effect.value: EventKind.PREPAYMENT for effect in PrepaymentEffect},
    WHOLE: EventKind.SETTLEMENT,
    LEAVE: EventKind.WITHDRAWAL,
}


@bp.get("/payment")
@allow(*WORKERS)
def entry(loan_id: UUID) -> str:
    """An empty payment form, its key already drawn."""
    with read() as r:
        found, today = loan_page(r, loan_id), r.today
    due = found.summary.overdue or found.summary.next_due
    values = {
        "amount": str(due) if due else "", "value_on": today.isoformat(), "kind": "payment",
        "channel": "bank_transfer", "payer": found.summary.borrower_name, "key": str(uuid7()),
    }  # fmt: skip
    return _entry_page(loan_id, Form(values))


@bp.post("/payment")
@allow(*WORKERS)
def pay(loan_id: UUID) -> AnyResponse | str | tuple[str, int]:
    """First shows what the payment would do, then books it; the same form sent twice books once."""
    form = Form(request.form.to_dict())
    try:
        if request.form.get("action") != "book":
            return _entry_page(loan_id, form, _preview(loan_id, form))
        used = _book(loan_id, form)
    except LendingError as error:
        return _refused(loan_id, form, error)
    if used.replayed:
        flash(gettext("This payment was booked before; nothing was booked twice."), "info")
    else:
        said = Text(
            "Booked: {sum}. Principal {principal}, interest {interest}, fees and penalty {charges}, credit {credit}.",
            sum=used.amount, principal=used.principal, interest=used.interest, charges=used.fees + used.penalty,
            credit=used.credit,
        )  # fmt: skip
        flash(translate(said), "success")
    return redirect(url_for("collector.loan", loan_id=loan_id), code=303)


def _read(form: Form, currency: str) -> dict[str, Any]:
    found = {
        "amount": form.read(read_money, "amount", currency, missing=Text("Enter the amount received")),
        "value_on": form.read(read_date, "value_on", missing=Text("Enter the day the money arrived")),
        "kind": form.read(read_choice, "kind", KINDS, missing=Text("Choose what the money is for")),
        "channel": form.read(read_choice, "channel", PAY_CHANNELS_OFFERED, missing=Text("Choose how it was paid")),
        "payer": form.read(read_text, "payer", missing=Text("Enter who paid"), longest=200),
    }
    if not 8 <= len(str(form.values.get("key", ""))) <= 60:
        form.add("_", Text("This form is incomplete. Open it again."))
    form.check()
    return found


def _preview(loan_id: UUID, form: Form) -> Preview:
    with read() as r:
        typed = _read(form, loan_page(r, loan_id).summary.principal.currency)
        kind = KINDS[typed["kind"]]
        effect = PrepaymentEffect(typed["kind"]) if kind is EventKind.PREPAYMENT else None
        return preview_payment(r, loan_id, amount=typed["amount"], value_on=typed["value_on"], kind=kind, effect=effect)


def _book(loan_id: UUID, form: Form) -> Allocation:
    with work() as w:
        typed = _read(form, loan_page(w, loan_id).summary.principal.currency)
        key, amount, on = str(form.values["key"]), typed["amount"], typed["value_on"]
        said = {"channel": typed["channel"], "payer": typed["payer"]}
        if KINDS[typed["kind"]] is EventKind.PREPAYMENT:
            effect = PrepaymentEffect(typed["kind"])
            used = prepay(w, key=key, loan_id=loan_id, amount=amount, value_on=on, effect=effect, **said)
        else:
            step = {WHOLE: settle, LEAVE: withdraw}.get(typed["kind"], receive_payment)
            used = step(w, key=key, loan_id=loan_id, amount=amount, value_on=on, **said)
        if not used.replayed and form.values.get("twin") != "yes" and twin_payments(w, loan_id, amount, on) > 1:
            raise InvalidInput({"twin": Text("Confirm that this is another payment, not the same one again")})
        return used


def _entry_page(loan_id: UUID, form: Form, preview: Preview | None = None) -> str:
    with read() as r:
        found, today = loan_page(r, loan_id), r.today
        chart = r.policy(AccountingPolicy).chart.lines
        twins = twin_payments(r, loan_id, preview.amount, preview.value_on) if preview else 0
        beyond = _beyond_authority(r, preview.value_on) if preview else None
        figure = settlement(r, loan_id, today) if found.summary.status is LoanStatus.ACTIVE else None
        paid_out = found.summary.disbursed_on
        may_leave = paid_out is not None and (today - paid_out).days <= found.terms.withdrawal_days > 0
    return render_template(
        "collector/payment.html", loan=found, s=found.summary, form=form, preview=preview, today=today, twins=twins,
        beyond=beyond, figure=figure, may_leave=may_leave,
        channels=[(name, PAY_CHANNELS[name]) for name in PAY_CHANNELS_OFFERED], **effect_words(chart),
    )  # fmt: skip


def _beyond_authority(r: Work, value_on: date) -> str | None:
    """Why the reader may not book a payment of that day; None when they may."""
    try:
        check_backdating(r, value_on)
    except NotAllowed as refused:
        return refused.message
    return None


def _refused(loan_id: UUID, form: Form, error: LendingError) -> tuple[str, int]:
    preview = None
    if isinstance(error, InvalidInput):
        form.errors = {}
        form.take(error)
        if "twin" in error.fields:
            preview = _preview(loan_id, Form(form.values))
        return _entry_page(loan_id, form, preview), 422
    form.add("_", error.args[0] if error.args else error.message)
    return _entry_page(loan_id, form), 403 if isinstance(error, NotAllowed) else 409


@bp.route("/payments/<uuid:payment_id>/reverse", methods=["GET", "POST"])
@allow(*WORKERS)
def reverse(loan_id: UUID, payment_id: UUID) -> AnyResponse | str | tuple[str, int]:
    """Takes a payment back with a reason, after showing what that changes."""
    form, status = Form(request.form.to_dict()), 200
    if request.method == "POST":
        try:
            with work() as w:
                _taken(loan_page(w, loan_id), changes_of(w, loan_id), payment_id)
                reverse_payment(w, payment_id, reason=request.form.get("reason", ""))
        except InvalidInput as error:
            form.take(error)
            status = 422
        except LendingError as error:
            form.add("_", error.args[0] if error.args else error.message)
            status = 403 if isinstance(error, NotAllowed) else 409
        else:
            flash(gettext("Taken back. The loan is as if it had never happened."), "success")
            return redirect(url_for("collector.loan", loan_id=loan_id), code=303)
    preview = None
    with read() as r:
        found = loan_page(r, loan_id)
        one = _taken(found, changes_of(r, loan_id), payment_id)
        chart = r.policy(AccountingPolicy).chart.lines
        try:
            preview = preview_reversal(r, payment_id, loan_id)
        except InvalidInput as error:
            if not form.errors:
                form.take(error)
    page = render_template(
        "collector/reverse.html", loan=found, s=found.summary, form=form, payment=one, preview=preview,
        channels=PAY_CHANNELS, names=EVENT_NAMES, is_money=isinstance(one, PaymentView), **effect_words(chart),
    )  # fmt: skip
    return page, status


def _taken(found: LoanPage, changes: tuple[ChangeView, ...], event_id: UUID) -> PaymentView | ChangeView:
    """What is to be taken back. Raises NotFound when it is not this loan's."""
    events: list[PaymentView | ChangeView] = [*found.payments, *changes]
    one = next((event for event in events if event.id == event_id), None)
    if one is None:
        raise NotFound(Text("There is no such payment on this loan"))
    return one


@bp.get("/settlement")
@allow(*READERS)
def figure(loan_id: UUID) -> tuple[str, int]:
    """What closes the loan on a day, sum by sum."""
    form, found = Form(request.args.to_dict()), None
    with read() as r:
        page, today = loan_page(r, loan_id), r.today
        on = form.read(read_date, "on") or today
        if not form.errors:
            try:
                found = settlement(r, loan_id, on)
            except InvalidInput as error:
                form.take(error)
            except LendingError as error:
                form.add("_", error.args[0])
    if not request.args:
        form.values = {"on": today.isoformat()}
    html = render_template("collector/settlement.html", loan=page, s=page.summary, form=form, figure=found, today=today)
    return html, 422 if form.errors else 200


@bp.get("/statement")
@allow(*READERS)
def account(loan_id: UUID) -> tuple[str, int]:
    """Every movement of a span of value dates with the balance after it."""
    form, found = Form(request.args.to_dict()), None
    with read() as r:
        page = loan_page(r, loan_id)
        first, last = form.read(read_date, "first"), form.read(read_date, "last")
        try:
            form.check()
            found = statement(r, loan_id, first=first, last=last)
        except InvalidInput as error:
            if not form.errors:
                form.take(error)
    if found is not None:
        form.values = {"first": found.first_on.isoformat(), "last": found.last_on.isoformat()}
    sums = None
    if found is not None:
        code = found.opening.currency
        sums = (total((row.charged for row in found.rows), code), total((row.paid for row in found.rows), code))
    html = render_template(
        "collector/statement.html", loan=page, s=page.summary, form=form, found=found, sums=sums, names=ENTRY_NAMES
    )
    return html, 422 if form.errors else 200


@bp.get("/statement.pdf")
@allow(*READERS)
def account_pdf(loan_id: UUID) -> Response:
    """The same as PDF on the lender's paper, in the borrower's language."""
    form = Form(request.args.to_dict())
    with read() as r:
        first, last = form.read(read_date, "first"), form.read(read_date, "last")
        form.check()
        name = loan_page(r, loan_id).summary.reference
        data = statement_pdf(r, loan_id, first=first, last=last)
    return Response(
        data, mimetype="application/pdf", headers={"Content-Disposition": f'inline; filename="statement-{name}.pdf"'}
    )


@bp.get("/schedule")
@allow(*READERS)
def schedule(loan_id: UUID) -> str:
    """The schedule in force or an old version, each row with paid, open and how it came about."""
    with read() as r:
        page = loan_page(r, loan_id)
        wanted = next((one for one in page.versions if str(one.id) == request.args.get("version")), None)
        lines = explained_lines(r, loan_id, wanted.id if wanted else None)
    current = wanted or next((one for one in page.versions if one.is_active), None)
    code = page.summary.principal.currency
    sums = {
        name: total((getattr(one.line, name) for one in lines), code)
        for name in ("principal", "interest", "fee", "charges", "total", "paid", "open")
    }
    return render_template(
        "collector/schedule.html", loan=page, s=page.summary, lines=lines, sums=sums, current=current,
        line_looks=LINE_LOOKS,
    )  # fmt: skip
