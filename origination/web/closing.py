"""Offers side by side, the contract to read and to sign by code, and the receipt of the signature."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from core import documents
from core.domain.actor import Role
from core.domain.errors import Conflict, InvalidInput, LendingError, NotFound
from core.domain.texts import Text
from core.i18n import current_locale
from core.web import demo
from core.web.forms import Form
from core.web.guards import allow, public
from core.web.work import read, remote_address, work
from origination.domain.application import ApplicationStatus
from origination.domain.esign import CODE_LIFE, consent_text
from origination.queries.applicant import ApplicationView, my_application
from origination.queries.journey import ContractView, contract_of_loan, my_contract
from origination.queries.tracker import OfferView
from origination.queries.tracker import status as tracker_status
from origination.steps.book import book
from origination.steps.close_deal import choose_again, contract_to_read, sign_and_send, take_offer
from origination.steps.contract import preview_contract, seal_contract, send_signing_code
from origination.web.draft import typed_version
from origination.web.plain_reasons import reason_text
from origination.web.quote import KIND_HINTS, KIND_NAMES
from repayment.domain.schedule_request import Amortization
from repayment.domain.schedule_rows import Instalment

log = logging.getLogger("promissory.origination")
bp = Blueprint("closing", __name__)
PDF = "application/pdf"
NOT_AGREED = Text("Tick the box if you want to sign")
ASSETS = {".css": "text/css", ".woff2": "font/woff2"}


def _rows(quote: Mapping[str, Any]) -> list[Instalment]:
    return [
        Instalment(
            row["number"], date.fromisoformat(row["due_on"]), row["principal_minor"], row["interest_minor"],
            row["fees_minor"], row["balance_minor"], quote["currency"],
        )
        for row in quote["rows"]
    ]  # fmt: skip


@bp.get("/applications/<uuid:application_id>/offers")
@allow(Role.APPLICANT)
def offers(application_id: UUID) -> str | AnyResponse:
    """One to three ways to take the loan, valid until a day."""
    return _offers_page(application_id)


def _offers_page(application_id: UUID, *, trouble: str | None = None) -> str | AnyResponse:
    with read() as r:
        view = my_application(r, application_id)
        found = tracker_status(r, view.id)
        today = r.today
    live = [one for one in found.offers if one.status in {"open", "accepted"}]
    if not live:
        return redirect(url_for("applicant.overview", application_id=view.id))
    shown = [_offer(view, one) for one in live]
    return render_template(
        "applicant/offers.html", view=view, offers=shown, today=today, trouble=trouble, is_counter=found.is_counter,
        reasons=[reason_text(reason) for reason in found.reasons] if found.is_counter else [],
        is_open=view.status is ApplicationStatus.OFFERED, expires_on=min(one.expires_on for one in live),
        product=view.product, locale=current_locale(),
        top=max(float(row.payment.amount) for one in shown for row in one["rows"]),
    )  # fmt: skip


def _offer(view: ApplicationView, one: OfferView) -> dict[str, Any]:
    rows = _rows(one.quote)
    kind = Amortization(one.amortisation)
    return {
        "offer": one,
        "rows": rows,
        "first": rows[0],
        "last": rows[-1],
        "kind": KIND_NAMES[kind],
        "hint": KIND_HINTS[kind],
        "level": kind is Amortization.ANNUITY,
        "cost": one.total - one.amount,
        "fee": one.amount - one.paid_out,
        "cap": one.caps[0] if one.caps else None,
        "taken": one.status == "accepted",
        "expired": view.status is not ApplicationStatus.OFFERED,
    }


@bp.post("/applications/<uuid:application_id>/offers/<uuid:offer_id>")
@allow(Role.APPLICANT)
def accept(application_id: UUID, offer_id: UUID) -> AnyResponse | tuple[Any, int]:
    """Takes the offer and drafts the contract. An offer that no longer holds is explained."""
    with read() as r:
        my_application(r, application_id)
    try:
        with work() as w:
            take_offer(w, application_id, offer_id, expected_version=typed_version())
    except Conflict as refused:
        return _offers_page(application_id, trouble=refused.message), 409
    return redirect(url_for("closing.contract", application_id=application_id), code=303)


@bp.post("/applications/<uuid:application_id>/choose-again")
@allow(Role.APPLICANT)
def reconsider(application_id: UUID) -> AnyResponse:
    """Before signing: back to the offers."""
    with work() as w:
        my_application(w, application_id)
        choose_again(w, application_id)
    return redirect(url_for("closing.offers", application_id=application_id), code=303)


def _own_contract(application_id: UUID) -> ContractView:
    with read() as r:
        found = my_contract(r, application_id)
    if found is None:
        raise NotFound(Text("There is no contract yet"))
    return found


@bp.get("/applications/<uuid:application_id>/contract")
@allow(Role.APPLICANT)
def contract(application_id: UUID) -> str | AnyResponse:
    """The contract in short, the ways to read it whole, and signing."""
    found = _own_contract(application_id)
    if found.status == "signed":
        return redirect(url_for("closing.signed", application_id=application_id))
    return _contract_page(application_id, found, Form())


def _contract_page(application_id: UUID, found: ContractView, form: Form) -> str:
    with read() as r:
        view = my_application(r, application_id)
        data, _ = contract_to_read(r, application_id)
    return render_template(
        "applicant/contract.html", view=view, contract=found, data=data, form=form,
        consent=consent_text(found.reference, found.locale), minutes=CODE_LIFE.seconds // 60,
        mailbox=url_for("demo.mailbox") if demo.is_open() else None,
    )  # fmt: skip


@bp.post("/applications/<uuid:application_id>/contract/code")
@allow(Role.APPLICANT)
def send_code(application_id: UUID) -> AnyResponse | tuple[str, int]:
    """Sends a code for exactly the contract that was shown."""
    found = _own_contract(application_id)
    try:
        with work() as w:
            send_signing_code(w, found.id, shown_sha256=request.form.get("shown") or None)
    except InvalidInput as refused:
        form = Form()
        form.take(refused)
        return _contract_page(application_id, found, form), 422
    return redirect(url_for("closing.contract", application_id=application_id) + "#sign", code=303)


@bp.post("/applications/<uuid:application_id>/contract/sign")
@allow(Role.APPLICANT)
def sign(application_id: UUID) -> AnyResponse | tuple[str, int]:
    """Signs with the code; then the loan is paid out. A second click leads to the same receipt."""
    found = _own_contract(application_id)
    there = redirect(url_for("closing.signed", application_id=application_id), code=303)
    if found.status == "signed":
        return there
    form = Form({"agree": request.form.get("agree", "")})
    if not request.form.get("agree"):
        form.add("agree", NOT_AGREED)
        return _contract_page(application_id, found, form), 422
    try:
        with work() as w:
            result = sign_and_send(w, found.id, request.form.get("code", ""), address=remote_address() or "")
    except InvalidInput as refused:
        form.take(refused)
        return _contract_page(application_id, _own_contract(application_id), form), 422
    if not result.signed:
        form.add("code", result.refusal or Text("That code is not right"))
        return _contract_page(application_id, _own_contract(application_id), form), 422
    _pay_out(application_id)
    return there


def _pay_out(application_id: UUID) -> None:
    """The signature stands whatever happens here: what cannot be booked now waits for a person."""
    try:
        with work() as w:
            book(w, application_id)
    except LendingError as error:
        log.warning("payout waits: %s", error.message, extra={"application_id": str(application_id)})


@bp.get("/applications/<uuid:application_id>/signed")
@allow(Role.APPLICANT)
def signed(application_id: UUID) -> str | AnyResponse:
    """The receipt of the signature; may be bookmarked."""
    found = _own_contract(application_id)
    if found.status != "signed":
        return redirect(url_for("closing.contract", application_id=application_id))
    with read() as r:
        view = my_application(r, application_id)
        data, _ = contract_to_read(r, application_id)
    return render_template("applicant/signed.html", view=view, contract=found, data=data)


@bp.get("/applications/<uuid:application_id>/contract.pdf")
@allow(Role.APPLICANT)
def pdf(application_id: UUID) -> Response:
    """Before signing a copy to read; afterwards the sealed original."""
    return _pdf_of(_own_contract(application_id))


@bp.get("/loans/<uuid:loan_id>/contract.pdf")
@allow(Role.APPLICANT)
def pdf_of_loan(loan_id: UUID) -> Response:
    """The sealed contract behind a loan."""
    with read() as r:
        found = contract_of_loan(r, loan_id)
    return _pdf_of(found)


def _pdf_of(found: ContractView) -> Response:
    if found.status == "signed":
        with work() as w:
            row = seal_contract(w, found.id)
        with read() as r:
            _, data = documents.read(r, row.id)
    else:
        with read() as r:
            data = preview_contract(r, found.id)
    response = make_response(data)
    response.headers["Content-Type"] = PDF
    way = "attachment" if "download" in request.args else "inline"
    response.headers.set("Content-Disposition", way, filename=f"{found.reference}.pdf")
    return response


@bp.get("/applications/<uuid:application_id>/contract/page")
@allow(Role.APPLICANT)
def page(application_id: UUID) -> Response:
    """The very page that is signed, word for word."""
    with read() as r:
        my_application(r, application_id)
        _, html = contract_to_read(r, application_id)
    response = make_response(html.replace('href="asset:', f'href="{url_for("closing.paper", name="")}'))
    response.headers["Content-Type"] = "text/html; charset=utf-8"
    return response


@bp.get("/paper/")
@bp.get("/paper/<name>")
@public
def paper(name: str = "") -> Response:
    """Styles and faces that contracts are printed with; nothing else."""
    path = documents.assets().get(name)
    if path is None:
        raise NotFound(Text("There is no such page"))
    data = path.read_bytes()
    if path.suffix == ".css":
        data = data.replace(b"asset:", b"")
    response = make_response(data)
    response.headers["Content-Type"] = ASSETS[path.suffix]
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response
