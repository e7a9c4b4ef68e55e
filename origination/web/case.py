"""One case on the officer's screen: data, documents, identity, score, rules, what-if, and the verdict."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from core import audit
from core.domain.errors import Conflict, IllegalTransition, InvalidInput, LendingError, NotAllowed
from core.domain.money import Money
from core.domain.texts import Text
from core.i18n import current_locale, gettext, percent, translate
from core.web.forms import Form, read_date, read_integer, read_money
from core.web.guards import allow
from core.web.work import actor, house, read, work
from origination.domain.application import ApplicationStatus
from origination.domain.offer import Wish
from origination.domain.policy import OriginationPolicy
from origination.domain.rules import Outcome
from origination.providers.bureau import choose_bureau
from origination.queries.alerts import alerts_of_case
from origination.queries.officer import CaseView, DecisionView, case
from origination.steps.advance import advance
from origination.steps.book import Held, book
from origination.steps.case import actor_words
from origination.steps.desk import judge_paper, request_paper
from origination.steps.kyc import check_identity, settle_identity
from origination.steps.note_view import note_view
from origination.steps.own_words import drop_draft
from origination.steps.papers import read_paper
from origination.steps.screening import decide_alert
from origination.steps.verdict import give_verdict, pass_on, withdraw_verdict
from origination.steps.what_if import what_if
from origination.web.case_decide import decide_context
from origination.web.case_evidence import evidence_context
from origination.web.case_group import group_context
from origination.web.case_letters import letters_context
from origination.web.case_notes import notes_context, typed_before, words_of
from origination.web.case_score import income_of, read_income, score_context, what_context
from origination.web.officer import CLOCK_WORDS, STAFF_OF_CASES, STATUS_LOOKS
from origination.web.plain_reasons import reason_text
from origination.web.questions import paper_name
from origination.web.reasons import reason_choices, rule_rows
from repayment.domain.schedule_request import Amortization

bp = Blueprint("case", __name__, url_prefix="/officer/cases")
CHECKING = frozenset({ApplicationStatus.SUBMITTED, ApplicationStatus.KYC_REFERRED})


@bp.get("/<uuid:application_id>")
@allow(*STAFF_OF_CASES)
def page(application_id: UUID) -> str:
    """The whole case, with what the reader typed before and has not sent."""
    with read() as r:
        typed = typed_before(r, application_id)
    return _page(application_id, Form(typed))


def _page(
    application_id: UUID, form: Form, what: dict[str, Any] | None = None, unsent: tuple[str, ...] | None = None
) -> str:
    with read() as r:
        view = case(r, application_id)
        return render_template(
            "officer/case.html",
            case=view,
            form=form,
            decision=_decision(view.decision),
            earlier=[_decision(one) for one in view.decisions if one is not view.decision],
            alerts=alerts_of_case(r, application_id),
            findings=_findings(view),
            papers=[{"name": paper_name(paper.kind), "paper": paper} for paper in view.documents],
            reasons=reason_choices(r.policy(OriginationPolicy), view.product.segment),
            clock=CLOCK_WORDS[view.clock],
            status_look=STATUS_LOOKS.get(view.line.status.value, "plain"),
            history=_history(r, application_id),
            shown=_shown(),
            event_groups=[(name, translate(text)) for name, text in EVENT_GROUPS.items()],
            mine=view.assigned_to == actor().id,
            i_voted=any(one.actor_id == actor().id for one in view.verdicts),
            product_name=view.product.name_in(current_locale()),
            what=what,
            unsent=unsent,
            last=next(reversed(audit.history(r, ("application", application_id))), None),
            kinds=[(kind.value, translate(KIND_WORDS[kind])) for kind in view.product.kinds],
            **decide_context(r, view),
            **evidence_context(r, view),
            **group_context(r, view),
            **score_context(r, view),
            **notes_context(r, application_id),
            **letters_context(r, application_id),
        )


KIND_WORDS = {
    Amortization.ANNUITY: Text("Level instalments"),
    Amortization.EQUAL_PRINCIPAL: Text("Equal principal, falling instalments"),
}


EVENT_GROUPS = {
    "": Text("Everything"),
    "papers": Text("Documents and figures"),
    "checks": Text("Checks and decisions"),
    "people": Text("People"),
}
GROUP_OF = {
    "paper": "papers", "papers": "papers", "evidence": "papers", "fact": "papers", "accounts": "papers",
    "amended": "papers", "kyc": "checks", "bureau": "checks", "scored": "checks", "not": "checks", "decided": "checks",
    "verdict": "checks", "offered": "checks", "noted": "people", "named": "people", "taken": "people", "put": "people",
    "verdicts": "people", "link": "people",
}  # fmt: skip


def _shown() -> str:
    asked = request.args.get("show", "")
    return asked if asked in EVENT_GROUPS else ""


def _history(r: Any, application_id: UUID) -> list[Any]:
    """What happened, of the group asked for."""
    shown = _shown()
    events = audit.history(r, ("application", application_id))
    if not shown:
        return list(events)
    return [one for one in events if GROUP_OF.get(one.action.partition(".")[2].split("_")[0]) == shown]


def _decision(made: DecisionView | None) -> dict[str, Any] | None:
    if made is None:
        return None
    return {
        "made": made,
        "reasons": [{"id": reason.id, "text": reason_text(reason)} for reason in made.reasons],
        "rules": rule_rows(made),
        "price": [(name, percent(rate)) for name, rate in made.price],
    }


# Findings for the record that somebody should read: they decide nothing, and do not say that something is right.
REMARKS = frozenset({"SCREENING_LIST_SAMPLE", "ID_NOTE", "ID_COUNTRY_DIFFERS", "ID_EXPIRES_SOON"})


def _findings(view: CaseView) -> list[dict[str, Any]]:
    looks = {"info": "good", "refer": "warn", "fail": "bad"}
    if view.kyc is None:
        return []
    found = [
        {
            "look": "info" if one["severity"] == "info" and one["code"] in REMARKS else looks[one["severity"]],
            "text": explain(one),
        }
        for one in view.kyc.findings
    ]
    return sorted(found, key=lambda one: ("bad", "warn", "info", "good").index(one["look"]))


def _back(application_id: UUID, anchor: str = "") -> AnyResponse:
    return redirect(url_for("case.page", application_id=application_id, _anchor=anchor or None))


def refused(application_id: UUID, error: LendingError, reason_field: str = "reason") -> tuple[str, int]:
    """The case again with what went wrong on top, and everything typed kept: where a colleague was faster, the form it
    was typed into may be gone, so the words stand on top."""
    many = {name: request.form.getlist(name) for name in ("reason_codes", "conditions")}
    form = Form({**request.form.to_dict(), **many})
    if isinstance(error, InvalidInput):
        form.take(InvalidInput({reason_field if name == "reason" else name: t for name, t in error.fields.items()}))
    else:
        form.add("_", error.args[0] if error.args else error.message)
        return _page(application_id, form, unsent=words_of(request.form)), 409
    return _page(application_id, form), 422


def _wish(view: CaseView, form: Form, prefix: str = "") -> Wish:
    currency = view.product.currency
    amount = form.read(read_money, f"{prefix}amount", currency)
    tenor = form.read(read_integer, f"{prefix}tenor_months")
    form.check()
    kind = request.form.get(f"{prefix}amortisation", "")
    known = {kind.value: kind for kind in view.product.kinds}
    if kind not in known:
        raise InvalidInput({f"{prefix}amortisation": Text("Choose how it is repaid")})
    assert isinstance(amount, Money)
    assert isinstance(tenor, int)
    return Wish(amount, tenor, known[kind])


@bp.post("/<uuid:application_id>/verdict")
@allow(*STAFF_OF_CASES)
def verdict(application_id: UUID) -> AnyResponse | tuple[str, int]:
    """Approves or declines; where the decision is complete, the case goes on by itself."""
    form = Form(request.form.to_dict())
    try:
        with read() as r:
            view = case(r, application_id)
        if request.form.get("verdict") == Outcome.REFER.value:
            with work() as w:
                pass_on(
                    w, application_id, request.form.get("reason", ""),
                    expected_version=request.form.get("version", type=int),
                )  # fmt: skip
                drop_draft(w, application_id, ["reason"])
            flash(gettext("Passed on. It waits for a colleague with more authority."), "info")
            return _back(application_id)
        outcome = _outcome(request.form.get("verdict"))
        wish = _wish(view, form) if outcome is Outcome.APPROVE else None
        with work() as w:
            given = give_verdict(
                w, application_id, outcome, reason=request.form.get("reason", ""),
                reason_codes=tuple(request.form.getlist("reason_codes")), wish=wish,
                override_reason=request.form.get("override_reason") or None,
                conditions=tuple(request.form.getlist("conditions")) if outcome is Outcome.APPROVE else (),
                expected_version=request.form.get("version", type=int),
            )  # fmt: skip
            drop_draft(w, application_id, ["reason"])
            if not given.missing:
                advance(w, application_id, bureau=_bureau())
    except (InvalidInput, NotAllowed, Conflict, IllegalTransition) as error:
        return refused(application_id, error)
    if given.missing:
        flash(gettext("Kept. A second person must agree before it counts."), "info")
    else:
        flash(gettext("Decided."), "success")
    return _back(application_id)


def _outcome(given: str | None) -> Outcome:
    if given not in {Outcome.APPROVE.value, Outcome.DECLINE.value}:
        raise InvalidInput({"verdict": Text("Approve or decline")})
    return Outcome(given)


@bp.post("/<uuid:application_id>/verdict/withdraw")
@allow(*STAFF_OF_CASES)
def take_back(application_id: UUID) -> AnyResponse | tuple[str, int]:
    """Takes one's own verdict back before the second person has spoken."""
    try:
        with work() as w:
            withdraw_verdict(w, application_id)
    except LendingError as error:
        return refused(application_id, error)
    return _back(application_id)


