"""How long records are kept although a person asks for their deletion, and what stands against it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar, Self

from core.domain.dates import add_months
from core.domain.errors import PolicyInvalid
from core.domain.texts import Text


class Ground(StrEnum):
    """Why data are kept: GDPR Art. 17(3)(b) and (e); PIPL Art. 47, last sentence."""

    LOAN = "loan"
    MONEY_LAUNDERING = "money_laundering"
    APPLICATION = "application"
    CREDIT_RECORDS = "credit_records"
    LEGAL_CLAIMS = "legal_claims"


GROUND_WORDS: Mapping[Ground, Text] = {
    Ground.LOAN: Text("A loan has not ended: its contract cannot be carried out without these data"),
    Ground.MONEY_LAUNDERING: Text("The law against money laundering has the records of a loan kept after its end"),
    Ground.APPLICATION: Text("An application is still being worked on; it can be withdrawn first"),
    Ground.CREDIT_RECORDS: Text("The law has a lender keep the records of an application that was sent"),
    Ground.LEGAL_CLAIMS: Text("The data are needed to establish, exercise or defend legal claims"),
}


@dataclass(frozen=True, slots=True)
class RetentionPolicy:
    """`application_months`: how long the records of a closed application are kept; `after_loan_years`: those of a loan
    after its end.

    25 months: Regulation B, 12 CFR 1002.12(b)(1) (12 for businesses, (b)(7)). Ten years after the end: China's
    Anti-Money Laundering Law of 2024, Art. 34; the European Union has five, Directive (EU) 2015/849 Art. 40.
    """

    STAGE: ClassVar[str] = "origination"
    application_months: int = 25
    after_loan_years: int = 10

    @classmethod
    def from_toml(cls, data: Mapping[str, Any]) -> Self:
        """From `[retention]`; the shipped periods where a policy text has none. Raises PolicyInvalid."""
        raw = data.get("retention", {})
        made = cls(
            int(raw.get("application_months", cls.__dataclass_fields__["application_months"].default)),
            int(raw.get("after_loan_years", cls.__dataclass_fields__["after_loan_years"].default)),
        )
        if not (0 <= made.application_months <= 1200 and 0 <= made.after_loan_years <= 100):
            raise PolicyInvalid("[retention]: application_months is from 0 to 1200, after_loan_years from 0 to 100")
        return made


POLICIES = [RetentionPolicy]


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What stands against deletion: the ground, the reference it comes from, until which day (None: not known yet)."""

    ground: Ground
    reference: str
    until_on: date | None

    @property
    def words(self) -> Text:
        """The ground in words."""
        return GROUND_WORDS[self.ground]


def obstacles(
    policy: RetentionPolicy,
    loans: Iterable[tuple[str, date | None]],
    applications: Iterable[tuple[str, date | None]],
    *,
    day: date,
) -> tuple[Obstacle, ...]:
    """What stands against deletion on `day`: of each loan and each application that was sent, its reference and the
    day it ended (None: it has not). A period runs out with its last day."""
    found = []
    for reference, ended_on in loans:
        until = None if ended_on is None else add_months(ended_on, 12 * policy.after_loan_years)
        if until is None or day <= until:
            found.append(Obstacle(Ground.LOAN if until is None else Ground.MONEY_LAUNDERING, reference, until))
    for reference, ended_on in applications:
        until = None if ended_on is None else add_months(ended_on, policy.application_months)
        if until is None or day <= until:
            found.append(Obstacle(Ground.APPLICATION if until is None else Ground.CREDIT_RECORDS, reference, until))
    return tuple(found)
