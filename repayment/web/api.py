"""Loans and payments as JSON, for machines with a key (docs/api.md). Amounts are texts in major units."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import Any

from flask import Blueprint, Response, jsonify, request

from core.api_keys import Scope
from core.domain.errors import InvalidInput
from core.domain.money import Money, parse_amount
from core.domain.texts import Text
from core.web.machine import idempotency_key, json_body, machine
from core.web.work import actor, read, work
from repayment.queries.loan_page import LineView, loan_page, settlement
from repayment.queries.loans import LoanSummary, loan_by_reference
from repayment.steps.receive_payment import Allocation, receive_payment
from repayment.web.words import PAY_CHANNELS_OFFERED

bp = Blueprint("loans_api", __name__, url_prefix="/api/v1/loans/<reference>")
PAYMENT_FIELDS = ("amount", "value_on", "payer", "channel")


@bp.get("")
@machine(Scope.LOANS)
def show(reference: str) -> Response:
    """One loan as of the open business date."""
    with read() as r:
        found = loan_by_reference(r, reference)
        return jsonify(_loan_json(found, r.today))


@bp.get("/schedule")
@machine(Scope.LOANS)
def schedule(reference: str) -> Response:
    """The schedule in force, with what is paid and open of each instalment."""
    with read() as r:
        page = loan_page(r, loan_by_reference(r, reference).id)
    return jsonify(
        reference=page.summary.reference,
        currency=page.summary.principal.currency,
        instalments=[_line_json(one) for one in page.lines],
    )


@bp.get("/settlement")
@machine(Scope.LOANS)
def settle(reference: str) -> Response:
    """What closes the loan on `?on=2026-03-31`, sum by sum; today's business date if left out."""
    with read() as r:
        found = loan_by_reference(r, reference)
        on = _day("on", request.args["on"]) if "on" in request.args else r.today
        figure = settlement(r, found.id, on)
    sums = {field.name: _plain(getattr(figure, field.name)) for field in fields(figure)}
    return jsonify(reference=found.reference, currency=found.principal.currency, **sums)


@bp.post("/payments")
@machine(Scope.PAYMENTS)
def pay(reference: str) -> tuple[Response, int]:
    """Books money received. 201 with its use; the same Idempotency-Key again books nothing and answers the same."""
    key, body = idempotency_key(), json_body()
    with work() as w:
        found = loan_by_reference(w, reference)
        typed = read_payment(body, found.principal.currency, w.today)
        used = receive_payment(w, key=f"api:{actor().id}:{key}"[:255], loan_id=found.id, **typed)
    response = jsonify(allocation_json(used))
    if used.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response, 201


def read_payment(body: dict[str, Any], currency: str, today: date) -> dict[str, Any]:
    """Amount, value date, channel and payer of a payment sent. Raises InvalidInput with all that is wrong."""
    wrong: dict[str, str | list[str]] = {
        name: Text("There is no such field; there are: {names}", names=", ".join((*PAYMENT_FIELDS, "currency")))
        for name in set(body) - {*PAYMENT_FIELDS, "currency"}
    }
    typed: dict[str, Any] = {
        "channel": "bank_transfer",
        "value_on": today,
        "payer": str(body.get("payer", "")).strip()[:200],
    }
    try:
        if not isinstance(body.get("amount"), str):
            raise InvalidInput({"amount": Text('Send the amount as text, like "1200.50"')})
        typed["amount"] = parse_amount(body["amount"], currency, "amount")
    except InvalidInput as refused:
        wrong |= refused.fields
    if body.get("currency", currency) != currency:
        wrong["currency"] = Text("This loan is in {code}", code=currency)
    if "value_on" in body:
        try:
            typed["value_on"] = _day("value_on", body["value_on"])
        except InvalidInput as refused:
            wrong |= refused.fields
    if body.get("channel", "bank_transfer") not in PAY_CHANNELS_OFFERED:
        wrong["channel"] = Text("Choose among {names}", names=", ".join(PAY_CHANNELS_OFFERED))
    else:
        typed["channel"] = body.get("channel", "bank_transfer")
    if not typed["payer"]:
        wrong["payer"] = Text("Enter who paid")
    if wrong:
        raise InvalidInput(wrong)
    return typed


def _day(name: str, raw: Any) -> date:
    try:
        return date.fromisoformat(raw)
    except (TypeError, ValueError):
        raise InvalidInput({name: Text("Enter a real date, like 2026-03-31")}) from None


def _plain(value: Any) -> Any:
    if isinstance(value, Money):
        return str(value.amount)
    return value.isoformat() if isinstance(value, date) else value


def _loan_json(found: LoanSummary, today: date) -> dict[str, Any]:
    return {
        "id": str(found.id),
        "reference": found.reference,
        "as_of": today.isoformat(),
        "status": found.status.value,
        "currency": found.principal.currency,
        "principal": _plain(found.principal),
        "outstanding_principal": _plain(found.outstanding),
        "overdue": _plain(found.overdue),
        "days_past_due": found.dpd,
        "bucket": found.bucket.value,
        "next_due_on": found.next_due_on and found.next_due_on.isoformat(),
        "next_due": _plain(found.next_due),
        "disbursed_on": found.disbursed_on and found.disbursed_on.isoformat(),
        "closed_on": found.closed_on and found.closed_on.isoformat(),
    }


def _line_json(one: LineView) -> dict[str, Any]:
    return {
        "number": one.number,
        "due_on": one.due_on.isoformat(),
        **{
            name: _plain(getattr(one, name))
            for name in ("principal", "interest", "fee", "charges", "total", "paid", "open", "balance")
        },
        "status": one.status.value,
    }


def allocation_json(used: Allocation) -> dict[str, Any]:
    """What a payment was used for."""
    parts = ("amount", "fees", "penalty", "interest", "principal", "credit")
    return {
        "payment_id": str(used.payment_id),
        "currency": used.amount.currency,
        **{name: _plain(getattr(used, name)) for name in parts},
        "loan_status": used.status.value,
    }
