"""Facts read from bank statements, and what other applications have in common with this one."""

from __future__ import annotations

from core.domain.fact import Fact, FactType, Source
from core.domain.texts import Text


def _money(name: str, text: Text) -> Fact:
    return Fact(name, FactType.MONEY, Source.DOCUMENT, text, unit="month")


def _count(name: str, text: Text, source: Source) -> Fact:
    return Fact(name, FactType.INTEGER, source, text)


STATEMENTS = (
    _count("statement_months", Text("Whole months of bank statements"), Source.DOCUMENT),
    _money("statement_inflow_monthly", Text("Money coming in")),
    _money("statement_outflow_monthly", Text("Money going out")),
    _money("statement_salary_monthly", Text("Salary on the account")),
    _money("statement_loans_monthly", Text("Loan payments on the account")),
    Fact(
        "statement_volatility",
        FactType.RATIO,
        Source.DOCUMENT,
        Text("Ups and downs of the money coming in"),
    ),
    _count("statement_gambling_count", Text("Payments for gambling"), Source.DOCUMENT),
    _count("statement_returned_count", Text("Payments that came back"), Source.DOCUMENT),
    _money("statement_month_end_low", Text("Lowest balance at a month's end")),
)
# Of other applicants (another identity) in the window; 0 when nobody else was found.
SHARED = (
    _count("duplicate_identity_count", Text("Others with the same identity number"), Source.DERIVED),
    _count("shared_account_count", Text("Others with the same bank account"), Source.DERIVED),
    _count("shared_contact_count", Text("Others with the same phone or e-mail"), Source.DERIVED),
    _count("shared_device_count", Text("Others on the same device"), Source.DERIVED),
    _count("shared_address_count", Text("Others at the same address"), Source.DERIVED),
)
FACTS = STATEMENTS + SHARED
# Counts of what was found: nothing found, and nothing looked for yet, is 0.
COUNTS = frozenset(fact.name for fact in FACTS if fact.type is FactType.INTEGER)
