"""The accounts a loan posts to. What they are called and numbered is data: the chart in policy.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Account(StrEnum):
    """Stable keys; the lender's numbers and names come from the chart."""

    CASH = "cash"
    PRINCIPAL = "principal"
    INTEREST_RECEIVABLE = "interest_receivable"
    PENALTY_RECEIVABLE = "penalty_receivable"
    FEE_RECEIVABLE = "fee_receivable"
    ALLOWANCE = "allowance"
    BORROWER_CREDIT = "borrower_credit"
    FEES_PAYABLE = "fees_payable"
    INTEREST_INCOME = "interest_income"
    PENALTY_INCOME = "penalty_income"
    FEE_INCOME = "fee_income"
    RECOVERY_INCOME = "recovery_income"
    WAIVED = "waived"
    PROVISION_EXPENSE = "provision_expense"
    SALE_RESULT = "sale_result"
    MEMO_INTEREST = "memo_interest"
    MEMO_PENALTY = "memo_penalty"
    MEMO_CHARGED_OFF = "memo_charged_off"
    MEMO_CONTRA = "memo_contra"


class AccountClass(StrEnum):
    """Where an account stands in the statements; MEMO stands below the line."""

    ASSET = "asset"
    LIABILITY = "liability"
    INCOME = "income"
    EXPENSE = "expense"
    MEMO = "memo"


@dataclass(frozen=True, slots=True)
class ChartLine:
    """One account as the lender books it."""

    account: Account
    number: str
    account_class: AccountClass
    names: Mapping[str, str]

    def name_in(self, locale: str) -> str:
        """Its name in the reader's language."""
        return self.names["zh" if locale.lower().startswith("zh") else "en"]


@dataclass(frozen=True, slots=True)
class ChartOfAccounts:
    """Every account with its number, class and names. Raises ValueError when one is missing or numbered twice."""

    lines: Mapping[Account, ChartLine]

    def __post_init__(self) -> None:
        missing = [account.value for account in Account if account not in self.lines]
        numbers = [line.number for line in self.lines.values()]
        if missing or len(set(numbers)) != len(numbers):
            raise ValueError(f"chart of accounts: missing {missing}, every number must be used once")

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> ChartOfAccounts:
        """From `{key: {number, class, en, zh}}`."""
        lines = {}
        for key, raw in data.items():
            account = Account(key)
            names = {"en": str(raw["en"]), "zh": str(raw["zh"])}
            lines[account] = ChartLine(account, str(raw["number"]), AccountClass(raw["class"]), names)
        return cls(lines)
