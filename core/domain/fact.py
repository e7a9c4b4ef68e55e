"""What a fact is: one typed thing known about an application, with its exact whole-number code.

A value is typed (`FactValue`); `None` or absence means unknown. For exact comparison every value but free text has
one whole-number code (`encode`). Rules are evaluated on these codes one case at a time and by the column, so that the
two cannot disagree and no float is involved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from core.domain.errors import InvalidInput
from core.domain.money import Money, Rounding, round_minor
from core.domain.texts import Text

FactValue = Money | Decimal | int | str | date
Facts = Mapping[str, FactValue]
BOTH = frozenset({"consumer", "sme"})
CONSUMER = frozenset({"consumer"})
SME = frozenset({"sme"})


class FactType(StrEnum):
    """How a value is written, compared and stored."""

    MONEY = "money"  # Money
    INTEGER = "integer"  # int
    RATIO = "ratio"  # Decimal, 1 = 100 %
    NUMBER = "number"  # Decimal
    DATE = "date"  # date
    CHOICE = "choice"  # str, one of the choices
    ORDINAL = "ordinal"  # int, one of the choices, higher means more of it
    CODE = "code"  # str from an open vocabulary, compared for equality only
    TEXT = "text"  # str for people, never an input of a rule or scorecard


class Source(StrEnum):
    """Where a value comes from."""

    APPLICANT = "applicant"
    BUREAU = "bureau"
    DOCUMENT = "document"
    DERIVED = "derived"


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a closed list with the words people read."""

    value: str | int
    text: Text
    segments: frozenset[str] = BOTH


@dataclass(frozen=True, slots=True)
class Fact:
    """One entry of the catalogue. `protected` values may be used for legal tests of age or identity, never for scoring
    or pricing; `sensitive` values are stored encrypted and shown masked."""

    name: str
    type: FactType
    source: Source
    text: Text
    unit: str = ""
    hint: Text | None = None
    protected: bool = False
    sensitive: bool = False
    segments: frozenset[str] = BOTH
    choices: tuple[Choice, ...] = ()
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    optional: bool = False

    @property
    def rankable(self) -> bool:
        """True when values have an order, so that < and > mean something."""
        return self.type not in {FactType.CHOICE, FactType.CODE, FactType.TEXT}

    def choices_for(self, segment: str) -> tuple[Choice, ...]:
        """The choices an applicant of that segment may pick."""
        return tuple(choice for choice in self.choices if segment in choice.segments)

    def text_of(self, value: FactValue) -> str:
        """The words for a choice or ordinal; `str(value)` for everything else."""
        for choice in self.choices:
            if choice.value == value:
                return choice.text
        return str(value)


MILLION = Decimal(1_000_000)


def encode(fact: Fact, value: FactValue | None) -> int | None:
    """The whole-number code of a value; None when unknown, not of the fact's type, or not one of its choices.

    Money -> minor units, ratio and number -> millionths (half even), date -> proleptic ordinal, choice -> position.
    Code and text have no code of their own: None.
    """
    code: int | None = None
    match fact.type, value:
        case (_, None | bool()):
            pass
        case (FactType.MONEY, Money()):
            code = value.minor
        case (FactType.INTEGER, int()):
            code = value
        case (FactType.RATIO | FactType.NUMBER, Decimal() | int()):
            number = Decimal(value)
            code = round_minor(number * MILLION, Rounding.HALF_EVEN) if number.is_finite() else None
        case (FactType.DATE, date()):
            code = value.toordinal()
        case (FactType.ORDINAL, int()):
            code = value if any(choice.value == value for choice in fact.choices) else None
        case (FactType.CHOICE, str()):
            code = next((at for at, choice in enumerate(fact.choices) if choice.value == value), None)
    return code


def to_json(value: FactValue) -> Any:
    """JSON-ready form that `from_json` reads back exactly: money as minor and currency, Decimal and date as text."""
    if isinstance(value, Money):
        return {"minor": value.minor, "currency": value.currency}
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    return value


def from_json(fact: Fact, raw: Any) -> FactValue:
    """The typed value of what `to_json` wrote. Raises InvalidInput naming the fact for anything else."""
    try:
        match fact.type:
            case FactType.MONEY:
                return Money(raw["minor"], raw["currency"])
            case FactType.RATIO | FactType.NUMBER:
                return _finite(raw)
            case FactType.DATE:
                return date.fromisoformat(raw)
            case FactType.INTEGER | FactType.ORDINAL:
                return _whole(raw)
    except (TypeError, KeyError, ValueError, InvalidOperation):
        raise InvalidInput(
            {fact.name: Text("{value} is not a {type}", value=repr(raw)[:40], type=fact.type.value)}
        ) from None
    if not isinstance(raw, str):
        raise InvalidInput({fact.name: Text("{value} is not a {type}", value=repr(raw)[:40], type=fact.type.value)})
    return raw


def _finite(raw: Any) -> Decimal:
    value = Decimal(str(raw))
    if not value.is_finite():
        raise ValueError(raw)
    return value


def _whole(raw: Any) -> int:
    if type(raw) is not int:
        raise TypeError(raw)
    return raw
