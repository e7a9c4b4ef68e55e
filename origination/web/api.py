"""Applications as JSON, for machines with a key (docs/api.md)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, url_for

from core.api_keys import Scope
from core.idempotency import once
from core.web.machine import idempotency_key, json_body, machine
from core.web.work import actor, read, work
from origination.queries.find import application_id_of
from origination.queries.tracker import OfferView, StatusView, status
from origination.steps.apply_whole import apply_whole, read_whole

bp = Blueprint("applications_api", __name__, url_prefix="/api/v1/applications")


@bp.post("")
@machine(Scope.APPLICATIONS)
def send() -> tuple[Response, int]:
    """Takes a whole application. 201 with its reference; the same key again answers the same, and makes no second."""
    key, body = idempotency_key(), json_body()
    whole = read_whole(body)
    with work() as w:
        answer, replayed = once(w, f"api.application:{actor().id}", key, body, lambda: _receipt(apply_whole(w, whole)))
    response = jsonify(answer)
    response.headers["Location"] = url_for("applications_api.show", reference=answer["reference"])
    if replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response, 201


def _receipt(sent: Any) -> dict[str, Any]:
    return {"id": str(sent.application_id), "reference": sent.reference}


@bp.get("/<reference>")
@machine(Scope.APPLICATIONS)
def show(reference: str) -> Response:
    """Where an application stands: state, offers, documents asked for, and the reasons of a refusal."""
    with read() as r:
        found = status(r, application_id_of(r, reference))
    return jsonify(_status_json(found))


def _status_json(found: StatusView) -> dict[str, Any]:
    line = found.line
    return {
        "id": str(line.id),
        "reference": line.reference,
        "status": line.status.value,
        "product": {"code": found.product.code, "version": found.product.version},
        "amount": None if line.amount is None else str(line.amount.amount),
        "currency": found.product.currency,
        "tenor_months": line.tenor_months,
        "submitted_at": line.submitted_at and line.submitted_at.isoformat(),
        "moved_at": line.moved_at.isoformat(),
        "decided_at": found.decided_at and found.decided_at.isoformat(),
        "automatic": found.is_automatic,
        "counter_offer": found.is_counter,
        "reasons": [
            {"id": one.id, "text": _words(one.texts), "figures": {name: _figure(v) for name, v in one.params.items()}}
            for one in found.reasons
        ],
        "offers": [_offer_json(one) for one in found.offers],
        "documents": [
            {"kind": one.kind, "status": one.status, "reason": one.reason} for one in found.documents
        ],
    }  # fmt: skip


def _words(texts: Any) -> dict[str, str]:
    return {name: text for name, text in texts.items() if name in {"en", "zh"}}


def _figure(value: Any) -> Any:
    return value if isinstance(value, dict | list | int | str | None) else str(value)


def _offer_json(one: OfferView) -> dict[str, Any]:
    return {
        "number": one.number,
        "status": one.status,
        "amount": str(one.amount.amount),
        "tenor_months": one.tenor_months,
        "amortisation": one.amortisation,
        "rate_annual": format(one.rate_annual, "f"),
        "instalment": str(one.instalment.amount),
        "total": str(one.total.amount),
        "effective_annual_rate": format(one.cost_effective, "f"),
        "legal_limits": [cap.to_dict() | {"within": cap.passes} for cap in one.caps],
        "expires_on": one.expires_on.isoformat(),
    }
