"""The lender's policy on applications: tables, stress, prices, authority, offers; one frozen value from one text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any, ClassVar, Self

from core.domain.actor import Role
from core.domain.errors import PolicyInvalid
from core.domain.money import Money
from origination.domain.affordability import Stress
from origination.domain.authority import Authority
from origination.domain.decision import CompiledPolicy
from origination.domain.decision_clock import StatutoryClock, read_clock
from origination.domain.facts import Exchange
from origination.domain.offer import OfferPolicy
from origination.domain.pricing import PricingPolicy
from origination.domain.rules import REASON_ID, DecisionTable, Outcome, read_table

SECTIONS = (
    "version", "exchange", "stress", "pricing", "offers", "review", "clock", "reason", "override_reason", "condition",
    "authority", "table",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReviewPolicy:
    """Days: how long a draft waits, until when a person has looked at a referral or a request to look again, after
    how many an applicant is told what is still missing, and how old the exchange rates may be."""

    draft_days: int
    referral_days: int
    look_again_days: int
    missing_papers_days: int = 7
    exchange_days: int = 45

    def __post_init__(self) -> None:
        if any(not 1 <= getattr(self, name) <= 3650 for name in self.__dataclass_fields__):
            raise PolicyInvalid("[review]: every number of days is from 1 to 3650")


@dataclass(frozen=True, slots=True)
class OfficerReason:
    """Words a person chooses: a reason no table finds for declining, one for going against the rules, or a condition of
    an approval; `texts` by locale."""

    id: str
    texts: Mapping[str, str]
    segments: frozenset[str] = frozenset()


@dataclass(frozen=True)
class OriginationPolicy:
    """Everything an automatic decision depends on beside the facts. `text` is canonical JSON of what was read."""

    STAGE: ClassVar[str] = "origination"
    PUBLISHED: ClassVar[bool] = True

    version: str
    tables: tuple[DecisionTable, ...]
    stress: Stress
    exchanges: tuple[Exchange, ...]
    pricing: PricingPolicy
    offers: OfferPolicy
    review: ReviewPolicy
    authority: tuple[Authority, ...]
    text: str = field(repr=False)
    reasons: tuple[OfficerReason, ...] = ()
    override_reasons: tuple[OfficerReason, ...] = ()
    conditions: tuple[OfficerReason, ...] = ()
    clocks: tuple[StatutoryClock, ...] = ()

    def exchange_on(self, day: date) -> Exchange:
        """The reference rates in force on that day: the newest not after it, the oldest before all of them."""
        return next((one for one in reversed(self.exchanges) if one.as_of <= day), self.exchanges[0])

    @cached_property
    def compiled(self) -> CompiledPolicy:
        """The tables ready to be asked."""
        return CompiledPolicy.of(self.tables)

    @cached_property
    def sha256(self) -> str:
        """The hash of the canonical text: a comment or the order of keys does not change it."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @classmethod
    def from_toml(cls, data: Mapping[str, Any]) -> Self:
        """From a read TOML file, or from `json.loads(policy.text)`. Raises PolicyInvalid naming section and key.

        Sections of other readers (identity checks, screening) are left alone and do not count into `text`.
        """
        own = {name: data[name] for name in SECTIONS if name in data}
        try:
            tables = tuple(read_table(raw) for raw in own["table"])
            policy = cls(
                version=str(own["version"]),
                tables=tables,
                stress=Stress(Decimal(own["stress"]["rate"]), Decimal(own["stress"]["income"])),
                exchanges=_exchanges(own["exchange"]),
                pricing=_pricing(own["pricing"]),
                offers=OfferPolicy(**own["offers"]),
                review=ReviewPolicy(**own["review"]),
                authority=tuple(_authority(raw) for raw in own["authority"]),
                reasons=tuple(_reason(raw) for raw in own.get("reason", ())),
                override_reasons=tuple(_reason(raw) for raw in own.get("override_reason", ())),
                conditions=tuple(_reason(raw) for raw in own.get("condition", ())),
                clocks=tuple(read_clock(raw) for raw in own.get("clock", ())),
                text=json.dumps(own, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_plain),
            )
        except KeyError as missing:
            raise PolicyInvalid(f"origination policy: the section or key {missing} is missing") from None
        except (ValueError, TypeError, InvalidOperation) as error:
            raise PolicyInvalid(f"origination policy: {error!r}") from None
        names = [table.name for table in tables]
        if len(set(names)) != len(names):
            raise PolicyInvalid("origination policy: two tables have the same name")
        return policy

    @classmethod
    def from_text(cls, text: str) -> Self:
        """From the kept `text` of a policy."""
        return cls.from_toml(json.loads(text))

    def reason_texts(self, reason_id: str) -> Mapping[str, str]:
        """The reason's words by locale as this policy puts them; empty for a built-in reason."""
        for table in self.tables:
            for row in table.rows:
                if row.id == reason_id and row.texts:
                    return row.texts
        return next((reason.texts for reason in self.reasons if reason.id == reason_id), {})

    def said(self, code: str) -> Mapping[str, str]:
        """The words of an override reason or a condition by locale; empty for one the policy does not have."""
        every = (*self.override_reasons, *self.conditions)
        return next((one.texts for one in every if one.id == code), {})

    def officer_reasons(self, segment: str) -> dict[str, Mapping[str, str]]:
        """What an applicant of the segment may be told when a person declines: reason id -> words by locale."""
        own = {one.id: one.texts for one in self.reasons if not one.segments or segment in one.segments}
        return own | {
            row.id: row.texts
            for table in self.tables
            if not table.segments or segment in table.segments
            for row in table.rows
            if row.texts and row.outcome is not Outcome.APPROVE
        }


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a policy; write numbers with a point as text")


