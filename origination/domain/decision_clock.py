"""Deadlines the law sets for telling an applicant: of a decision, of what is missing, of a counter-offer not taken.

The days are dated values of the policy by jurisdiction (in the US 12 CFR 1002.9(a): 30 days after a completed
application, 30 after taking action on an incomplete one, 90 after a counter-offer that is not accepted).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from core.domain.errors import PolicyInvalid

SOON_DAYS = 5


class ClockKind(StrEnum):
    """What has to be told in time."""

    DECISION = "decision"
    INCOMPLETE = "incomplete"
    COUNTER_OFFER = "counter_offer"


class ClockState(StrEnum):
    """How a deadline stands."""

    MET = "met"
    GREEN = "green"
    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True, slots=True)
class StatutoryClock:
    """So many days for one kind of notice, by some law, for some jurisdictions and segments (empty: all)."""

    kind: ClockKind
    days: int
    law: str
    jurisdictions: frozenset[str] = frozenset()
    segments: frozenset[str] = frozenset()
    valid_from: date | None = None
    valid_to: date | None = None

    def applies(self, jurisdiction: str, segment: str, day: date) -> bool:
        """True when it binds for such a case that started on that day."""
        return (
            (not self.jurisdictions or jurisdiction in self.jurisdictions)
            and (not self.segments or segment in self.segments)
            and (self.valid_from is None or self.valid_from <= day)
            and (self.valid_to is None or day <= self.valid_to)
        )


@dataclass(frozen=True, slots=True)
class Deadline:
    """One running or met deadline of a case."""

    kind: ClockKind
    started_on: date
    due_on: date
    law: str
    met_on: date | None = None

    def state(self, today: date) -> ClockState:
        """MET when told in time, RED when it was not, AMBER in the last days."""
        if self.met_on is not None:
            return ClockState.MET if self.met_on <= self.due_on else ClockState.RED
        if today > self.due_on:
            return ClockState.RED
        return ClockState.AMBER if (self.due_on - today).days <= SOON_DAYS else ClockState.GREEN

    def days_left(self, today: date) -> int:
        """Days until the last one; negative when it has passed."""
        return (self.due_on - today).days


def read_clock(raw: Mapping[str, Any]) -> StatutoryClock:
    """One `[[clock]]` of a policy. Raises PolicyInvalid for an unknown kind or a number of days that cannot be."""
    try:
        kind, days = ClockKind(raw["kind"]), int(raw["days"])
    except (KeyError, ValueError, TypeError) as error:
        raise PolicyInvalid(f"[[clock]]: kind or days is missing or wrong ({error})") from None
    if not 1 <= days <= 365:
        raise PolicyInvalid("[[clock]]: days are from 1 to 365")
    return StatutoryClock(
        kind=kind,
        days=days,
        law=str(raw.get("law", "")),
        jurisdictions=frozenset(raw.get("jurisdictions", ())),
        segments=frozenset(raw.get("segments", ())),
        valid_from=_day(raw.get("valid_from")),
        valid_to=_day(raw.get("valid_to")),
    )


def _day(raw: Any) -> date | None:
    try:
        return date.fromisoformat(raw) if isinstance(raw, str) else raw
    except ValueError:
        raise PolicyInvalid(f"[[clock]]: {raw!r} is not a day like 2026-01-31") from None


def deadline(
    clocks: Iterable[StatutoryClock], kind: ClockKind, jurisdiction: str, segment: str, started_on: date,
    met_on: date | None = None,
) -> Deadline | None:  # fmt: skip
    """The strictest deadline of that kind for a case that started on that day; None when no clock applies."""
    found = [c for c in clocks if c.kind is kind and c.applies(jurisdiction, segment, started_on)]
    if not found:
        return None
    strictest = min(found, key=lambda one: one.days)
    return Deadline(kind, started_on, started_on + timedelta(days=strictest.days), strictest.law, met_on)
