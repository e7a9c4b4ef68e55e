"""What an account tells about its holder: inflow and its ups and downs, salary, loans, gambling, returned payments.

Every figure follows from booked entries of whole months; nothing is guessed where the file is too short. Salary is a
payer who pays about the same about every month, or an entry that says it is one. Gambling is known by the words banks
print for it; the list is the lender's to extend.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from statistics import median_low

from core.domain.dates import add_months
from core.domain.fact import FactValue
from core.domain.money import Money, Rounding, total
from core.domain.statements.statement import BankStatement, StatementEntry

_MILLIONTH = Decimal("0.000001")
_SALARY_WORDS = re.compile(
    r"\b(salary|salaries|wages?|payroll|gehalt|lohn|lohn/gehalt|bezüge|nómina|nomina|pension|rente)\b"
    r"|工资|薪资|薪酬|代发|奖金|退休金|养老金|\bSALA\b|\bPENS\b",
    re.IGNORECASE,
)
_LOAN_WORDS = re.compile(
    r"\b(loan|mortgage|instal?ment|kredit|darlehen|ratenkredit|tilgung|préstamo|prestamo|hipoteca|cuota)\b"
    r"|贷款|还款|房贷|车贷|花呗|借呗|白条|\bLOAN\b|\bLOAR\b",
    re.IGNORECASE,
)
GAMBLING_WORDS = (
    "casino", "poker", "bet365", "betfair", "betway", "bwin", "tipico", "unibet", "william hill", "ladbrokes",
    "paddy power", "pokerstars", "draftkings", "fanduel", "sportsbook", "sportwetten", "wettbüro", "spielbank",
    "lotto", "lotterie", "lottery", "lotería", "loterias", "apuestas", "gambling", "彩票", "体彩", "福彩", "博彩",
    "投注",
)  # fmt: skip
_GAMBLING = re.compile(
    "|".join(rf"(?<![a-z]){re.escape(word)}(?![a-z])" if word.isascii() else re.escape(word) for word in GAMBLING_WORDS)
    + r"|\bMCC\s?7995\b",
    re.IGNORECASE,
)
SALARY_SPREAD = Decimal("0.25")  # a payer's months stay within a quarter of their median
SALARY_MONTHS_SHARE = Decimal("0.65")  # and come in about two months of three


@dataclass(frozen=True, slots=True)
class CashFlow:
    """Figures per month over `months` whole calendar months, and counts over the whole file.

    `volatility` is the standard deviation of monthly inflow over its mean (None without inflow), `month_end_low` the
    lowest balance of the last five days of any month, `lowest` the lowest at all (None when the file has no balances).
    """

    currency: str
    from_on: date
    to_on: date
    months: int
    inflow: Money
    outflow: Money
    salary: Money | None
    loans: Money
    volatility: Decimal | None
    gambling_count: int
    gambling_sum: Money
    returned_count: int
    month_end_low: Money | None
    lowest: Money | None
    days_negative: int
    salary_from: str = ""

    def facts(self) -> dict[str, FactValue]:
        """The facts of the catalogue that follow from the statement; unknown ones are left out."""
        found: dict[str, FactValue | None] = {
            "statement_months": self.months,
            "statement_inflow_monthly": self.inflow,
            "statement_outflow_monthly": self.outflow,
            "statement_salary_monthly": self.salary,
            "statement_loans_monthly": self.loans,
            "statement_volatility": self.volatility,
            "statement_gambling_count": self.gambling_count,
            "statement_returned_count": self.returned_count,
            "statement_month_end_low": self.month_end_low,
        }
        return {name: value for name, value in found.items() if value is not None}


def cash_flow(statement: BankStatement) -> CashFlow:
    """The figures of one account. Months that the file covers only in part count for the totals per month only when
    there is no whole one."""
    entries = [entry for entry in statement.entries if entry.amount]
    months = _whole_months(statement.opened_on, statement.closed_on)
    inside = [entry for entry in entries if _month(entry.booked_on) in months] if months else entries
    spread = max(1, len(months))
    kept = [entry for entry in inside if not entry.is_return]
    by_month = {month: Money.zero(statement.currency) for month in months}
    for entry in kept:
        if entry.amount.minor > 0 and months:
            by_month[_month(entry.booked_on)] += entry.amount
    salary, payer = _salary(kept, months, statement.currency)
    gambling = [entry for entry in entries if entry.amount.minor < 0 and _GAMBLING.search(_words(entry))]
    ends, lowest, below = _lows(statement)
    return CashFlow(
        currency=statement.currency,
        from_on=statement.opened_on,
        to_on=statement.closed_on,
        months=len(months),
        inflow=_monthly((e.amount for e in kept if e.amount.minor > 0), spread, statement.currency),
        outflow=_monthly((-e.amount for e in kept if e.amount.minor < 0), spread, statement.currency),
        salary=salary,
        loans=_monthly(
            (-e.amount for e in kept if e.amount.minor < 0 and _LOAN_WORDS.search(_words(e))), spread,
            statement.currency,
        ),
        volatility=_volatility(list(by_month.values())),
        gambling_count=len(gambling),
        gambling_sum=-total((entry.amount for entry in gambling), statement.currency),
        returned_count=sum(entry.is_return for entry in entries),
        month_end_low=ends,
        lowest=lowest,
        days_negative=below,
        salary_from=payer,
    )  # fmt: skip


def _month(day: date) -> date:
    return day.replace(day=1)


def _whole_months(from_on: date, to_on: date) -> list[date]:
    """First days of the calendar months the statement covers wholly. A file that says no period is taken to begin and
    end with its first and last entry, and a month whose edge lies within a week of it counts as whole."""
    start = _month(from_on) if from_on.day <= 7 else add_months(_month(from_on), 1)
    last = _month(to_on) if (to_on + timedelta(days=7)).month != to_on.month else add_months(_month(to_on), -1)
    months = []
    while start <= last:
        months.append(start)
        start = add_months(start, 1)
    return months


def _monthly(amounts: Iterable[Money], months: int, currency: str) -> Money:
    return Money.rounded(Decimal(total(amounts, currency).minor) / months, currency, rounding=Rounding.HALF_EVEN)


def _volatility(sums: Sequence[Money]) -> Decimal | None:
    """Standard deviation (of the population) over mean; None for less than two months or no inflow."""
    if len(sums) < 2:
        return None
    values = [Decimal(one.minor) for one in sums]
    mean = sum(values, Decimal(0)) / len(values)
    if mean <= 0:
        return None
    variance = sum(((value - mean) ** 2 for value in values), Decimal(0)) / len(values)
    return (variance.sqrt() / mean).quantize(_MILLIONTH, rounding=ROUND_HALF_EVEN)


def _words(entry: StatementEntry) -> str:
    return f"{entry.counterparty} {entry.text} {entry.code}"


def _payer(entry: StatementEntry) -> str:
    """One payer: the account where it is named, else the name without what changes from month to month."""
    return entry.counterparty_account or re.sub(r"[\d\W_]+", " ", entry.counterparty or entry.text).strip().lower()


def _salary(entries: Sequence[StatementEntry], months: Sequence[date], currency: str) -> tuple[Money | None, str]:
    """The monthly salary, median over the months it came in, and who pays it; None when there is none to be found."""
    if not months:
        return None, ""
    paid: dict[str, dict[date, Money]] = defaultdict(lambda: defaultdict(lambda: Money.zero(currency)))
    said: set[str] = set()
    names: dict[str, str] = {}
    for entry in entries:
        if entry.amount.minor > 0 and (payer := _payer(entry)):
            paid[payer][_month(entry.booked_on)] += entry.amount
            names.setdefault(payer, entry.counterparty or entry.text)
            if _SALARY_WORDS.search(_words(entry)):
                said.add(payer)
    found = [payer for payer, sums in paid.items() if payer in said or _is_regular(sums, len(months))]
    if said:  # who says so is believed before who only looks like it
        found = [payer for payer in found if payer in said]
    if not found:
        return None, ""
    usual = {payer: median_low(paid[payer].values()) for payer in found}
    best = max(found, key=lambda payer: (usual[payer].minor, payer))
    return total((usual[payer] for payer in found), currency) if said else usual[best], names[best]


def _is_regular(sums: Mapping[date, Money], months: int) -> bool:
    if len(sums) < 2 or Decimal(len(sums)) / months < SALARY_MONTHS_SHARE:
        return False
    middle = Decimal(median_low(sums.values()).minor)
    return all(abs(Decimal(one.minor) - middle) <= SALARY_SPREAD * middle for one in sums.values())


def _lows(statement: BankStatement) -> tuple[Money | None, Money | None, int]:
    """Lowest balance at month ends, lowest at all, and the number of days below zero, by end-of-day balances."""
    if statement.opening is None:
        return None, None, 0
    moved: dict[date, Money] = defaultdict(lambda: Money.zero(statement.currency))
    for entry in statement.entries:
        moved[entry.booked_on] += entry.amount
    run, day, below = statement.opening, statement.opened_on, 0
    ends: list[Money] = []
    lowest = run
    while day <= statement.closed_on:
        run += moved[day]
        lowest = min(lowest, run)
        below += run.minor < 0
        if (day + timedelta(days=5)).month != day.month:
            ends.append(run)
        day += timedelta(days=1)
    return min(ends, default=None), lowest, below


def combined_facts(accounts: Sequence[Mapping[str, FactValue]]) -> dict[str, FactValue]:
    """The facts of several accounts of one holder as one: sums and counts added, the shortest history, the ups and
    downs of the account with most inflow. Payments between the accounts are not known as such and count twice."""
    if len(accounts) < 2:
        return dict(accounts[0]) if accounts else {}
    found: dict[str, FactValue] = {}
    for name in {name for account in accounts for name in account}:
        values = [account[name] for account in accounts if name in account]
        money = [value for value in values if isinstance(value, Money)]
        whole = [value for value in values if isinstance(value, int)]
        if money:
            found[name] = total(money, money[0].currency)
        elif whole:
            found[name] = min(whole) if name == "statement_months" else sum(whole)
    main = max(accounts, key=_inflow)
    if "statement_volatility" in main:
        found["statement_volatility"] = main["statement_volatility"]
    return found


def _inflow(account: Mapping[str, FactValue]) -> int:
    value = account.get("statement_inflow_monthly")
    return value.minor if isinstance(value, Money) else 0
