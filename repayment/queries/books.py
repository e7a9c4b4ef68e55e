"""The ledger as accountants read it: trial balance, journal, and the checks that must hold at every commit."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from io import StringIO

from sqlalchemy import text

from core.db import Work
from core.domain.money import Money
from repayment.domain.accounts import Account, ChartLine
from repayment.domain.ledger import trial_balance as check_balance
from repayment.domain.policies import AccountingPolicy


@dataclass(frozen=True, slots=True)
class BalanceLine:
    """One account in one currency; `balance` is debit minus credit."""

    account: ChartLine
    debit: Money
    credit: Money
    balance: Money


_BALANCE = text(
    """
    SELECT currency, account, sum(debit) AS debit, sum(credit) AS credit FROM (
        SELECT currency, debit AS account, minor AS debit, 0 AS credit FROM ledger_entry
        WHERE effective_on <= :day AND booked_on <= :known
        UNION ALL
        SELECT currency, credit, 0, minor FROM ledger_entry WHERE effective_on <= :day AND booked_on <= :known
    ) x GROUP BY 1, 2
    """
)


def trial_balance(w: Work, on: date, *, known_on: date | None = None) -> tuple[BalanceLine, ...]:
    """All accounts at the end of a day by value date; with `known_on`, as the books stood at the end of that day.

    Raises ValueError when debits and credits differ, which the ledger's form makes impossible.
    """
    chart = w.policy(AccountingPolicy).chart
    lines = []
    by_currency: dict[str, dict[Account, tuple[int, int]]] = {}
    for row in w.session.execute(_BALANCE, {"day": on, "known": known_on or date.max}):
        account, debit, credit = Account(row.account), int(row.debit), int(row.credit)
        by_currency.setdefault(row.currency, {})[account] = (debit, credit)
        lines.append(
            BalanceLine(
                chart.lines[account], Money(debit, row.currency), Money(credit, row.currency),
                Money(debit - credit, row.currency),
            )
        )  # fmt: skip
    for sums in by_currency.values():
        check_balance(sums)
    return tuple(sorted(lines, key=lambda line: (line.balance.currency, line.account.number)))


_JOURNAL = text(
    """
    SELECT e.id, e.booked_on, e.effective_on, l.reference, e.code, e.debit, e.credit, e.minor, e.currency, e.line,
           e.reverses_id
    FROM ledger_entry e JOIN loan l ON l.id = e.loan_id
    WHERE e.booked_on BETWEEN :first AND :last ORDER BY e.id
    """
)
JOURNAL_HEADER = (
    "entry", "booked_on", "value_on", "loan", "code", "debit_account", "debit_name", "credit_account", "credit_name",
    "amount", "currency", "instalment", "reverses",
)  # fmt: skip


def journal_csv(w: Work, first: date, last: date, *, locale: str = "en") -> Iterator[str]:
    """The journal of a span of booking days, line by line, for an accounting system. Amounts in major units."""
    chart = w.policy(AccountingPolicy).chart.lines
    yield _csv_line(JOURNAL_HEADER)
    rows = w.session.execute(_JOURNAL, {"first": first, "last": last}, execution_options={"yield_per": 2000})
    for row in rows:
        debit, credit = chart[Account(row.debit)], chart[Account(row.credit)]
        yield _csv_line((
            row.id, row.booked_on, row.effective_on, row.reference, row.code, debit.number, debit.name_in(locale),
            credit.number, credit.name_in(locale), Money(row.minor, row.currency), row.currency, row.line,
            row.reverses_id or "",
        ))  # fmt: skip


def _csv_line(values: tuple[object, ...]) -> str:
    buffer = StringIO()
    csv.writer(buffer).writerow(values)
    return buffer.getvalue()


_CHECKS = {
    "a loan's principal account differs from what its row says": """
        SELECT l.reference FROM loan l LEFT JOIN ledger_entry e
          ON e.loan_id = l.id AND 'principal' IN (e.debit, e.credit)
        GROUP BY l.id HAVING coalesce(sum(CASE WHEN e.debit = 'principal' THEN e.minor ELSE -e.minor END), 0)
          <> l.principal_out_minor""",
    "a loan's instalments do not add up to its principal": """
        SELECT l.reference FROM loan l JOIN instalment i ON i.schedule_id = l.schedule_id
        WHERE l.status IN ('ACTIVE', 'CLOSED_REPAID', 'WITHDRAWN')
        GROUP BY l.id HAVING sum(i.principal_minor - i.principal_paid_minor) <> l.principal_out_minor
          AND l.principal_lent_minor >= l.principal_minor""",
    "a borrower's credit account differs from what the loan's row says": """
        SELECT l.reference FROM loan l LEFT JOIN ledger_entry e
          ON e.loan_id = l.id AND 'borrower_credit' IN (e.debit, e.credit)
        GROUP BY l.id HAVING coalesce(sum(CASE WHEN e.credit = 'borrower_credit' THEN e.minor ELSE -e.minor END), 0)
          <> l.credit_minor""",
    "cash does not equal money received less money paid out": """
        SELECT l.reference FROM loan l
        LEFT JOIN LATERAL (SELECT coalesce(sum(CASE WHEN debit = 'cash' THEN minor ELSE -minor END), 0) AS minor
          FROM ledger_entry WHERE loan_id = l.id AND 'cash' IN (debit, credit) AND code <> 'FEE_WITHHELD') c ON true
        LEFT JOIN LATERAL (SELECT coalesce(sum(CASE WHEN kind IN ('DISBURSEMENT', 'CREDIT_REFUND') THEN -minor
          WHEN channel IS NOT NULL OR kind = 'SALE' THEN minor ELSE 0 END), 0) AS minor
          FROM loan_event WHERE loan_id = l.id AND voided_on IS NULL) v ON true
        WHERE c.minor <> v.minor""",
    "an entry is reversed by one that does not undo it": """
        SELECT l.reference FROM ledger_entry r
        JOIN ledger_entry e ON e.id = r.reverses_id JOIN loan l ON l.id = r.loan_id
        WHERE (r.debit, r.credit, r.minor, r.loan_id) <> (e.credit, e.debit, e.minor, e.loan_id)
          OR e.reverses_id IS NOT NULL""",
    "a reminder was written twice": """
        SELECT l.reference FROM dunning_action a JOIN loan l ON l.id = a.loan_id
        GROUP BY l.reference, a.loan_id, a.episode_on, a.stage HAVING count(*) > 1""",
    "an open loan stands behind the business date": """
        SELECT l.reference FROM loan l, business_day b
        WHERE l.status = 'ACTIVE' AND l.last_closed_on < b.open_on - 1
          AND l.id NOT IN (SELECT loan_id FROM close_exception WHERE resolved_at IS NULL)""",
}


def failed_checks(w: Work) -> tuple[tuple[str, str], ...]:
    """(what is wrong, the loan's reference) for everything that must hold and does not. Empty is good."""
    found = []
    for what, query in _CHECKS.items():
        found += [(what, reference) for (reference,) in w.session.execute(text(query))]
    return tuple(found)
