"""A list of payments as JSON, as a bank's statement brings them (docs/api.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify

from core.api_keys import Scope
from core.domain.errors import InvalidInput, LendingError, NotFound
from core.domain.texts import Text
from core.web.errors import as_json
from core.web.machine import json_body, machine
from core.web.work import actor, read, work
from repayment.queries.loans import loans_named
from repayment.steps.receive_payment import Allocation
from repayment.steps.receive_payments import Incoming, receive_payments
from repayment.web.api import allocation_json, read_payment

bp = Blueprint("payments_api", __name__, url_prefix="/api/v1/payments")
PAYMENTS_MAX = 1000
KEY_MAX = 200
Answer = dict[str, Any]


@bp.post("")
@machine(Scope.PAYMENTS)
def pay_many() -> Response:
    """Books each payment of the list under its own key; one that is refused says why in its place and holds up none."""
    items = _items()
    with read() as r:
        known, today = loans_named(r, {_reference(item) for item in items}), r.today
    answers: list[Answer] = [{} for _ in items]
    wanted: dict[int, Incoming] = {}
    for at, item in enumerate(items):
        try:
            wanted[at] = _incoming(item, known, today)
        except LendingError as error:
            answers[at] = {"error": as_json(error)}
    for at, answer in zip(wanted, _book(list(wanted.values())), strict=True):
        answers[at] = answer
    return jsonify(payments=answers)


def _items() -> list[dict[str, Any]]:
    items = json_body().get("payments")
    if not isinstance(items, list) or not 1 <= len(items) <= PAYMENTS_MAX:
        raise InvalidInput({"payments": Text("Send a list of 1 to {n} payments", n=PAYMENTS_MAX)})
    if not all(isinstance(item, dict) for item in items):
        raise InvalidInput({"payments": Text("Each payment is one JSON object")})
    return items


def _reference(item: Mapping[str, Any]) -> str:
    return str(item.get("loan", "")).strip().upper()


def _incoming(item: dict[str, Any], known: Mapping[str, tuple[UUID, str]], today: date) -> Incoming:
    loan, key = known.get(_reference(item)), item.get("key")
    if loan is None:
        raise NotFound(Text("There is no loan {reference}", reference=str(item.get("loan", ""))[:40]))
    if not isinstance(key, str) or not 1 <= len(key.strip()) <= KEY_MAX:
        raise InvalidInput({"key": Text("Give each payment a key of its own, of 1 to {n} characters", n=KEY_MAX)})
    loan_id, currency = loan
    rest = {name: value for name, value in item.items() if name not in {"loan", "key"}}
    # The same key means the same payment, whether it comes alone or in a list.
    return Incoming(f"api:{actor().id}:{key.strip()}"[:255], loan_id, **read_payment(rest, currency, today))


def _book(wanted: Sequence[Incoming]) -> list[Answer]:
    """All together; where one is refused, nothing of that is kept and each is booked for itself."""
    if not wanted:
        return []
    try:
        with work() as w:
            return [_told(one) for one in receive_payments(w, wanted)]
    except LendingError as error:
        if len(wanted) == 1:
            return [{"error": as_json(error)}]
    return [answer for one in wanted for answer in _book([one])]


def _told(used: Allocation) -> Answer:
    return {**allocation_json(used), "replayed": used.replayed}
