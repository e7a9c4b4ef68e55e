"""The conditions of the decision that counts."""

from __future__ import annotations

from core.db import Work
from origination.queries.rows import latest_decision
from origination.tables.application import ApplicationRow
from origination.tables.decision import ConditionRow

OPEN = "open"


def conditions_of(r: Work, row: ApplicationRow) -> tuple[ConditionRow, ...]:
    """What the newest decision of the present assessment asks for."""
    made = latest_decision(r, row)
    if made is None:
        return ()
    return tuple(sorted(r.children(ConditionRow, decision_id=made.id), key=lambda one: one.code))