@bp.post("/<uuid:application_id>/what-if")
@allow(*STAFF_OF_CASES)
def simulate(application_id: UUID) -> str | tuple[str, int]:
    """Another loan or income on a copy: rules, price and instalment, nothing kept but that it was asked."""
    form = Form(request.form.to_dict())
    try:
        with read() as r:
            view = case(r, application_id)
            wish, income = _wish(view, form, "if_"), read_income(form, view.product.currency)
        with work() as w:
            found = what_if(w, application_id, wish, income=None if income == income_of(view) else income)
    except (InvalidInput, IllegalTransition) as error:
        return refused(application_id, error)
    return _page(application_id, form, what_context(found))


@bp.post("/<uuid:application_id>/identity")
@allow(*STAFF_OF_CASES)
def identity(application_id: UUID) -> AnyResponse | tuple[str, int]:
    """Settles what the identity checks referred; a pass lets the case go on by itself."""
    passed = request.form.get("verdict") == "pass"
    try:
        with work() as w:
            settle_identity(
                w, application_id, passed=passed, reason=request.form.get("identity_reason", ""),
                expected_version=request.form.get("version", type=int),
            )  # fmt: skip
            drop_draft(w, application_id, ["identity_reason"])
            if passed:
                advance(w, application_id, bureau=_bureau())
    except (InvalidInput, NotAllowed, Conflict, IllegalTransition) as error:
        return refused(application_id, error, "identity_reason")
    return _back(application_id)


