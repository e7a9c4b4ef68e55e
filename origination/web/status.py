"""Where a sent application stands: steps with dates, who acts next, what is asked, reasons, messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from core.db import Work
from core.domain.actor import Role
from core.domain.errors import InvalidInput
from core.domain.texts import Text
from core.i18n import current_locale, gettext, translate
from core.web.forms import Form, read_text
from core.web.guards import allow
from core.web.work import read, work
from origination.domain.application import CLOSED, ApplicationStatus
from origination.domain.remedy import applicant_text
from origination.queries.applicant import REJECTED, REQUESTED, ApplicationView, my_application
from origination.queries.journey import messages_about, my_contract, my_messages, open_review, reached_at
from origination.queries.remedies import newest_remedies
from origination.queries.tracker import status as tracker_status
from origination.steps.amend import withdraw
from origination.steps.verdict import ask_for_person
from origination.web.answers import answer_cards
from origination.web.plain_reasons import reason_text
from origination.web.questions import paper_name

bp = Blueprint("status", __name__)
_S = ApplicationStatus
WITHDRAWABLE = frozenset(_S) - CLOSED - {_S.SIGNED}
TEXT_MAX = 2000


@dataclass(frozen=True, slots=True)
class Now:
    """What an applicant wants to know first: what is happening, who acts, and what they can do."""

    kind: str
    title: Text
    text: Text
    action: Text | None = None
    endpoint: str | None = None


LENDER_ACTS = Text("We act next. You need not do anything.")
NOW: Mapping[ApplicationStatus, Now] = {
    _S.SUBMITTED: Now("info", Text("We are checking your application"), LENDER_ACTS),
    _S.KYC_PASSED: Now("info", Text("We are assessing your application"), LENDER_ACTS),
    _S.KYC_REFERRED: Now(
        "info", Text("A person is checking your identity data"),
        Text("Something in the data needs a second look. We act next; we write to you if we need anything."),
    ),
    _S.SCORED: Now("info", Text("We are deciding"), LENDER_ACTS),
    _S.REFERRED: Now(
        "info", Text("A person is looking at your application"),
        Text("The computer did not decide alone. A credit officer acts next and writes to you."),
    ),
    _S.APPROVED: Now("good", Text("Your application is approved"), Text("We are preparing your offer.")),
    _S.OFFERED: Now(
        "good", Text("Your offer is ready"), Text("You act next: compare, and take one if it suits you."),
        Text("See the offer"), "closing.offers",
    ),
    _S.ACCEPTED: Now(
        "good", Text("Your contract is ready"), Text("You act next: read it and sign it with a code."),
        Text("Read and sign"), "closing.contract",
    ),
    _S.SIGNED: Now("good", Text("You have signed"), Text("We act next: we pay out the loan.")),
    _S.BOOKED: Now(
        "good", Text("Your loan is paid out"), Text("You find instalments and payments on the page of the loan."),
        Text("Go to the loan"), "borrower.loan",
    ),
    _S.DECLINED: Now(
        "bad", Text("We cannot offer you this loan"), Text("The reasons are below, and what you can do about it.")
    ),
    _S.WITHDRAWN: Now("info", Text("You have withdrawn this application"), Text("Nothing more happens with it.")),
    _S.EXPIRED: Now(
        "info", Text("This application has run out"),
        Text("Nobody answered in time. You can apply again whenever you like."),
    ),
}  # fmt: skip
STEPS: tuple[tuple[Text, frozenset[ApplicationStatus]], ...] = (
    (Text("Application sent"), frozenset({_S.SUBMITTED})),
    (Text("Identity checked"), frozenset({_S.KYC_PASSED})),
    (Text("Decision"), frozenset({_S.APPROVED, _S.OFFERED, _S.DECLINED})),
    (Text("Offer chosen"), frozenset({_S.ACCEPTED})),
    (Text("Contract signed"), frozenset({_S.SIGNED})),
    (Text("Paid out"), frozenset({_S.BOOKED})),
)
# How many of the steps are behind in each state.
DONE: Mapping[ApplicationStatus, int] = {
    _S.SUBMITTED: 1, _S.KYC_REFERRED: 1, _S.KYC_PASSED: 2, _S.SCORED: 2, _S.REFERRED: 2, _S.APPROVED: 3, _S.OFFERED: 3,
    _S.ACCEPTED: 4, _S.SIGNED: 5, _S.BOOKED: 6, _S.DECLINED: 2,
}  # fmt: skip


def tracker_steps(status: ApplicationStatus, reached: Mapping[ApplicationStatus, datetime]) -> list[dict[str, Any]]:
    """The steps with their states and moments."""
    if status in {_S.WITHDRAWN, _S.EXPIRED}:
        done = sum(1 for _, states in STEPS if states & set(reached))
    else:
        done = DONE[status]
    steps: list[dict[str, Any]] = []
    for at, (label, states) in enumerate(STEPS):
        moments = [reached[state] for state in states if state in reached]
        state = "done" if at < done else "now" if at == done else "next"
        if at == done and status in {_S.DECLINED, _S.WITHDRAWN, _S.EXPIRED}:
            state = "stopped"
        shown = min(moments) if moments and state in {"done", "stopped"} else None
        steps.append({"label": translate(label), "state": state, "at": shown, "note": None})
    if status in {_S.WITHDRAWN, _S.EXPIRED} and done < len(steps):
        steps[done] |= {"label": translate(status.text), "at": reached.get(status)}
        del steps[done + 1 :]
    if status is _S.DECLINED:
        steps[done]["label"] = translate(status.text)
        steps[done]["at"] = reached.get(_S.DECLINED)
        del steps[done + 1 :]
    return steps


def status_page(r: Work, view: ApplicationView, form: Form | None = None) -> str:
    """The page after sending."""
    found = tracker_status(r, view.id)
    contract = my_contract(r, view.id)
    now = NOW[view.status]
    asked = [paper for paper in view.papers if paper.status in {REQUESTED, REJECTED}]
    url = None
    if now.endpoint == "borrower.loan":
        url = url_for(now.endpoint, loan_id=contract.loan_id) if contract and contract.loan_id else None
    elif now.endpoint:
        url = url_for(now.endpoint, application_id=view.id)
    open_ = view.status not in CLOSED
    return render_template(
        "applicant/status.html", view=view, found=found, contract=contract, now=now, url=url, form=form or Form(),
        steps=tracker_steps(view.status, reached_at(r, view.id)), locale=current_locale(),
        asked=[(paper, paper_name(paper.kind)) for paper in asked] if open_ else [],
        reasons=[reason_text(reason) for reason in found.reasons], messages=messages_about(r, view.id),
        review=open_review(r, view.id), cards=answer_cards(view, changeable=False),
        can_withdraw=view.status in WITHDRAWABLE, expected=_expected(view), remedies=_remedies(r, view),
    )  # fmt: skip


def _remedies(r: Work, view: ApplicationView) -> list[str]:
    """What would have helped, in sentences; only a refused applicant is told."""
    if view.status is not _S.DECLINED:
        return []
    return [translate(applicant_text(one)) for one in newest_remedies(r, view.id)]


def _expected(view: ApplicationView) -> datetime | None:
    waits = {_S.SUBMITTED, _S.KYC_PASSED, _S.KYC_REFERRED, _S.SCORED, _S.REFERRED}
    return view.due_at if view.status in waits else None


@bp.post("/applications/<uuid:application_id>/look-again")
@allow(Role.APPLICANT)
def look_again(application_id: UUID) -> Response | tuple[str, int]:
    """A person looks again at an automatic refusal."""
    with read() as r:
        my_application(r, application_id)
    try:
        read_text(
            request.form, "why", missing=Text("Write in a sentence or two what we should look at"), longest=TEXT_MAX
        )
        text = request.form["why"].strip()  # word for word: reading a field makes full-width signs narrow
    except InvalidInput as refused:
        form = Form(dict(request.form))
        form.take(refused)
        with read() as r:
            return status_page(r, my_application(r, application_id), form), 422
    with work() as w:
        ask_for_person(w, application_id, text)
    flash(gettext("Thank you. A person looks at your application again."), "success")
    return redirect(url_for("applicant.overview", application_id=application_id), code=303)


@bp.route("/applications/<uuid:application_id>/withdraw", methods=["GET", "POST"])
@allow(Role.APPLICANT)
def take_back(application_id: UUID) -> str | Response:
    """Asks once, then withdraws."""
    with read() as r:
        view = my_application(r, application_id)
    if request.method == "GET":
        return render_template("applicant/withdraw.html", view=view, locale=current_locale())
    with work() as w:
        withdraw(w, view.id)
    flash(gettext("Your application is withdrawn."), "success")
    return redirect(url_for("applicant.overview", application_id=view.id), code=303)


@bp.get("/messages")
@allow(Role.APPLICANT)
def messages() -> str:
    """Everything that was written to the person who asks."""
    with read() as r:
        found = my_messages(r)
    return render_template("applicant/messages.html", messages=found)
