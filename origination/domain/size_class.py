"""Size classes of enterprises by dated tables: China by industry, the European Union by one rule for all.

China: Ministry of Industry and Information Technology, National Bureau of Statistics, NDRC and Ministry of Finance,
notice 2011 No. 300 (in force since 18 June 2011), annex by industry; amounts there in ten thousand yuan.
European Union: Commission Recommendation 2003/361/EC, annex art. 2 (in force since 1 January 2005).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from core.domain.errors import InvalidInput
from core.domain.texts import Text


class SizeClass(StrEnum):
    """Micro to medium are "SME"."""

    MICRO = "micro"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


@dataclass(frozen=True, slots=True)
class SizeFigures:
    """Head count, yearly revenue and total assets in whole units of the table's currency (CNY or EUR)."""

    employees: int
    revenue: Decimal
    assets: Decimal


@dataclass(frozen=True, slots=True)
class _Bounds:
    """Least figures of a class; None where the industry does not use the measure. All that are given must be met."""

    employees: int | None
    revenue: int | None
    assets: int | None

    def met(self, figures: SizeFigures) -> bool:
        """Whether every figure that has a bound reaches it; bounds of money count ten thousands, figures units."""
        return (
            (self.employees is None or figures.employees >= self.employees)
            and (self.revenue is None or figures.revenue >= self.revenue * 10_000)
            and (self.assets is None or figures.assets >= self.assets * 10_000)
        )


def _row(employees: str, revenue: str, assets: str) -> tuple[_Bounds, _Bounds, _Bounds]:
    """Three figures each ("large/medium/small"), "-" where the measure is not used."""

    def figures(text: str) -> list[int | None]:
        """`1000/300/20` -> the three bounds; "-" -> none."""
        return [None] * 3 if text == "-" else [int(part) for part in text.split("/")]

    rows = zip(figures(employees), figures(revenue), figures(assets), strict=True)
    large, medium, small = (_Bounds(*row) for row in rows)
    return large, medium, small


_CHINA_2011 = {
    "agriculture": _row("-", "20000/500/50", "-"),
    "industry": _row("1000/300/20", "40000/2000/300", "-"),
    "construction": _row("-", "80000/6000/300", "80000/5000/300"),
    "wholesale": _row("200/20/5", "40000/5000/1000", "-"),
    "retail": _row("300/50/10", "20000/500/100", "-"),
    "transport": _row("1000/300/20", "30000/3000/200", "-"),
    "storage": _row("200/100/20", "30000/1000/100", "-"),
    "post": _row("1000/300/20", "30000/2000/100", "-"),
    "accommodation": _row("300/100/10", "10000/2000/100", "-"),
    "catering": _row("300/100/10", "10000/2000/100", "-"),
    "information": _row("2000/100/10", "100000/1000/100", "-"),
    "software": _row("300/100/10", "10000/1000/50", "-"),
    "real_estate": _row("-", "200000/1000/100", "10000/5000/2000"),
    "property_management": _row("1000/300/100", "5000/1000/500", "-"),
    "leasing_business_services": _row("300/100/10", "-", "120000/8000/100"),
    "other": _row("300/100/10", "-", "-"),
}
CHINA_INDUSTRIES = tuple(_CHINA_2011)
SIZE_CURRENCIES = {"CN": "CNY", "EU": "EUR"}
_CHINA_FROM, _EU_FROM = date(2011, 6, 18), date(2005, 1, 1)
_EU_2003 = (
    (SizeClass.MICRO, 10, 2_000_000, 2_000_000),
    (SizeClass.SMALL, 50, 10_000_000, 10_000_000),
    (SizeClass.MEDIUM, 250, 50_000_000, 43_000_000),
)
# Which row of the Chinese table a two-digit NAICS sector belongs to.
_INDUSTRY_BY_NAICS = {
    "11": "agriculture", "21": "industry", "22": "industry", "23": "construction", "31": "industry", "32": "industry",
    "33": "industry", "42": "wholesale", "44": "retail", "45": "retail", "48": "transport", "49": "storage",
    "51": "information", "53": "real_estate", "54": "leasing_business_services", "55": "leasing_business_services",
    "56": "leasing_business_services", "72": "catering",
}  # fmt: skip


def china_industry(naics: str) -> str:
    """The row of the Chinese table for a two-digit NAICS sector; "other" where the table has no row."""
    return _INDUSTRY_BY_NAICS.get(naics, "other")


def size_class(region: str, figures: SizeFigures, on: date, *, industry: str = "other") -> SizeClass:
    """The class in "CN" (figures in CNY, by `industry`) or "EU" (figures in EUR) by the table in force on the day.

    China: a class needs all measures of its row, so one measure below the small row makes an enterprise micro. EU: the
    head count and either the revenue or the assets must stay below. Raises InvalidInput for an unknown region or
    industry, negative figures, or a day before the tables.
    """
    if figures.employees < 0 or figures.revenue < 0 or figures.assets < 0:
        raise InvalidInput({"figures": Text("Employees, revenue and assets cannot be negative")})
    if region == "CN" and on >= _CHINA_FROM:
        if industry not in _CHINA_2011:
            raise InvalidInput({"industry": Text("There is no industry {industry}", industry=industry)})
        bounds = zip((SizeClass.LARGE, SizeClass.MEDIUM, SizeClass.SMALL), _CHINA_2011[industry], strict=True)
        return next((size for size, bound in bounds if bound.met(figures)), SizeClass.MICRO)
    if region == "EU" and on >= _EU_FROM:
        for size, employees, revenue, assets in _EU_2003:
            if figures.employees < employees and (figures.revenue <= revenue or figures.assets <= assets):
                return size
        return SizeClass.LARGE
    raise InvalidInput({"region": Text("There is no size table for {region} on {on}", region=region, on=on)})