@bp.post("/<uuid:application_id>/alerts/<uuid:alert_id>")
@allow(*STAFF_OF_CASES)
def alert(application_id: UUID, alert_id: UUID) -> AnyResponse | tuple[str, int]:
    """Clears a name alert, or proposes and confirms a true hit; the identity checks then run again."""
    try:
        with work() as w:
            decide_alert(
                w, alert_id, true_hit=request.form.get("verdict") == "true_hit",
                reason=request.form.get(f"alert_reason_{alert_id}", ""),
                expected_version=request.form.get("alert_version", type=int),
            )  # fmt: skip
            drop_draft(w, application_id, [f"alert_reason_{alert_id}"])
            if all(not one.is_open for one in alerts_of_case(w, application_id)):
                if case(w, application_id).line.status in CHECKING:
                    check_identity(w, application_id)
                advance(w, application_id, bureau=_bureau())
    except (InvalidInput, NotAllowed, Conflict, IllegalTransition) as error:
        return refused(application_id, error, f"alert_reason_{alert_id}")
    return _back(application_id, "identity")


@bp.post("/<uuid:application_id>/papers")
@allow(*STAFF_OF_CASES)
def ask_paper(application_id: UUID) -> AnyResponse | tuple[str, int]:
    """Asks the applicant for one more document."""
    try:
        with work() as w:
            request_paper(w, application_id, request.form.get("kind", ""))
    except (InvalidInput, IllegalTransition) as error:
        return refused(application_id, error)
    return _back(application_id, "documents")


@bp.post("/<uuid:application_id>/papers/<uuid:paper_id>")
@allow(*STAFF_OF_CASES)
def judge(application_id: UUID, paper_id: UUID) -> AnyResponse | tuple[str, int]:
    """Accepts a document, or sends it back with a reason."""
    try:
        with work() as w:
            judge_paper(
                w, application_id, paper_id, accepted=request.form.get("verdict") == "accept",
                reason=request.form.get(f"reason_{paper_id}", ""),
                expires_on=read_date(request.form, f"expires_{paper_id}"),
            )  # fmt: skip
            drop_draft(w, application_id, [f"reason_{paper_id}"])
    except (InvalidInput, IllegalTransition) as error:
        return refused(application_id, error, f"reason_{paper_id}")
    return _back(application_id, "documents")


@bp.get("/<uuid:application_id>/papers/<uuid:paper_id>")
@allow(*STAFF_OF_CASES)
def paper(application_id: UUID, paper_id: UUID) -> Response:
    """The document itself."""
    with work() as w:
        row, content = read_paper(w, application_id, paper_id)
        note_view(w, application_id)
    return send_file(io.BytesIO(content), mimetype=row.media_type, download_name=row.filename)


