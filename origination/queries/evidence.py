"""What documents say about an application, beside what was declared."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from core.db import Work
from core.domain.fact import Facts, FactValue, from_json
from core.domain.facts import CATALOGUE, facts_from_json
from core.domain.money import Money
from origination.domain.accounts import YearAccounts, documented_facts
from origination.domain.cash_flow import combined_facts
from origination.domain.evidence import Difference, Documented, EvidenceKind, EvidencePolicy, differences
from origination.queries.links import account_index
from origination.queries.rows import answers_of
from origination.tables.application import ApplicationRow
from origination.tables.evidence import AccountFiguresRow, CompanyAccountsRow, DocumentedFactRow


@dataclass(frozen=True, slots=True)
class AccountView:
    """One bank account as its statements show it."""

    paper_id: UUID
    format: str
    account: str
    currency: str
    from_on: date
    to_on: date
    entries: int
    balanced: bool
    facts: Facts
    more: dict[str, Any]
    is_payout_account: bool
    read_at: datetime


@dataclass(frozen=True, slots=True)
class YearView:
    """One year of accounts and where it was read."""

    accounts: YearAccounts
    paper_id: UUID | None
    entered_by: str
    entered_at: datetime

    @property
    def is_declared(self) -> bool:
        """The applicant typed it; nobody has held it against the document."""
        return self.accounts.declared


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything documents say. `facts` are those of the catalogue that statements add."""

    accounts: tuple[AccountView, ...]
    years: tuple[YearView, ...]
    documented: tuple[Documented, ...]
    differences: tuple[Difference, ...]
    facts: Facts


def evidence_of(r: Work, row: ApplicationRow) -> Evidence:
    """What the documents of an application say now."""
    answers = answers_of(row)
    accounts = _accounts(r, row, answers)
    years = years_of(r, row)
    documented = (*_from_accounts([year for year in years if not year.is_declared]), *_read(r, row))
    same = [account for account in accounts if account.currency == row.currency]
    facts = combined_facts([account.facts for account in same])
    paper = same[0].paper_id if same else None
    tolerance = r.policy(EvidencePolicy).tolerance
    return Evidence(
        accounts, years, documented, differences(answers, documented, facts, paper, tolerance), facts
    )  # fmt: skip


def case_evidence(r: Work, application_id: UUID) -> Evidence:
    """The same by id. Raises NotFound."""
    return evidence_of(r, r.get(ApplicationRow, application_id))


def _accounts(r: Work, row: ApplicationRow, answers: Facts) -> tuple[AccountView, ...]:
    declared = answers.get("bank_account")
    mine = None if declared is None else account_index(str(declared))
    found = r.children(AccountFiguresRow, application_id=row.id)
    views = []
    for kept in sorted(found, key=lambda one: (-one.entries, one.id)):
        raw = json.loads(kept.figures)
        views.append(
            AccountView(
                kept.paper_id, kept.format, kept.account_masked, kept.currency, kept.from_on, kept.to_on, kept.entries,
                kept.balanced, facts_from_json(raw["facts"]), raw["more"], kept.account_index == mine, kept.read_at,
            )
        )  # fmt: skip
    return tuple(views)


def years_of(r: Work, row: ApplicationRow) -> tuple[YearView, ...]:
    """The yearly accounts of a company that applies, the newest first."""
    found = [kept for kept in r.children(CompanyAccountsRow, application_id=row.id) if kept.replaced_at is None]
    return tuple(
        YearView(_year(kept), kept.paper_id, kept.entered_by, kept.entered_at)
        for kept in sorted(found, key=lambda one: one.ends_on, reverse=True)
    )


def _year(kept: CompanyAccountsRow) -> YearAccounts:
    figures = {name: Money(minor, kept.currency) for name, minor in json.loads(kept.figures).items()}
    return YearAccounts(kept.ends_on, kept.currency, figures, audited=kept.audited, declared=kept.by_applicant)


def _from_accounts(years: Sequence[YearView]) -> list[Documented]:
    found = documented_facts([year.accounts for year in years])
    newest = years[0] if years else None
    before = years[1] if len(years) > 1 else newest
    out = []
    for name, value in found.items():
        year = before if name == "revenue_prior" else newest
        assert year is not None
        out.append(
            Documented(name, value, EvidenceKind.ACCOUNTS, year.paper_id, on=year.accounts.ends_on, by=year.entered_by)
        )
    return out


def _read(r: Work, row: ApplicationRow) -> list[Documented]:
    found = [kept for kept in r.children(DocumentedFactRow, application_id=row.id) if kept.replaced_at is None]
    return [
        Documented(
            kept.fact, _value(kept), EvidenceKind.DOCUMENT, kept.paper_id, kept.page, kept.entered_at.date(),
            kept.entered_by,
        )
        for kept in sorted(found, key=lambda one: one.entered_at)
    ]  # fmt: skip


def _value(kept: DocumentedFactRow) -> FactValue:
    return from_json(CATALOGUE[kept.fact], json.loads(kept.value))
