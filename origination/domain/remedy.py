"""What would help a refused applicant: changes of the loan or of who answers for it, and the sentences about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.domain.money import Money
from core.domain.texts import Text
from origination.domain.offer import Wish

# What a person can still bring in, in the order it is easier.
STAND_INS = ("guarantor", "co_applicant")
# Facts that follow from the size of the loan, and whether more of them is worse (+1) or better (-1).
OF_AMOUNT: Mapping[str, int] = {
    "amount": 1,
    "amount_usd": 1,
    "instalment": 1,
    "group_exposure": 1,
    "instalment_band": -1,
}
_BLANK = {"amount": "", "months": "", "instalment": ""}


@dataclass(frozen=True, slots=True)
class Remedy:
    """Another loan, perhaps with somebody who stands in, that score and rules accept. None: as asked for."""

    amount: Money | None
    tenor_months: int | None
    stand_in: str | None
    points: Decimal
    grade: str
    instalment: Money

    @property
    def changes(self) -> int:
        """How many things are different."""
        return sum(one is not None for one in (self.amount, self.tenor_months, self.stand_in))

    def to_json(self) -> dict[str, Any]:
        """JSON-ready; `remedy_from_json` reads it back."""
        return {
            "amount_minor": None if self.amount is None else self.amount.minor, "currency": self.instalment.currency,
            "tenor_months": self.tenor_months, "stand_in": self.stand_in, "points": str(self.points),
            "grade": self.grade, "instalment_minor": self.instalment.minor,
        }  # fmt: skip


def remedy_from_json(raw: Mapping[str, Any]) -> Remedy:
    """What `to_json` wrote."""
    currency = raw["currency"]
    amount = None if raw["amount_minor"] is None else Money(raw["amount_minor"], currency)
    return Remedy(
        amount, raw["tenor_months"], raw["stand_in"], Decimal(raw["points"]), raw["grade"],
        Money(raw["instalment_minor"], currency),
    )  # fmt: skip


def applicant_text(remedy: Remedy) -> Text:
    """One sentence for the applicant. It is what holds on today's facts, never a promise."""
    return Text(
        _APPLICANT[remedy.amount is not None, remedy.tenor_months is not None, remedy.stand_in].msgid,
        amount=remedy.amount, months=remedy.tenor_months, instalment=remedy.instalment,
    )  # fmt: skip


# Written out, so that each is one whole sentence to translate: (another amount, another term, who stands in).
_APPLICANT: Mapping[tuple[bool, bool, str | None], Text] = {
    (True, True, None): Text("A loan of {amount} over {months} months (about {instalment} a month)", **_BLANK),
    (True, False, None): Text("A smaller loan of {amount} (about {instalment} a month)", **_BLANK),
    (False, True, None): Text("The same amount over {months} months (about {instalment} a month)", **_BLANK),
    (True, True, "guarantor"): Text("A loan of {amount} over {months} months, with a guarantor", **_BLANK),
    (True, False, "guarantor"): Text("A smaller loan of {amount}, with a guarantor", **_BLANK),
    (False, True, "guarantor"): Text("The same amount over {months} months, with a guarantor", **_BLANK),
    (False, False, "guarantor"): Text("The loan as you asked for it, with a guarantor"),
    (True, True, "co_applicant"): Text(
        "A loan of {amount} over {months} months, taken together with another person", **_BLANK
    ),
    (True, False, "co_applicant"): Text("A smaller loan of {amount}, taken together with another person", **_BLANK),
    (False, True, "co_applicant"): Text(
        "The same amount over {months} months, taken together with another person", **_BLANK
    ),
    (False, False, "co_applicant"): Text("The loan as you asked for it, taken together with another person"),
}


def officer_text(remedy: Remedy, asked: Wish) -> Text:
    """The same for the officer: what changes, and where score and rules then stand."""
    return Text(
        "{amount} over {months} months, {who}: {points} points, grade {grade}, the rules approve",
        amount=remedy.amount or asked.amount, months=remedy.tenor_months or asked.tenor_months,
        who=STAND_IN_WORDS[remedy.stand_in], points=remedy.points, grade=remedy.grade,
    )  # fmt: skip


STAND_IN_WORDS: Mapping[str | None, Text] = {
    None: Text("nobody else answering for it"),
    "guarantor": Text("with a guarantor"),
    "co_applicant": Text("with a co-applicant"),
}