@bp.post("/<uuid:application_id>/book")
@allow(*STAFF_OF_CASES)
def pay_out(application_id: UUID) -> AnyResponse | tuple[str, int]:
    """Books a signed contract that could not be paid out by itself."""
    try:
        with work() as w:
            done = book(w, application_id)
    except (NotAllowed, IllegalTransition) as error:
        return refused(application_id, error)
    if isinstance(done, Held):
        flash(gettext("Not paid out: a name alerts now. Settle the alert first."), "error")
        return _back(application_id, "identity")
    flash(gettext("Loan %(reference)s is paid out.", reference=done.reference), "success")
    return _back(application_id)


@bp.post("/<uuid:application_id>/bureau")
@allow(*STAFF_OF_CASES)
def ask_bureau(application_id: UUID) -> AnyResponse:
    """Asks a bureau that has not answered once more, without waiting for the next round."""
    with work() as w:
        done = advance(w, application_id, bureau=_bureau())
    if done.waiting_for == "bureau":
        flash(gettext("The bureau still does not answer. The case waits; nothing is decided."), "error")
    else:
        flash(gettext("The bureau has answered."), "success")
    return _back(application_id)


def _bureau() -> Any:
    settings = house().settings
    return choose_bureau(settings.instance, demo_allowed=settings.demo)


PRICE_WORDS = {
    "cost_of_funds": Text("Cost of funds"),
    "expected_loss": Text("Expected loss"),
    "capital": Text("Cost of capital"),
    "operating": Text("Operating cost"),
    "margin": Text("Margin"),
}
EVENT_WORDS = {
    "application.started": Text("Started"),
    "application.section_saved": Text("Page saved"),
    "application.consented": Text("Consents given"),
    "application.submitted": Text("Application sent"),
    "application.kyc": Text("Identity checked"),
    "application.bureau_asked": Text("Credit bureau asked"),
    "application.scored": Text("Scored"),
    "application.not_scored": Text("No score could be computed"),
    "application.decided": Text("Decided"),
    "application.verdict": Text("Verdict of a person"),
    "application.simulated": Text("What-if tried"),
    "application.offered": Text("Offers made"),
    "application.accepted": Text("Offer accepted"),
    "application.signed": Text("Contract signed"),
    "application.booked": Text("Loan booked and paid out"),
    "application.noted": Text("Note"),
    "application.named": Text("A colleague was named in a note"),
    "application.taken": Text("Taken"),
    "application.put_back": Text("Put back"),
    "application.paper_requested": Text("Document asked for"),
    "application.paper_received": Text("Document received"),
    "application.paper_judged": Text("Document judged"),
    "application.paper_removed": Text("Document taken back"),
    "application.paper_turned": Text("Document turned"),
    "application.papers_reminded": Text("Reminded of documents"),
    "application.papers_expiring": Text("Told that a document runs out"),
    "application.evidence": Text("Documents changed the facts"),
    "application.fact_read": Text("Figure read from a document"),
    "application.accounts_entered": Text("Annual accounts entered"),
    "application.link_made": Text("Link made"),
    "application.amended": Text("Application changed"),
    "application.withdrawn": Text("Withdrawn"),
    "application.review_asked": Text("Asked that a person looks again"),
    "application.passed_on": Text("Passed on to a colleague"),
    "application.assigned": Text("Assigned"),
    "application.condition_settled": Text("Condition settled"),
    "application.missing_told": Text("Told what is missing"),
    "application.payout_held": Text("Payout held: a name alerts"),
    "application.closed_stale": Text("Closed: documents never came"),
    "application.verdict_withdrawn": Text("Verdict taken back"),
    "application.offers_voided": Text("Offers no longer hold"),
    "application.above_ceiling": Text("No offer: the cost is above a legal limit"),
    "application.reconsidered": Text("Chooses again"),
    "application.expired": Text("Expired"),
    "contract.drafted": Text("Contract drafted"),
    "contract.code_sent": Text("Signing code sent"),
    "contract.signed": Text("Contract signed"),
    "contract.sealed": Text("Contract sealed"),
}


@bp.app_template_filter("price_words")
def price_words(name: str) -> str:
    """A part of the price."""
    return translate(PRICE_WORDS[name]) if name in PRICE_WORDS else name


@bp.app_template_filter("event_words")
def event_words(action: str) -> str:
    """An event of the trail; a new kind shows its stable name."""
    return translate(EVENT_WORDS[action]) if action in EVENT_WORDS else action


@bp.app_template_filter("who")
def who(name: str) -> str:
    """Who did something of the trail."""
    return translate(actor_words(name))


@bp.app_template_filter("explain")
def explain(line: Any) -> str:
    """A stored line of an explanation, in the reader's language."""
    message_id = line.get("msgid")
    return translate(Text(message_id, **line["params"])) if message_id else str(line.get("text", ""))
