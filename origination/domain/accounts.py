"""Yearly accounts of a company: do they add up, what do two or three years say, in the usual ratios.

Ratios follow the usual definitions of bank analysis: margins on revenue, equity ratio on total assets, current and
quick ratio on current liabilities, interest cover of EBITDA, days of receivables and stock on revenue of 365 days. A
ratio with a denominator that is not more than zero does not exist (None).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.domain.errors import InvalidInput
from core.domain.fact import Facts, FactValue
from core.domain.money import Money, Rounding
from core.domain.texts import Text
from origination.domain.affordability import ratio

YEARS_MAX = 3
JUMP = Decimal(3)  # a figure that is three times last year's, or a third of it, is looked at
LINES: dict[str, Text] = {
    "revenue": Text("Revenue"),
    "ebitda": Text("EBITDA"),
    "interest": Text("Interest paid"),
    "profit": Text("Profit after tax"),
    "total_assets": Text("Total assets"),
    "current_assets": Text("Current assets"),
    "receivables": Text("Receivables"),
    "inventory": Text("Stock"),
    "cash": Text("Cash"),
    "total_liabilities": Text("Total liabilities"),
    "current_liabilities": Text("Current liabilities"),
    "equity": Text("Equity"),
    "debt_service": Text("Yearly payments on existing loans"),
}
REQUIRED = ("revenue", "profit", "total_assets", "total_liabilities", "equity")
SIGNED = frozenset({"ebitda", "profit", "equity"})
# The facts of the application that the newest year documents.
FACT_OF = {
    "revenue": "revenue_annual",
    "profit": "profit_annual",
    "ebitda": "ebitda_annual",
    "total_assets": "total_assets",
    "total_liabilities": "total_liabilities",
    "equity": "equity",
    "debt_service": "debt_service_annual",
}
RATIO_TEXTS: dict[str, Text] = {
    "growth": Text("Growth of revenue"),
    "ebitda_margin": Text("EBITDA margin"),
    "net_margin": Text("Net margin"),
    "equity_ratio": Text("Equity ratio"),
    "leverage": Text("Liabilities against equity"),
    "current_ratio": Text("Current ratio"),
    "quick_ratio": Text("Quick ratio"),
    "interest_cover": Text("Interest cover"),
    "dscr": Text("EBITDA against loan payments"),
    "receivable_days": Text("Days of receivables"),
    "inventory_days": Text("Days of stock"),
}
SHARES = frozenset({"growth", "ebitda_margin", "net_margin", "equity_ratio"})
DAYS = frozenset({"receivable_days", "inventory_days"})


@dataclass(frozen=True, slots=True)
class YearAccounts:
    """One financial year; `figures` by the names of `LINES`. Raises InvalidInput naming each line that is missing,
    negative where it cannot be, or larger than the whole it is part of, and a balance sheet that does not balance."""

    ends_on: date
    currency: str
    figures: dict[str, Money]
    audited: bool = False
    declared: bool = False  # typed by the applicant; nobody has seen the document yet

    def __post_init__(self) -> None:
        found: dict[str, str | list[str]] = {}
        for name in REQUIRED:
            if name not in self.figures:
                found[name] = Text("Enter this figure")
        for name, value in self.figures.items():
            if value.minor < 0 and name not in SIGNED:
                found[name] = Text("This figure cannot be negative")
        for part, whole in (
            ("current_assets", "total_assets"), ("receivables", "total_assets"), ("inventory", "total_assets"),
            ("cash", "total_assets"), ("current_liabilities", "total_liabilities"),
        ):  # fmt: skip
            if part in self.figures and whole in self.figures and self.figures[part] > self.figures[whole]:
                found.setdefault(part, Text("This is more than {whole}", whole=LINES[whole]))
        if not found:
            gap = self.figures["total_assets"] - self.figures["total_liabilities"] - self.figures["equity"]
            if gap:
                found["equity"] = Text(
                    "The balance sheet does not balance: liabilities and equity are {gap} away from total assets",
                    gap=f"{abs(gap.amount):,}",
                )
        if found:
            raise InvalidInput(found)


@dataclass(frozen=True, slots=True)
class Remark:
    """Something in the accounts a person should look at."""

    ends_on: date
    text: Text


def ratios(year: YearAccounts, before: YearAccounts | None) -> dict[str, Decimal | None]:
    """The ratios of a year by the names of `RATIO_TEXTS`; `growth` needs the year before."""
    get = year.figures.get

    def of(part: Money | None, whole: Money | None) -> Decimal | None:
        """A ratio, or None where a side is unknown or the whole is not positive."""
        return None if part is None or whole is None else ratio(part, whole)

    quick = None
    if (assets := get("current_assets")) is not None:
        quick = assets - (get("inventory") or Money.zero(year.currency))
    earlier = None if before is None else before.figures["revenue"]
    revenue = year.figures["revenue"]
    return {
        "growth": None if earlier is None else of(revenue - earlier, earlier),
        "ebitda_margin": of(get("ebitda"), revenue),
        "net_margin": of(get("profit"), revenue),
        "equity_ratio": of(get("equity"), get("total_assets")),
        "leverage": of(get("total_liabilities"), get("equity")),
        "current_ratio": of(get("current_assets"), get("current_liabilities")),
        "quick_ratio": of(quick, get("current_liabilities")),
        "interest_cover": of(get("ebitda"), get("interest")),
        "dscr": of(get("ebitda"), get("debt_service")),
        "receivable_days": _days(get("receivables"), revenue),
        "inventory_days": _days(get("inventory"), revenue),
    }


def _days(part: Money | None, revenue: Money) -> Decimal | None:
    if part is None or revenue.minor <= 0:
        return None
    return Decimal(Money.rounded(Decimal(part.minor) * 365 / revenue.minor, "CNY", rounding=Rounding.HALF_EVEN).minor)


def remarks(years: Sequence[YearAccounts], day: date) -> tuple[Remark, ...]:
    """What does not fit in accounts that balance: old or missing years, jumps, profit above EBITDA. Newest first."""
    found: list[Remark] = []
    newest = sorted(years, key=lambda year: year.ends_on, reverse=True)
    if newest and (day - newest[0].ends_on).days > 548:
        found.append(Remark(newest[0].ends_on, Text("The newest accounts are older than 18 months")))
    for year, before in zip(newest, [*newest[1:], None][: len(newest)], strict=True):
        ebitda, profit = year.figures.get("ebitda"), year.figures["profit"]
        if ebitda is not None and profit > ebitda:
            found.append(Remark(year.ends_on, Text("The profit is higher than EBITDA; ask what else was earned")))
        if before is None:
            continue
        if not 350 <= (year.ends_on - before.ends_on).days <= 380:
            text = Text("Between {from_on} and {to_on} a year is missing or overlaps", from_on=before.ends_on,
                        to_on=year.ends_on)  # fmt: skip
            found.append(Remark(year.ends_on, text))
        for name in sorted(year.figures.keys() & before.figures.keys() & {"revenue", "total_assets", "equity"}):
            share = ratio(year.figures[name], before.figures[name])
            if share is not None and (share >= JUMP or 0 <= share <= 1 / JUMP):
                text = Text("{line} is {share} times that of the year before", line=LINES[name], share=f"{share:.1f}")
                found.append(Remark(year.ends_on, text))
    return tuple(found)


def declared_gaps(years: Sequence[YearAccounts], answers: Facts) -> tuple[Remark, ...]:
    """Where the newest year says something else than the answers of the same application."""
    newest = max(years, key=lambda year: year.ends_on, default=None)
    if newest is None:
        return ()
    return tuple(
        Remark(
            newest.ends_on,
            Text("{line}: {here} here, but {there} on the pages before", line=LINES[line],
                 here=newest.figures[line], there=answers[fact]),
        )
        for line, fact in FACT_OF.items()
        if line in newest.figures and fact in answers and answers[fact] != newest.figures[line]
    )  # fmt: skip


def documented_facts(years: Sequence[YearAccounts]) -> dict[str, FactValue]:
    """The facts of the application that the accounts document: those of the newest year, revenue of the year before."""
    if not years:
        return {}
    newest = sorted(years, key=lambda year: year.ends_on, reverse=True)
    found: dict[str, FactValue] = {
        fact: newest[0].figures[line] for line, fact in FACT_OF.items() if line in newest[0].figures
    }
    if len(newest) > 1:
        found["revenue_prior"] = newest[1].figures["revenue"]
    return found