def _decimals(raw: Mapping[str, str]) -> dict[str, Decimal]:
    return {key: Decimal(value) for key, value in raw.items()}


def _exchanges(raw: Any) -> tuple[Exchange, ...]:
    """`[[exchange]]` by day; a single `[exchange]` in texts of before there were several."""
    rows = [raw] if isinstance(raw, Mapping) else list(raw)
    found = []
    for one in rows:
        as_of = one["as_of"]
        day = date.fromisoformat(as_of) if isinstance(as_of, str) else as_of
        found.append(Exchange(day, _decimals(one["usd_per_unit"]), str(one.get("source", ""))))
    days = [one.as_of for one in found]
    if not days or len(set(days)) != len(days):
        raise PolicyInvalid("[[exchange]]: give the rates of at least one day, and of each day once")
    return tuple(sorted(found, key=lambda one: one.as_of))


def _pricing(raw: Mapping[str, Any]) -> PricingPolicy:
    return PricingPolicy(
        cost_of_funds=_decimals(raw["cost_of_funds"]),
        loss_given_default=_decimals(raw["loss_given_default"]),
        operating_cost=_decimals(raw["operating_cost"]),
        capital_share=Decimal(raw["capital_share"]),
        return_on_capital=Decimal(raw["return_on_capital"]),
        margin_min=Decimal(raw["margin_min"]),
        rate_step=Decimal(raw["rate_step"]),
    )


def _reason(raw: Mapping[str, Any]) -> OfficerReason:
    texts = dict(raw["text"])
    if not REASON_ID.fullmatch(str(raw["id"])) or set(texts) != {"en", "zh"}:
        raise PolicyInvalid(f"[[reason]] {raw['id']}: an id in capital letters and text = {{ en, zh }} are needed")
    return OfficerReason(str(raw["id"]), texts, frozenset(raw.get("segments", ())))


def _authority(raw: Mapping[str, Any]) -> Authority:
    def money(name: str) -> dict[str, Money]:
        """Sums by currency, given in major units."""
        return {currency: Money.of(amount, currency) for currency, amount in raw[name].items()}

    seats = int(raw.get("seats", 1))
    if not 1 <= seats <= 5:
        raise PolicyInvalid("[[authority]]: seats are from 1 to 5")
    return Authority(
        role=Role(raw["role"]),
        segment=str(raw["segment"]),
        amount_max=money("amount_max"),
        exposure_max=money("exposure_max"),
        grades=frozenset(raw["grades"]),
        may_override=bool(raw.get("may_override", False)),
        seats=seats,
    )


POLICIES = [OriginationPolicy]
