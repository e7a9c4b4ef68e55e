"""Score models for the risk manager: the registry, one version, its approval and its watch."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from core.domain.actor import Role
from core.domain.errors import InvalidInput
from core.domain.texts import Text
from core.i18n import gettext
from core.web.guards import allow
from core.web.work import actor, read, work

bp = Blueprint("monitoring", __name__, url_prefix="/models")

STATUS_WORDS = {
    "draft": (Text("Draft"), "plain"),
    "validated": (Text("Validated"), "info"),
    "approved": (Text("Approved, not in use"), "info"),
    "champion": (Text("In use"), "good"),
    "challenger": (Text("Challenger"), "wait"),
    "shadow": (Text("Shadow"), "wait"),
    "retired": (Text("Retired"), "plain"),
}
KIND_WORDS = {
    "additive": Text("Points table (XGBoost, one feature per tree)"),
    "deep": Text("Deep trees (XGBoost)"),
    "logistic": Text("Points table (logistic regression)"),
    "expert": Text("Points table (experts)"),
}


@bp.get("/")
@allow(Role.RISK_MANAGER, Role.AUDITOR)
def overview() -> str:
    """The registry."""
    from scoring.queries.scores import counts_by_version, versions

    with read() as r:
        found, counts = versions(r), counts_by_version(r)
    return render_template(
        "manager/models.html", versions=found, counts=counts, status_words=STATUS_WORDS, kind_words=KIND_WORDS
    )


@bp.get("/<uuid:version_id>")
@allow(Role.RISK_MANAGER, Role.AUDITOR)
def version(version_id: UUID) -> str:
    """One version: figures, points table, fairness, watch, and what may be done with it."""
    from scoring.domain.registry import MOVES, VersionStatus
    from scoring.queries.card_view import version_page

    with read() as r:
        page = version_page(r, version_id)
    moves = {move.value for move in MOVES[VersionStatus(page.view.status)]}
    return render_template(
        "manager/model.html", page=page, view=page.view, status_words=STATUS_WORDS, kind_words=KIND_WORDS,
        moves=moves if actor().has(Role.RISK_MANAGER) else set(),
    )  # fmt: skip


@bp.post("/<uuid:version_id>/move")
@allow(Role.RISK_MANAGER)
def move(version_id: UUID) -> AnyResponse:
    """Moves a version along its life; the step checks roles, persons and files again."""
    from scoring.domain.registry import VersionStatus
    from scoring.steps import registry

    wanted = request.form.get("to", "")
    with work() as w:
        if wanted == VersionStatus.VALIDATED:
            registry.validate_version(w, version_id, note=request.form.get("note", ""))
        elif wanted == VersionStatus.APPROVED and request.form.get("back") is None:
            registry.approve_version(w, version_id)
        elif wanted == VersionStatus.RETIRED:
            registry.retire_version(w, version_id)
        elif wanted in set(VersionStatus):
            registry.place_version(w, version_id, VersionStatus(wanted), share=_share())
        else:
            raise InvalidInput({"to": Text("A version is put to use as champion, challenger or shadow")})
    flash(gettext("Done. The change is in the audit trail."), "good")
    return redirect(url_for("monitoring.version", version_id=version_id))


def _share() -> Decimal | None:
    raw = request.form.get("share", "").strip().rstrip("%").strip()
    if not raw:
        return None
    try:
        return Decimal(raw) / 100
    except InvalidOperation:
        raise InvalidInput({"share": Text("Enter a percentage like 10")}) from None


@bp.post("/<uuid:version_id>/watch")
@allow(Role.RISK_MANAGER)
def watch(version_id: UUID) -> AnyResponse:
    """Watches now instead of at night."""
    from scoring.domain.performance import past_cases_in
    from scoring.steps.monitor import watch_version

    with work() as w:
        watch_version(w, version_id, past_cases_in(current_app.extensions))
    return redirect(url_for("monitoring.version", version_id=version_id) + "#watch")
