"""What was declared beside what documents say, and which differences a person must see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Self
from uuid import UUID

from core.domain.errors import PolicyInvalid
from core.domain.fact import Facts, FactType, FactValue
from core.domain.fact_parts.evidence import COUNTS
from core.domain.facts import CATALOGUE
from core.domain.money import Money
from core.domain.texts import Text
from origination.domain.affordability import ratio
from origination.domain.application import asked_facts

# What a bank statement proves of what was declared: fact of the statement -> answer it is compared with.
STATEMENT_FOR = {"statement_salary_monthly": "income_monthly", "statement_loans_monthly": "obligations_monthly"}
_INCOME_SHARE_WITHOUT_SALARY = Decimal(1)


class EvidenceKind(StrEnum):
    """Where a documented value was read."""

    STATEMENT = "statement"
    ACCOUNTS = "accounts"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class EvidencePolicy:
    """`tolerance`: the share by which a documented sum may differ from the declared one; `window_days`: how long back
    other applications are compared; `reminder_days`: after how many days an open request is remembered, in order;
    `expiry_warning_days`: how long before a document runs out its holder is asked for a new one."""

    STAGE: ClassVar[str] = "origination"
    tolerance: Decimal
    window_days: int
    reminder_days: tuple[int, ...]
    expiry_warning_days: int

    @classmethod
    def from_toml(cls, data: Mapping[str, Any]) -> Self:
        """From `[evidence]`. Raises PolicyInvalid for a figure that makes no sense."""
        raw = data["evidence"]
        made = cls(
            tolerance=Decimal(raw["tolerance"]),
            window_days=int(raw["window_days"]),
            reminder_days=tuple(int(days) for days in raw["reminder_days"]),
            expiry_warning_days=int(raw["expiry_warning_days"]),
        )
        if (
            not 0 <= made.tolerance < 1
            or made.window_days < 1
            or list(made.reminder_days) != sorted(set(made.reminder_days))
        ):
            raise PolicyInvalid("[evidence]: tolerance is from 0 to below 1, window_days 1 or more, reminder_days rise")
        return made


POLICIES = [EvidencePolicy]


@dataclass(frozen=True, slots=True)
class Documented:
    """One value read from a document: which, where, when and by whom."""

    fact: str
    value: FactValue
    kind: EvidenceKind
    paper_id: UUID | None
    page: int | None = None
    on: date | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """A declared answer and a documented value that do not agree. `share` is how far, None for words and dates."""

    fact: str
    declared: FactValue
    documented: Documented
    share: Decimal | None
    text: Text


def differences(
    answers: Facts, documented: Iterable[Documented], statement: Facts, statement_paper: UUID | None, tolerance: Decimal
) -> tuple[Difference, ...]:
    """The answers that documents contradict, at most one difference an answer, the newest document counting.

    Sums may differ by `tolerance` of the declared sum. A bank statement of two months or more contradicts an income it
    shows neither as salary nor as money coming in, and loan payments that are higher than declared; that an account
    shows no loan payment contradicts nothing, since people have several accounts.
    """
    newest = {one.fact: one for one in documented}
    found = [
        made
        for one in newest.values()
        if one.fact in answers and (made := _differs(answers[one.fact], one, tolerance)) is not None
    ]
    found += [
        made
        for made in _statement_differences(answers, statement, statement_paper, tolerance)
        if made.fact not in newest
    ]
    order = list(answers)
    return tuple(sorted(found, key=lambda one: order.index(one.fact)))


def _differs(declared: FactValue, one: Documented, tolerance: Decimal) -> Difference | None:
    if isinstance(declared, Money) and isinstance(one.value, Money):
        if declared.currency != one.value.currency:
            return Difference(one.fact, declared, one, None, Text("The document is in another currency"))
        share = ratio(one.value - declared, Money(abs(declared.minor), declared.currency))
        if share is None:
            share = Decimal(0) if one.value == declared else Decimal(1 if one.value > declared else -1)
        if abs(share) <= tolerance:
            return None
        percent = f"{abs(share) * 100:.0f}"
        text = (
            Text("The document shows {percent} % less", percent=percent)
            if share < 0
            else Text("The document shows {percent} % more", percent=percent)
        )
        return Difference(one.fact, declared, one, share, text)
    if _plain(declared) == _plain(one.value):
        return None
    return Difference(one.fact, declared, one, None, Text("The document says something else"))


def _plain(value: FactValue) -> FactValue:
    return "".join(value.split()).casefold() if isinstance(value, str) else value


def _statement_differences(
    answers: Facts, statement: Facts, paper: UUID | None, tolerance: Decimal
) -> Iterable[Difference]:
    months = statement.get("statement_months")
    if not isinstance(months, int) or months < 2:
        return
    income, salary = answers.get("income_monthly"), statement.get("statement_salary_monthly")
    inflow = statement.get("statement_inflow_monthly")
    if isinstance(income, Money):
        shown = salary if isinstance(salary, Money) else inflow
        if isinstance(shown, Money) and shown.currency == income.currency and shown < income:
            one = Documented("income_monthly", shown, EvidenceKind.STATEMENT, paper)
            if (made := _differs(income, one, tolerance)) is not None:
                yield made
    declared, loans = answers.get("obligations_monthly"), statement.get("statement_loans_monthly")
    if (
        isinstance(declared, Money)
        and isinstance(loans, Money)
        and loans.currency == declared.currency
        and loans > declared
    ):
        one = Documented("obligations_monthly", loans, EvidenceKind.STATEMENT, paper)
        if (made := _differs(declared, one, tolerance)) is not None:
            yield made


def documentable(segment: str) -> tuple[str, ...]:
    """The answers a document can confirm: sums, numbers and dates of the form, in its order."""
    kinds = {FactType.MONEY, FactType.INTEGER, FactType.DATE}
    names = asked_facts(segment) - {"amount", "tenor_months", "id_expires_on"}
    return tuple(name for name in CATALOGUE if name in names and CATALOGUE[name].type in kinds)


def with_counts(facts: Facts) -> dict[str, FactValue]:
    """The facts with 0 for every count of which nothing was found."""
    return dict.fromkeys(COUNTS, 0) | dict(facts)
