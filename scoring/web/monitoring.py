"""Score models for the risk manager: the registry, one version, and every move of its life with a confirmation."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from core.domain.actor import Role
from core.domain.errors import Conflict, IllegalTransition, InvalidInput, LendingError, NotAllowed, NotFound
from core.domain.texts import Text
from core.i18n import current_locale, gettext
from core.web.forms import Form, read_percent
from core.web.guards import allow
from core.web.work import actor, read, work
from scoring.domain.words import KIND_WORDS, SEGMENT_WORDS, STATUS_WORDS
from scoring.web.words import (
    ALERT_WORDS,
    MOVE_WORDS,
    RUN_WORDS,
    STAGE_WORDS,
    feature_words,
    finding_words,
    group_words,
    reason_words,
    split_words,
)

bp = Blueprint("monitoring", __name__, url_prefix="/models")
READERS = (Role.RISK_MANAGER, Role.AUDITOR)
BACK = "back"


@bp.app_context_processor
def words() -> dict[str, Any]:
    """What the templates of the score models call things."""
    return {
        "status_words": STATUS_WORDS, "kind_words": KIND_WORDS, "segment_words": SEGMENT_WORDS,
        "alert_words": ALERT_WORDS, "stage_words": STAGE_WORDS, "run_words": RUN_WORDS, "move_words": MOVE_WORDS,
    } if request and request.blueprint in {"monitoring", "watching", "comparing", "training"} else {}  # fmt: skip


bp.add_app_template_filter(feature_words, "feature_words")
bp.add_app_template_filter(reason_words, "score_reason_words")
bp.add_app_template_filter(finding_words, "finding_words")
bp.add_app_template_filter(split_words, "split_words")
bp.add_app_template_filter(group_words, "score_group_words")


@bp.get("/")
@allow(*READERS)
def overview() -> str:
    """The registry by segment, the ones in use first."""
    from scoring.domain.registry import VersionStatus
    from scoring.queries.scores import counts_by_version, versions
    from scoring.queries.watch_view import open_alerts

    order = [
        VersionStatus.CHAMPION, VersionStatus.CHALLENGER, VersionStatus.SHADOW, VersionStatus.APPROVED,
        VersionStatus.VALIDATED, VersionStatus.DRAFT, VersionStatus.RETIRED,
    ]  # fmt: skip
    with read() as r:
        found, counts, alerts = versions(r), counts_by_version(r), open_alerts(r)
    segments: dict[str, list[Any]] = {}
    for one in sorted(found, key=lambda view: order.index(VersionStatus(view.status))):
        segments.setdefault(one.segment, []).append(one)
    return render_template(
        "manager/models.html", segments=sorted(segments.items()), counts=counts, alerts=alerts,
        may_act=actor().has(Role.RISK_MANAGER),
    )  # fmt: skip


@bp.get("/<uuid:version_id>")
@allow(*READERS)
def version(version_id: UUID) -> str:
    """One version: figures, curves, points table, shapes, and what may be done with it."""
    from scoring.queries.card_view import version_page
    from scoring.queries.watch_view import open_alerts

    with read() as r:
        page = version_page(r, version_id)
        alerts = open_alerts(r).get(version_id, 0)
    return render_template("manager/model.html", page=page, view=page.view, moves=_moves(page.view), alerts=alerts)


def _moves(view: Any) -> list[str]:
    """The moves the person may make: the trainer's own approval is left out, not merely refused."""
    from scoring.domain.registry import MOVES, VersionStatus

    who = actor()
    if not who.has(Role.RISK_MANAGER):
        return []
    found = []
    for wanted in ("validated", "approved", "champion", "challenger", "shadow", BACK, "retired"):
        status = VersionStatus.APPROVED if wanted == BACK else VersionStatus(wanted)
        possible = status in MOVES[VersionStatus(view.status)]
        if status is VersionStatus.APPROVED:
            possible = possible and (wanted == BACK) == (view.status != VersionStatus.VALIDATED.value)
        if wanted == "approved" and who.id == view.trained_by_id:
            possible = False
        if possible:
            found.append(wanted)
    return found


@bp.get("/<uuid:version_id>/move/<wanted>")
@allow(Role.RISK_MANAGER)
def confirm(version_id: UUID, wanted: str) -> str:
    """Says what a move does, in figures, and asks."""
    if wanted not in MOVE_WORDS:
        raise NotFound(f"There is no move {wanted}")
    return _confirm(version_id, wanted, Form())


def _confirm(version_id: UUID, wanted: str, form: Form) -> str:
    from scoring.domain.registry import facts_wanting
    from scoring.queries.scores import lately_served, version_view, versions

    with read() as r:
        view = version_view(r, version_id)
        since = r.today - timedelta(days=30)
        served = lately_served(r, view.segment, since)
        others = [
            one for one in versions(r, view.segment)
            if one.status in {"champion", "challenger"} and one.product == view.product and one.id != view.id
        ]  # fmt: skip
    return render_template(
        "manager/model_move.html", view=view, wanted=wanted, form=form, served=served, others=others, since=since,
        allowed=wanted in _moves(view),
        wanting=facts_wanting(view.features, view.segment) if wanted in {"champion", "challenger", "shadow"} else (),
    )  # fmt: skip


@bp.post("/<uuid:version_id>/move")
@allow(Role.RISK_MANAGER)
def move(version_id: UUID) -> AnyResponse | tuple[str, int]:
    """Moves a version along its life; the step checks roles, persons and files again."""
    form = Form(request.form.to_dict())
    wanted = request.form.get("to", "")
    if request.form.get("back"):
        wanted = BACK
    if wanted not in MOVE_WORDS:
        raise InvalidInput({"to": Text("A version is put to use as champion, challenger or shadow")})
    try:
        _make(version_id, wanted, form)
    except InvalidInput as error:
        form.take(error)
        return _confirm(version_id, wanted, form), 422
    except (NotAllowed, Conflict, IllegalTransition) as error:
        form.add("_", said(error))
        return _confirm(version_id, wanted, form), 403 if isinstance(error, NotAllowed) else 409
    flash(gettext("Done. The change is in the audit trail."), "good")
    return redirect(url_for("monitoring.version", version_id=version_id), code=303)


def _make(version_id: UUID, wanted: str, form: Form) -> None:
    from scoring.domain.registry import VersionStatus
    from scoring.steps import registry

    share: Decimal | None = None
    if wanted == "challenger":
        share = form.read(read_percent, "share", missing=Text("Enter a percentage like 10"))
        form.check()
    with work() as w:
        if wanted == "validated":
            registry.validate_version(w, version_id, note=str(form.values.get("note", "")))
        elif wanted == "approved":
            registry.approve_version(w, version_id)
        elif wanted == "retired":
            registry.retire_version(w, version_id)
        else:
            status = VersionStatus.APPROVED if wanted == BACK else VersionStatus(wanted)
            registry.place_version(w, version_id, status, share=share)


@bp.get("/<uuid:version_id>/report.pdf")
@allow(*READERS)
def report(version_id: UUID) -> Response:
    """The model report for a validator."""
    from scoring.steps.model_report import model_report_pdf

    with read() as r:
        name, made = model_report_pdf(r, version_id, locale=current_locale())
    answer = Response(made, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return answer


def said(error: LendingError) -> str:
    """What went wrong, as a message that can still be translated."""
    return error.args[0] if error.args else error.message
