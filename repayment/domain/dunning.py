"""Dunning as data: stages, channels, quiet hours and caps in a policy; one pure function decides what is due now.

Sources for the shipped figures: Regulation F, 12 CFR 1006.6(b) (8:00-21:00) and 1006.14(b) (seven contacts in seven
days); GB/T 45251-2025 (no collection 22:00-8:00). The narrower of the two applies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

CHANNELS = ("email", "sms", "letter")
STOPPING_HOLDS = frozenset({"DISPUTE", "HARDSHIP", "MORATORIUM", "CEASE_CONTACT", "HAND_OVER"})


@dataclass(frozen=True, slots=True)
class DunningStage:
    """One rung. `from_dpd` is the first day past due it applies to, negative for days before a due date.

    `channels` may be empty: a hand-over tells the collectors, not the borrower.
    """

    name: str
    from_dpd: int
    channels: tuple[str, ...]
    message: str = ""
    hand_over: bool = False

    def __post_init__(self) -> None:
        unknown = [channel for channel in self.channels if channel not in CHANNELS]
        if unknown or (self.channels and not self.message):
            raise ValueError(f"dunning stage {self.name}: unknown channels {unknown} or no message")


@dataclass(frozen=True, slots=True)
class DunningPolicy:
    """A ladder of stages, by rising days past due, with its limits. Raises ValueError when they do not rise.

    Nothing leaves from `quiet_from` to `quiet_until` in the borrower's zone; at most `contacts_max` contacts lie in
    any `contacts_days` days; after a payment the ladder rests for `rest_after_payment_days`; arrears below
    `overdue_min_minor` are not dunned.
    """

    name: str
    stages: tuple[DunningStage, ...]
    quiet_from: time
    quiet_until: time
    contacts_max: int
    contacts_days: int
    rest_after_payment_days: int
    overdue_min_minor: int

    def __post_init__(self) -> None:
        days = [stage.from_dpd for stage in self.stages]
        names = {stage.name for stage in self.stages}
        if not days or days != sorted(set(days)) or len(names) != len(days) or self.contacts_max < 1:
            raise ValueError(f"dunning policy {self.name}: stages have their own names and rising days")

    @classmethod
    def from_data(cls, name: str, data: Mapping[str, Any]) -> DunningPolicy:
        """From one `[dunning.<name>]` table."""
        stages = tuple(
            DunningStage(
                str(raw["name"]), int(raw["from_dpd"]), tuple(raw["channels"]), str(raw.get("message", "")),
                bool(raw.get("hand_over", False)),
            )
            for raw in data["stage"]
        )  # fmt: skip
        return cls(
            name, stages, data["quiet_from"], data["quiet_until"], int(data["contacts_max"]),
            int(data["contacts_days"]), int(data["rest_after_payment_days"]), int(data["overdue_min_minor"]),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class DunningPolicies:
    """Every ladder by name."""

    STAGE: ClassVar[str] = "repayment"
    by_name: Mapping[str, DunningPolicy]

    @classmethod
    def from_toml(cls, data: dict[str, Any]) -> DunningPolicies:
        """Reads `[dunning]`."""
        return cls({name: DunningPolicy.from_data(name, raw) for name, raw in data["dunning"].items()})

    def named(self, name: str) -> DunningPolicy:
        """That ladder; `standard` for a name no longer in the policy."""
        return self.by_name.get(name) or self.by_name["standard"]


@dataclass(frozen=True, slots=True)
class DunningState:
    """All that decides: what is owed, what was sent, what stops it. `sent` holds (episode, stage) pairs."""

    dpd: int
    arrears_since_on: date | None
    overdue_minor: int
    next_due_on: date | None = None
    next_due_minor: int = 0
    sent: frozenset[tuple[date, str]] = frozenset()
    holds: frozenset[str] = frozenset()
    promised_until: date | None = None
    paid_on: date | None = None
    contacts_recent: int = 0


@dataclass(frozen=True, slots=True)
class DunningAction:
    """Send this stage now, for this episode."""

    stage: DunningStage
    episode_on: date


def decide(policy: DunningPolicy, state: DunningState, today: date) -> DunningAction | None:
    """The one stage due today, or None. After missed days that is the highest one reached; lower ones are not made up.

    Nothing while a hold stands, until a promised day has passed, in the days after a payment, at the cap of contacts.
    """
    if state.holds & STOPPING_HOLDS or (state.promised_until is not None and today <= state.promised_until):
        return None
    if state.dpd > 0:
        return _in_arrears(policy, state, today)
    if state.next_due_on is None or state.next_due_minor <= 0 or state.contacts_recent >= policy.contacts_max:
        return None
    ahead = (today - state.next_due_on).days
    reached = [stage for stage in policy.stages if stage.from_dpd <= ahead and stage.from_dpd < 0]
    return _unless_sent(reached, state, state.next_due_on) if ahead < 0 else None


def _in_arrears(policy: DunningPolicy, state: DunningState, today: date) -> DunningAction | None:
    assert state.arrears_since_on is not None
    if state.overdue_minor < policy.overdue_min_minor:
        return None
    if state.paid_on is not None and (today - state.paid_on).days < policy.rest_after_payment_days:
        return None
    reached = [stage for stage in policy.stages if 0 < stage.from_dpd <= state.dpd]
    action = _unless_sent(reached, state, state.arrears_since_on)
    capped = state.contacts_recent >= policy.contacts_max
    return None if action and action.stage.channels and capped else action


def _unless_sent(reached: list[DunningStage], state: DunningState, episode_on: date) -> DunningAction | None:
    """The highest stage reached, unless it or a higher one was sent in this episode."""
    if not reached or (episode_on, reached[-1].name) in state.sent:
        return None
    return DunningAction(reached[-1], episode_on)


def not_before(policy: DunningPolicy, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The next moment outside quiet hours in the borrower's zone; None when now is one."""
    local = now.astimezone(zone)
    start, end, at = policy.quiet_from, policy.quiet_until, local.time()
    overnight = start > end
    quiet = at >= start or at < end if overnight else start <= at < end
    if not quiet:
        return None
    day = local.date() + timedelta(days=1) if overnight and at >= start else local.date()
    return datetime.combine(day, end, tzinfo=zone).astimezone(now.tzinfo)
