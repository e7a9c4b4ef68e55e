"""The rate: product grid by grade, never below what the loan costs the lender, shown as a build-up.

Floor = cost of funds + expected loss (PD x LGD) + cost of capital (share of own capital x return wanted on it above
the cost of funds) + operating cost + least margin: the usual cost-plus price of risk-based lending.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal

from core.domain.errors import PolicyInvalid
from core.domain.texts import Text
from origination.domain.product import Product

_MILLIONTH = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class PricingPolicy:
    """The lender's costs as yearly fractions of one; funds by currency, loss and operating cost by segment."""

    cost_of_funds: Mapping[str, Decimal]
    loss_given_default: Mapping[str, Decimal]
    operating_cost: Mapping[str, Decimal]
    capital_share: Decimal
    return_on_capital: Decimal
    margin_min: Decimal
    rate_step: Decimal

    def __post_init__(self) -> None:
        parts = (*self.cost_of_funds.values(), *self.loss_given_default.values(), *self.operating_cost.values())
        if any(not 0 <= part <= 1 for part in (*parts, self.capital_share, self.return_on_capital, self.margin_min)):
            raise PolicyInvalid("[pricing]: every rate is a fraction from 0 to 1")
        if not _MILLIONTH <= self.rate_step <= 1:
            raise PolicyInvalid("[pricing]: rate_step must be more than zero")


@dataclass(frozen=True, slots=True)
class PricePart:
    """One line of the build-up."""

    name: str
    text: Text
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Price:
    """A yearly rate and how it comes about: the parts add up to `rate_annual` exactly."""

    rate_annual: Decimal
    rate_grid: Decimal
    rate_floor: Decimal
    parts: tuple[PricePart, ...]

    def __post_init__(self) -> None:
        if sum(part.rate for part in self.parts) != self.rate_annual:
            raise ValueError("the parts of a price do not add up to it")


def price(product: Product, grade: str, pd: Decimal, policy: PricingPolicy) -> Price | None:
    """The price of a loan of that grade, or None when the product is not sold to it or a cost is unknown.

    The floor is rounded up to the policy's step; what the rate leaves above all costs is shown as margin.
    """
    grid = product.rates.get(grade)
    funds = policy.cost_of_funds.get(product.currency)
    loss_share = policy.loss_given_default.get(product.segment)
    running = policy.operating_cost.get(product.segment)
    if grid is None or funds is None or loss_share is None or running is None or not 0 <= pd <= 1:
        return None
    loss = (pd * loss_share).quantize(_MILLIONTH, rounding=ROUND_HALF_EVEN)
    capital = (policy.capital_share * max(Decimal(0), policy.return_on_capital - funds)).quantize(
        _MILLIONTH, rounding=ROUND_HALF_EVEN
    )
    costs = funds + loss + capital + running
    steps = ((costs + policy.margin_min) / policy.rate_step).to_integral_value(rounding=ROUND_CEILING)
    floor = steps * policy.rate_step
    rate = max(grid, floor)
    parts = (
        PricePart("cost_of_funds", Text("Cost of funds"), funds),
        PricePart("expected_loss", Text("Expected loss"), loss),
        PricePart("capital", Text("Cost of capital"), capital),
        PricePart("operating", Text("Operating cost"), running),
        PricePart("margin", Text("Margin"), rate - costs),
    )
    return Price(rate_annual=rate, rate_grid=grid, rate_floor=floor, parts=parts)
