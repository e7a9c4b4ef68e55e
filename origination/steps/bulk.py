"""One act on several cases: first what would become of each, then each in its own transaction. Approving is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import delete, func, select

from core import audit
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import InvalidInput, NotFound
from core.domain.ids import uuid7
from core.domain.texts import Text
from core.tables import UserRow
from origination.domain.application import CLOSED, ApplicationStatus
from origination.queries.rows import product_of
from origination.steps.case import SUBJECT, open_case
from origination.steps.desk import request_paper
from origination.steps.notices import close_stale, is_stale
from origination.tables.application import ApplicationRow
from origination.tables.desk import QueueViewRow

CASES_MAX = 200
VIEWS_MAX = 20


class BulkAction(StrEnum):
    """What may be done to several cases at once."""

    ASSIGN = "assign"
    ASK_PAPER = "ask_paper"
    CLOSE_STALE = "close_stale"


@dataclass(frozen=True, slots=True)
class BulkLine:
    """What would become of one case: `problem` says why nothing."""

    id: UUID
    reference: str | None
    name: str | None
    problem: Text | None


@dataclass(frozen=True, slots=True)
class Bulk:
    """An act with what it needs: a colleague to assign to, or the kind of document to ask for."""

    action: BulkAction
    to: UUID | None = None
    kind: str = ""


def preview(r: Work, ids: Sequence[UUID], bulk: Bulk) -> tuple[BulkLine, ...]:
    """What would become of each case. Raises InvalidInput for none, too many, or an act that lacks its object."""
    r.actor.require(Role.OFFICER, Role.APPROVER)
    if not ids or len(ids) > CASES_MAX:
        raise InvalidInput({"cases": Text("Choose 1 to {n} cases", n=CASES_MAX)})
    _check(r, bulk)
    rows = r.session.scalars(select(ApplicationRow).where(ApplicationRow.id.in_(ids)))
    found = {row.id: row for row in rows}
    return tuple(
        BulkLine(row.id, row.reference, row.applicant_name, _problem(r, row, bulk))
        for one in ids
        if (row := found.get(one)) is not None
    )


def _check(r: Work, bulk: Bulk) -> None:
    if bulk.action is BulkAction.ASSIGN:
        user = None if bulk.to is None else r.session.get(UserRow, bulk.to)
        if user is None or not {Role.OFFICER.value, Role.APPROVER.value} & set(user.roles_held):
            raise InvalidInput({"to": Text("Choose a colleague who decides cases")})
    if bulk.action is BulkAction.ASK_PAPER and not bulk.kind:
        raise InvalidInput({"kind": Text("Choose the document to ask for")})


def _problem(r: Work, row: ApplicationRow, bulk: Bulk) -> Text | None:
    if ApplicationStatus(row.status) in CLOSED or row.status == ApplicationStatus.DRAFT.value:
        return Text("It is closed or not sent yet")
    if bulk.action is BulkAction.ASSIGN and row.assigned_to == bulk.to:
        return Text("It is on that desk already")
    if bulk.action is BulkAction.ASK_PAPER and bulk.kind not in product_of(r, row).documents:
        return Text("This product does not ask for that document")
    if bulk.action is BulkAction.CLOSE_STALE and not is_stale(r, row):
        return Text("It does not wait for documents long enough")
    return None


def apply_to(w: Work, application_id: UUID, bulk: Bulk) -> bool:
    """Does it to one case; False when something stands in the way by now."""
    w.actor.require(Role.OFFICER, Role.APPROVER)
    _check(w, bulk)
    row = open_case(w, application_id)
    if _problem(w, row, bulk) is not None:
        return False
    if bulk.action is BulkAction.ASSIGN:
        audit.record(w, "application.assigned", SUBJECT, row.id, was=row.assigned_to, to=bulk.to)
        row.assigned_to = bulk.to
    elif bulk.action is BulkAction.ASK_PAPER:
        request_paper(w, application_id, bulk.kind)
    else:
        close_stale(w, application_id)
    return True


def save_view(w: Work, name: str, arguments: str) -> QueueViewRow:
    """Keeps the queue as it is shown under a name; the same name again replaces it. Raises InvalidInput."""
    w.actor.require(Role.OFFICER, Role.APPROVER)
    assert w.actor.id is not None
    plain = name.strip()
    if not 1 <= len(plain) <= 60:
        raise InvalidInput({"view_name": Text("Give the view a name of 1 to 60 characters")})
    mine = select(QueueViewRow).where(QueueViewRow.user_id == w.actor.id)
    row = w.session.scalars(mine.where(QueueViewRow.name == plain)).first()
    if row is None:
        if int(w.session.scalar(select(func.count()).select_from(mine.subquery())) or 0) >= VIEWS_MAX:
            raise InvalidInput({"view_name": Text("You have {n} views already; drop one first", n=VIEWS_MAX)})
        return w.add(
            QueueViewRow(id=uuid7(), user_id=w.actor.id, name=plain, arguments=arguments[:500], created_at=w.now)
        )
    row.arguments = arguments[:500]
    return row


def drop_view(w: Work, view_id: UUID) -> None:
    """Forgets one of one's own views. Raises NotFound."""
    mine = delete(QueueViewRow).where(QueueViewRow.id == view_id, QueueViewRow.user_id == w.actor.id)
    if w.session.scalar(mine.returning(QueueViewRow.id)) is None:
        raise NotFound(Text("There is no such view"))
