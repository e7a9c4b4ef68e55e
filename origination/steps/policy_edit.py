"""A policy is edited as a draft, tested, and published by a second person; an older version comes back as a new one."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select

from core import audit
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import Conflict, IllegalTransition, InvalidInput, NotAllowed, PolicyInvalid
from core.domain.ids import uuid7
from core.domain.texts import Text
from core.policy import PUBLISHED, keep_text
from core.tables import PolicyEditionRow
from origination.domain.policy import OriginationPolicy
from origination.domain.policy_text import own_text, read_text
from origination.queries.policies import STAGE, SUBJECT, edition, editors_of, number_in_force, text_in_force

EDITORS = (Role.RISK_MANAGER, Role.ADMIN)
DRAFT, WAITING, DISCARDED = "draft", "waiting", "discarded"
NOTE_MIN, NOTE_MAX = 10, 2000


def start_draft(w: Work, *, note: str = "") -> PolicyEditionRow:
    """A draft that equals the version in force. Raises NotAllowed."""
    w.actor.require(*EDITORS)
    return _add(w, own_text(text_in_force(w)), "policy.started", note)


def import_draft(w: Work, text: str, *, note: str = "") -> PolicyEditionRow:
    """A draft of a text brought from elsewhere. Raises InvalidInput at `text`, NotAllowed."""
    w.actor.require(*EDITORS, Role.SYSTEM)
    read_checked(text)
    return _add(w, own_text(text), "policy.started", note)


def _add(w: Work, text: str, action: str, note: str, equal_to: int | None = None) -> PolicyEditionRow:
    row = w.add(
        PolicyEditionRow(
            id=uuid7(), stage=STAGE, status=DRAFT, text=text, sha256=read_checked(text).sha256,
            based_on=number_in_force(w), equal_to=equal_to, note=note, author_id=w.actor.id, author_name=w.actor.name,
            created_at=w.now, changed_at=w.now,
        )
    )  # fmt: skip
    w.session.flush()
    audit.record(
        w, action, SUBJECT, row.id, sha256=row.sha256, based_on=row.based_on, equal_to=equal_to, editor=w.actor.id
    )
    return row


def read_checked(text: str) -> OriginationPolicy:
    """The policy of a text. Raises InvalidInput at `text` for anything that cannot be used, naming its place."""
    try:
        return OriginationPolicy.from_toml(read_text(text))
    except PolicyInvalid as error:
        raise InvalidInput({"text": error.message}) from None


def open_draft(w: Work, edition_id: UUID, expected_version: int | None, *wanted: str) -> PolicyEditionRow:
    """The edition locked, in one of the states wanted. Raises Conflict, IllegalTransition."""
    row = w.lock(PolicyEditionRow, edition_id)
    if expected_version is not None and expected_version != row.row_version:
        raise Conflict(Text("Somebody changed this policy meanwhile. Look at it again before you go on."))
    if row.status not in wanted:
        raise IllegalTransition(SUBJECT, row.status, "changed")
    return row


def change_draft(w: Work, edition_id: UUID, text: str, *, expected_version: int | None = None) -> PolicyEditionRow:
    """Keeps a new text of a draft; one that waited for a second person waits no more.

    Raises InvalidInput at `text`, Conflict when a colleague was faster, IllegalTransition for a published one.
    """
    w.actor.require(*EDITORS)
    row = open_draft(w, edition_id, expected_version, DRAFT, WAITING)
    sha256 = read_checked(text).sha256
    if text == row.text:
        return row
    before = row.sha256
    row.text, row.sha256, row.status, row.changed_at = text, sha256, DRAFT, w.now
    row.equal_to = None
    row.row_version += 1
    audit.record(w, "policy.changed", SUBJECT, row.id, before=before, after=sha256, editor=w.actor.id)
    return row


def submit_draft(
    w: Work, edition_id: UUID, note: str, *, accept_findings: bool = False, expected_version: int | None = None
) -> PolicyEditionRow:
    """Hands a draft to a second person. Every test case must pass, and every finding be gone or accepted by name.

    Raises InvalidInput at `note`, `cases` or `findings`, Conflict, IllegalTransition.
    """
    w.actor.require(*EDITORS)
    row = open_draft(w, edition_id, expected_version, DRAFT)
    _check(w, row, accept_findings=accept_findings, note=note)
    row.note, row.status, row.submitted_at = note.strip(), WAITING, w.now
    row.row_version += 1
    audit.record(w, "policy.submitted", SUBJECT, row.id, sha256=row.sha256, accepted_findings=accept_findings)
    return row


def _check(w: Work, row: PolicyEditionRow, *, accept_findings: bool, note: str | None = None) -> None:
    found, wrong = edition(w, row.id), {}
    if note is not None and not NOTE_MIN <= len(note.strip()) <= NOTE_MAX:
        wrong["note"] = Text("Say what changes and why in {low} to {high} characters", low=NOTE_MIN, high=NOTE_MAX)
    if found.failed:
        names = ", ".join(one.name for one in found.failed)
        wrong["cases"] = Text("These test cases come out otherwise: {names}", names=names)
    if found.problems and not accept_findings:
        names = ", ".join(sorted({one.table for one in found.problems}))
        wrong["findings"] = Text("Tables with overlaps or gaps: {names}. Mend them, or accept them.", names=names)
    if not found.changes and row.equal_to is None:
        wrong["_"] = Text("This draft equals the version in force: there is nothing to publish")
    if wrong:
        raise InvalidInput(wrong)


def send_back(w: Work, edition_id: UUID, reason: str, *, expected_version: int | None = None) -> PolicyEditionRow:
    """The second person does not publish it and says why; it is a draft again. Raises InvalidInput at `reason`."""
    w.actor.require(*EDITORS)
    row = open_draft(w, edition_id, expected_version, WAITING)
    if len(reason.strip()) < NOTE_MIN:
        raise InvalidInput({"reason": Text("Say why in at least {n} characters", n=NOTE_MIN)})
    row.status = DRAFT
    row.row_version += 1
    audit.record(w, "policy.sent_back", SUBJECT, row.id, reason=reason.strip())
    return row


def publish(w: Work, edition_id: UUID, *, expected_version: int | None = None) -> PolicyEditionRow:
    """Puts a version in force for every process from its next piece of work on. Nobody publishes what they wrote.

    Raises NotAllowed for one who wrote on it, Conflict when another version came into force meanwhile or somebody was
    faster, IllegalTransition unless it waits, InvalidInput when a test case no longer passes.
    """
    w.actor.require(*EDITORS)
    w.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("publish_policy", 3))))
    row = open_draft(w, edition_id, expected_version, WAITING)
    if w.actor.id is None or w.actor.id in editors_of(w, row.id):
        raise NotAllowed(Text("You wrote on this version, so somebody else has to publish it"))
    current = number_in_force(w)
    if row.based_on != current:
        raise Conflict(
            Text("Version {n} came into force meanwhile. Compare with it first.", n=current), in_force=current
        )
    _check(w, row, accept_findings=True)
    policy = read_checked(row.text)
    keep_text(w, STAGE, policy.text)
    row.number, row.status = current + 1, PUBLISHED
    row.publisher_id, row.publisher_name, row.published_at = w.actor.id, w.actor.name, w.now
    row.row_version += 1
    w.session.flush()
    audit.record(
        w, "policy.published", SUBJECT, row.id, number=row.number, sha256=row.sha256, before=current,
        equal_to=row.equal_to,
    )  # fmt: skip
    return row


def compare_again(w: Work, edition_id: UUID, *, expected_version: int | None = None) -> PolicyEditionRow:
    """A draft begun from an older version is held against the one in force: its author has seen the difference."""
    w.actor.require(*EDITORS)
    row = open_draft(w, edition_id, expected_version, DRAFT, WAITING)
    row.based_on, row.status = number_in_force(w), DRAFT
    row.row_version += 1
    audit.record(w, "policy.compared", SUBJECT, row.id, based_on=row.based_on)
    return row


def roll_back(w: Work, number: int, note: str) -> PolicyEditionRow:
    """A new version equal to an old one (0: the file); it waits for a second person. Raises NotFound, InvalidInput."""
    w.actor.require(*EDITORS)
    if len(note.strip()) < NOTE_MIN:
        raise InvalidInput({"note": Text("Say why in at least {n} characters", n=NOTE_MIN)})
    if number == number_in_force(w):
        raise InvalidInput({"note": Text("This version is in force already")})
    row = _add(w, own_text(text_in_force(w, number)), "policy.rolled_back", note.strip(), equal_to=number)
    row.status, row.submitted_at = WAITING, w.now
    return row


def discard(w: Work, edition_id: UUID, *, expected_version: int | None = None) -> PolicyEditionRow:
    """Drops a draft; it is kept for the trail and shown no more."""
    w.actor.require(*EDITORS)
    row = open_draft(w, edition_id, expected_version, DRAFT, WAITING)
    row.status = DISCARDED
    row.row_version += 1
    audit.record(w, "policy.discarded", SUBJECT, row.id)
    return row
