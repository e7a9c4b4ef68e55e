"""The only reader of the clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Tells the moment (aware, UTC) and the lender's calendar day."""

    def now(self) -> datetime: ...
    def today(self) -> date: ...


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clock, its day in the lender's zone."""

    zone: ZoneInfo

    def now(self) -> datetime:
        """Aware UTC."""
        return datetime.now(UTC)  # noqa: TID251

    def today(self) -> date:
        """The calendar day in the lender's zone. The business date may lag behind or run ahead of it."""
        return self.now().astimezone(self.zone).date()


@dataclass(slots=True)
class FixedClock:
    """A clock that stands until it is set: for tests, replays and the demo's past."""

    at: datetime
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))

    def now(self) -> datetime:
        """The moment it was set to."""
        return self.at

    def today(self) -> date:
        """The day of that moment in the zone."""
        return self.at.astimezone(self.zone).date()

    def set(self, at: datetime) -> None:
        """Moves the hand."""
        self.at = at
