"""Notes of colleagues on a case, who is named in them, and words that are kept while they are typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from core.db import Work
from core.domain.errors import InvalidInput
from core.domain.texts import Text
from core.i18n import gettext
from core.web.guards import allow
from core.web.work import actor, work
from origination.queries.desk import colleagues, draft_of, named_me
from origination.steps.desk import add_note
from origination.steps.own_words import drop_draft, save_draft, tell_named
from origination.web.officer import STAFF_OF_CASES

bp = Blueprint("case_notes", __name__, url_prefix="/officer/cases")
KEPT = ("note", "reason", "identity_reason")  # and what begins with one of these
KEPT_PREFIXES = ("alert_reason_", "condition_", "reason_")


def notes_context(r: Work, application_id: UUID) -> dict[str, Any]:
    """Whom a note can be put before, and which notes name the reader."""
    return {
        "names_me": named_me(r, application_id),
        "tell_choices": [(str(user_id), name) for user_id, name in colleagues(r) if user_id != actor().id],
    }


def typed_before(r: Work, application_id: UUID) -> dict[str, str]:
    """What the reader typed on this case and has not sent."""
    return draft_of(r, application_id)


def words_of(posted: Mapping[str, str]) -> tuple[str, ...]:
    """The free text of a form that was sent."""
    found = (words.strip() for name, words in posted.items() if name in KEPT or name.startswith(KEPT_PREFIXES))
    return tuple(words for words in found if words)


@bp.post("/<uuid:application_id>/notes")
@allow(*STAFF_OF_CASES)
def note(application_id: UUID) -> Response | tuple[str, int]:
    """A note for colleagues; those it names find it on their queue."""
    from origination.web.case import refused

    try:
        with work() as w:
            kept = add_note(w, application_id, request.form.get("note", ""), pinned=bool(request.form.get("pinned")))
            unknown = tell_named(w, kept, _colleague())
            drop_draft(w, application_id, ["note"])
    except InvalidInput as error:
        return refused(application_id, error)
    for name in unknown:
        flash(gettext("The note is kept, but nobody here is called %(name)s.", name=f"@{name}"), "info")
    return redirect(url_for("case.page", application_id=application_id, _anchor="notes"), code=303)


def _colleague() -> UUID | None:
    try:
        return UUID(request.form["tell"]) if request.form.get("tell") else None
    except ValueError:
        raise InvalidInput({"tell": Text("Choose a colleague")}) from None


@bp.post("/<uuid:application_id>/draft")
@allow(*STAFF_OF_CASES)
def keep(application_id: UUID) -> tuple[str, int]:
    """Keeps what is being typed; answers with nothing. A script sends it, so that a page may be closed."""
    fields = {name: words for name, words in request.form.items() if name in KEPT or name.startswith(KEPT_PREFIXES)}
    with work() as w:
        save_draft(w, application_id, fields)
    return "", 204
