"""What every step of an application does first: find and lock it, see that it is not stale, move it by the table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from core import audit
from core.db import Work
from core.domain.actor import SYSTEM
from core.domain.errors import Conflict
from core.domain.fact import FactValue
from core.domain.facts import facts_to_json
from core.domain.texts import Text
from origination.domain.application import ApplicationStatus, OwnerEntry, check_move
from origination.queries.rows import check_sight
from origination.tables.application import ApplicationRow, OwnerRow

SUBJECT = "application"


def open_case(w: Work, application_id: UUID, *, expected_version: int | None = None) -> ApplicationRow:
    """The application, locked. Raises NotFound for nobody's or somebody else's, Conflict when it changed meanwhile."""
    row = w.lock(ApplicationRow, application_id)
    check_sight(w, row)
    if expected_version is not None and expected_version != row.row_version:
        last = next(reversed(audit.history(w, (SUBJECT, application_id))), None)
        who = Text("Somebody") if last is None else actor_words(last.actor_name)
        raise Conflict(
            Text("{who} changed this application meanwhile. Look at it again before you go on.", who=who),
            expected=expected_version,
            current=row.row_version,
        )
    return row


def actor_words(name: str) -> str:
    """Who did something, for a sentence: the system is no name."""
    return Text("The system") if name == SYSTEM.name else name


def move(w: Work, row: ApplicationRow, wanted: ApplicationStatus, action: str, **data: Any) -> None:
    """Moves the application and records the event. Raises IllegalTransition when the table has no such move."""
    current = ApplicationStatus(row.status)
    check_move(current, wanted)
    row.status = wanted.value
    row.moved_at = w.now
    touch(row)
    audit.record(w, action, SUBJECT, row.id, before=current.value, after=wanted.value, **data)


def touch(row: ApplicationRow) -> None:
    """A change: forms opened before are stale."""
    row.row_version += 1


@contextmanager
def as_system(w: Work) -> Iterator[None]:
    """Within, the actor is the system: what a rule does is not done by the person who pressed the button before."""
    person, w.actor = w.actor, SYSTEM
    try:
        yield
    finally:
        w.actor = person


def write_answers(row: ApplicationRow, answers: dict[str, FactValue]) -> None:
    """Freezes the answers and copies what lists are sorted by."""
    row.answers = json.dumps(facts_to_json(answers), ensure_ascii=False)
    copy_wish(row, answers)


def copy_wish(row: ApplicationRow, answers: dict[str, FactValue]) -> None:
    """The columns that lists show, from the answers."""
    amount, tenor = answers.get("amount"), answers.get("tenor_months")
    row.amount_minor = getattr(amount, "minor", None)
    row.tenor_months = tenor if isinstance(tenor, int) else None
    purpose = answers.get("purpose")
    row.purpose = None if purpose is None else str(purpose)
    name = answers.get("full_name") or answers.get("company_name")
    row.applicant_name = None if name is None else str(name)[:300]


def owner_row(position: int, entry: OwnerEntry) -> OwnerRow:
    """The row of one owner."""
    return OwnerRow(
        position=position,
        name=entry.name,
        kind=entry.kind.value,
        share=entry.share,
        of=entry.of,
        controls=entry.controls,
        birth_on=entry.birth_on,
        country=entry.country,
        identity_kind=entry.identity_kind,
        identity_number=entry.identity_number,
    )
