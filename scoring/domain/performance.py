"""What became of scored cases, as plain rows: scoring knows nothing of applications, whoever knows hands these over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

APPROVE, DECLINE = "APPROVE", "DECLINE"


@dataclass(frozen=True, slots=True)
class PastCase:
    """One scored case. `outcome` is APPROVE, DECLINE or empty while open; `by_person` when a person decided it last.

    `override` is an approval of what the rules declined. `bad` is None while unknown: not lent, or the performance
    window is not over. `groups` holds protected groups by name, for the fairness report only.
    """

    subject_id: UUID
    product: str
    scored_on: date
    outcome: str
    by_person: bool
    override: bool
    bad: bool | None
    groups: Mapping[str, str] = field(default_factory=dict)


# (work, first day, day after the last) -> cases scored in between. Given by the stage that sees both sides.
PastCases = Callable[[Any, date, date], Sequence[PastCase]]


# Under this name the stage that sees both sides puts its query among the app's extensions.
PAST_CASES = "promissory_past_cases"


def past_cases_in(extensions: Mapping[str, Any]) -> PastCases:
    """Who tells what became of scored cases; nobody where scoring is used by itself."""
    found: PastCases = extensions.get(PAST_CASES, no_past_cases)
    return found


def no_past_cases(_work: Any, _since: date, _until: date) -> Sequence[PastCase]:
    """Where nobody tells what became of the cases: a scorer used by itself."""
    return ()
