"""A borrower's loans: what is next, what is paid, the figure that closes a loan on a day, help before being late."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from core.domain.actor import Role
from core.domain.errors import InvalidInput, LendingError, NotFound
from core.domain.ids import uuid7
from core.domain.money import Money, parse_amount, total
from core.domain.texts import Text
from core.i18n import current_locale, gettext, money
from core.web import demo
from core.web.forms import Form, read_date
from core.web.guards import allow
from core.web.work import read, work
from origination.queries.applicant import my_applications
from origination.queries.borrower import my_loan, my_loans, my_payoff
from origination.steps.borrower import HELP_DAYS, ask_for_help, pay_by_demo_bank
from repayment.domain.state import LoanStatus
from repayment.queries.loan_page import LineStatus, LoanPage

bp = Blueprint("borrower", __name__)
DUE, PAYOFF, OTHER = "due", "payoff", "other"
STATUS_LOOKS = {
    LoanStatus.PENDING: (Text("Being paid out"), "wait"),
    LoanStatus.ACTIVE: (Text("Running"), "info"),
    LoanStatus.CLOSED_REPAID: (Text("Repaid"), "good"),
    LoanStatus.WITHDRAWN: (Text("Withdrawn"), "plain"),
    LoanStatus.CHARGED_OFF: (Text("With our recovery team"), "bad"),
    LoanStatus.SOLD: (Text("Sold"), "plain"),
    LoanStatus.CANCELLED: (Text("Cancelled"), "plain"),
}
LINE_LOOKS = {
    LineStatus.PAID: (Text("Paid"), "good"),
    LineStatus.PART_PAID: (Text("Partly paid"), "info"),
    LineStatus.DUE: (Text("Due today"), "warn"),
    LineStatus.OVERDUE: (Text("Overdue"), "bad"),
    LineStatus.COMING: (Text("To come"), "plain"),
    LineStatus.NOTHING: (Text("Nothing to pay"), "plain"),
}
CHANNELS = {
    "demo_bank": Text("Demo bank"), "bank": Text("Bank transfer"), "transfer": Text("Bank transfer"),
    "direct_debit": Text("Direct debit"), "cash": Text("Cash"), "card": Text("Bank card"),
}  # fmt: skip


@bp.get("/loans")
@allow(Role.APPLICANT)
def home() -> str:
    """All loans of the person who asks."""
    with read() as r:
        found = my_loans(r)
        waiting = [one for one in my_applications(r) if one.status.value in {"OFFERED", "ACCEPTED"}]
    return render_template("applicant/loans.html", loans=found, looks=STATUS_LOOKS, locale=_folder(), waiting=waiting)


def _folder() -> str:
    return "zh" if current_locale().startswith("zh") else "en"


@bp.get("/loans/<uuid:loan_id>")
@allow(Role.APPLICANT)
def loan(loan_id: UUID) -> str:
    """One loan."""
    return _page(loan_id, Form())


def _page(loan_id: UUID, form: Form) -> str:
    with read() as r:
        found = my_loan(r, loan_id)
        today = r.today
        active = found.summary.status is LoanStatus.ACTIVE
        payoff = my_payoff(r, loan_id, today) if active else None
    lines = found.lines
    currency = found.summary.principal.currency
    return render_template(
        "applicant/loan.html", loan=found, s=found.summary, form=form, today=today, payoff=payoff, locale=_folder(),
        look=STATUS_LOOKS[found.summary.status], line_looks=LINE_LOOKS, channels=CHANNELS, active=active,
        paid=total((line.paid for line in lines), currency), open=total((line.open for line in lines), currency),
        next_line=_next(found), due=_due_now(found), is_due=any(line.status in _DUE for line in lines),
        overdue=[line for line in lines if line.status in _LATE],
        help_hold=next((hold for hold in found.holds if hold.kind == "HARDSHIP" and _stands(hold, today)), None),
        demo_pay=active and demo.is_open(), key=str(uuid7()), help_days=HELP_DAYS,
        totals={name: total((getattr(line, name) for line in lines), currency) for name in ("principal", "interest")},
    )  # fmt: skip


_LATE = frozenset({LineStatus.OVERDUE})
_DUE = frozenset({LineStatus.OVERDUE, LineStatus.DUE})


def _stands(hold: Any, today: Any) -> bool:
    return hold.released_on is None and (hold.until_on is None or hold.until_on >= today)


def _next(found: LoanPage) -> Any:
    return next(
        (line for line in found.lines if line.status not in {LineStatus.PAID, LineStatus.NOTHING, LineStatus.OVERDUE}),
        None,
    )


def _due_now(found: LoanPage) -> Money:
    """What is overdue or due today; when nothing is, the next instalment less what is credited."""
    currency = found.summary.principal.currency
    late = [line.open for line in found.lines if line.status in _DUE]
    if late:
        return total(late, currency)
    coming = _next(found)
    if coming is None:
        return Money.zero(currency)
    left: Money = coming.open - found.credit
    return max(Money.zero(currency), left)


@bp.get("/loans/<uuid:loan_id>/payoff")
@allow(Role.APPLICANT)
def payoff(loan_id: UUID) -> str | tuple[str, int]:
    """The figure that closes the loan on a chosen day, sum by sum."""
    form, figure = Form(dict(request.args)), None
    with read() as r:
        found = my_loan(r, loan_id)
        today = r.today
        on = form.read(read_date, "on") or (None if form.errors else today)
        if on is not None and found.summary.status is LoanStatus.ACTIVE:
            try:
                figure = my_payoff(r, loan_id, on)
            except InvalidInput as refused:
                form.take(refused)
    if not request.args:
        form.values = {"on": today.isoformat()}
    page = render_template(
        "applicant/payoff.html", loan=found, s=found.summary, form=form, figure=figure, today=today,
        tomorrow=today + timedelta(days=1),
    )  # fmt: skip
    return page, 422 if form.errors else 200


@bp.post("/loans/<uuid:loan_id>/pay")
@allow(Role.APPLICANT)
def pay(loan_id: UUID) -> Response | tuple[str, int]:
    """Demonstration only: the bank reports a payment of today."""
    if not demo.is_open():
        raise NotFound(Text("There is no such page"))
    form = Form(dict(request.form))
    try:
        with work() as w:
            found = my_loan(w, loan_id)
            which = request.form.get("which", DUE)
            amount = _amount(w, found, which)
            used = pay_by_demo_bank(w, loan_id, amount, key=request.form.get("key", "")[:60], closes=which == PAYOFF)
    except InvalidInput as refused:
        form.take(refused)
        return _page(loan_id, form), 422
    except LendingError as refused:
        form.add("_", refused.message)
        return _page(loan_id, form), 409
    flash(gettext("Received: %(sum)s. The receipt is below.", sum=money(used.amount)), "success")
    return redirect(url_for("borrower.loan", loan_id=loan_id) + "#receipts", code=303)


def _amount(w: Any, found: LoanPage, which: str) -> Money:
    if which == PAYOFF:
        return my_payoff(w, found.summary.id, w.today).total
    if which == DUE:
        due = _due_now(found)
        if not due:
            raise InvalidInput({"which": Text("Nothing is due. Enter another amount if you want to pay more.")})
        return due
    text = request.form.get("amount", "").strip()
    if not text:
        raise InvalidInput({"amount": Text("Enter the amount you want to pay")})
    return parse_amount(text, found.summary.principal.currency)


@bp.route("/loans/<uuid:loan_id>/help", methods=["GET", "POST"])
@allow(Role.APPLICANT)
def help_page(loan_id: UUID) -> str | tuple[str, int] | Response:
    """Paying is getting hard: ask for a plan before being late."""
    with read() as r:
        found = my_loan(r, loan_id)
    form = Form(dict(request.form))
    if request.method == "POST":
        try:
            with work() as w:
                ask_for_help(w, loan_id, request.form.get("why", ""))
        except InvalidInput as refused:
            form.take(refused)
        else:
            flash(gettext("Thank you for telling us. We call you within two working days."), "success")
            return redirect(url_for("borrower.loan", loan_id=loan_id), code=303)
    page = render_template("applicant/help.html", loan=found, s=found.summary, form=form, days=HELP_DAYS)
    return page, 422 if form.errors else 200
