"""The least score that alerts: a risk manager proposes a change, a second person puts it in force."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import select

from core import audit
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import Conflict, IllegalTransition, InvalidInput, NotAllowed
from core.domain.texts import Text
from origination.domain.screening.match import ALERT_MIN
from origination.tables.screening import ScreeningThresholdRow

LEAST, MOST = Decimal("0.70"), Decimal("0.95")
REASON_MIN = 10


def threshold(w: Work) -> float:
    """The least score in force."""
    found = w.session.scalar(select(ScreeningThresholdRow.least).where(ScreeningThresholdRow.state == "active"))
    return ALERT_MIN if found is None else float(found)


def propose_threshold(w: Work, least: Decimal, reason: str) -> ScreeningThresholdRow:
    """Proposes another least score. Nothing changes before a second person agrees.

    Raises InvalidInput (outside 0.70 to 0.95, no reason, no change), Conflict while another proposal waits, NotAllowed.
    """
    w.actor.require(Role.RISK_MANAGER)
    if not LEAST <= least <= MOST:
        raise InvalidInput({"least": Text("Give a percentage from {least} to {most}", least=70, most=95)})
    if least == Decimal(str(threshold(w))):
        raise InvalidInput({"least": Text("This is the threshold in force")})
    if len(reason.strip()) < REASON_MIN:
        raise InvalidInput({"reason": Text("Say why in at least {n} characters", n=REASON_MIN)})
    if _proposed(w) is not None:
        raise Conflict(Text("Another change waits for a second person. Decide on that first."))
    row = w.add(
        ScreeningThresholdRow(
            least=least, reason=reason.strip(), state="proposed", proposed_id=w.actor.id, proposed_name=w.actor.name,
            proposed_at=w.now,
        )
    )  # fmt: skip
    w.session.flush()
    audit.record(w, "screening.threshold_proposed", "screening_threshold", row.id, least=str(least), reason=row.reason)
    return row


def decide_threshold(w: Work, *, agreed: bool) -> ScreeningThresholdRow:
    """The second person puts the proposed threshold in force, or drops it; who proposed it may only drop it.

    Open alerts below a higher threshold fall away, and pairs above a lower one alert, at the next screening of the
    party. Raises IllegalTransition without a proposal, NotAllowed for the wrong role or person.
    """
    w.actor.require(Role.RISK_MANAGER, Role.APPROVER, Role.ADMIN)
    row = _proposed(w)
    if row is None:
        raise IllegalTransition("screening_threshold", "none", "active")
    if agreed and row.proposed_id == w.actor.id:
        raise NotAllowed(Text("A second person must agree to the threshold you proposed"))
    before = str(threshold(w))
    row.decided_id, row.decided_name, row.decided_at = w.actor.id, w.actor.name, w.now
    if agreed:
        active = w.session.scalar(
            select(ScreeningThresholdRow).where(ScreeningThresholdRow.state == "active").with_for_update()
        )
        if active is not None:
            active.state = "replaced"
            w.session.flush()
    row.state = "active" if agreed else "rejected"
    w.session.flush()
    audit.record(
        w, "screening.threshold_decided", "screening_threshold", row.id, before=before, after=str(row.least),
        agreed=agreed,
    )  # fmt: skip
    return row


def _proposed(w: Work) -> ScreeningThresholdRow | None:
    statement = select(ScreeningThresholdRow).where(ScreeningThresholdRow.state == "proposed").with_for_update()
    found: ScreeningThresholdRow | None = w.session.scalar(statement)
    return found
