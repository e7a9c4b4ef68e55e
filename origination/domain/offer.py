"""Quotes and offers: what a loan would cost, and up to three ways to take it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cached_property
from itertools import islice
from typing import Any

from core.domain.fact import Facts
from core.domain.money import Money
from origination.domain.product import Product
from repayment.domain.caps import CapOutcome, Ceilings
from repayment.domain.cost import both_annual_rates
from repayment.domain.schedule import Amortization, FeeKind, Schedule, ScheduleRequest, build_schedule
from repayment.domain.schedule_fees import fee_at_start

_MILLIONTH = Decimal("0.000001")
OFFERS_MAX = 3


@dataclass(frozen=True, slots=True)
class Terms:
    """What is lent, for how long, repaid how, at which yearly rate."""

    amount: Money
    tenor_months: int
    kind: Amortization
    rate_annual: Decimal

    @property
    def wish(self) -> Wish:
        """The same without the price."""
        return Wish(self.amount, self.tenor_months, self.kind)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody would like to borrow."""

    amount: Money
    tenor_months: int
    kind: Amortization


@dataclass(frozen=True)
class Quote:
    """Terms with their schedule and cost. Rates are yearly fractions of one to the millionth. `caps` are the legal
    ceilings the cost was held against, none when no ceiling was asked for or is in force."""

    terms: Terms
    schedule: Schedule
    cost_effective: Decimal
    cost_nominal: Decimal
    fees_at_start: Money
    fees_withheld: Money
    caps: tuple[CapOutcome, ...] = ()

    @property
    def caps_exceeded(self) -> tuple[CapOutcome, ...]:
        """The ceilings this loan would be above: no offer is made then."""
        return tuple(one for one in self.caps if not one.passes)

    @property
    def paid_out(self) -> Money:
        """What reaches the borrower's account."""
        return self.terms.amount - self.fees_withheld

    @property
    def instalment(self) -> Money:
        """The highest instalment; of level instalments the level one."""
        level = self.schedule.level_minor
        most = max(self.schedule.payment_minor) if level is None else level
        return Money(most, self.schedule.currency)

    @cached_property
    def first_year(self) -> Money:
        """What falls due within the first twelve months."""
        return Money(sum(self.schedule.payment_minor[:12]), self.schedule.currency)

    @property
    def total(self) -> Money:
        """Everything the borrower pays, fees at the start included."""
        return self.schedule.payment_total + self.fees_at_start

    @property
    def total_cost(self) -> Money:
        """Everything above the amount lent."""
        return self.total - self.terms.amount


def request_schedule(product: Product, terms: Terms, on: date) -> ScheduleRequest:
    """The schedule request of monthly instalments for a payout on that day, by the product's conventions."""
    return ScheduleRequest(
        principal=terms.amount,
        amortization=terms.kind,
        disbursed_on=on,
        rate_annual=terms.rate_annual,
        instalments=terms.tenor_months,
        day_count=product.day_count,
        rounding=product.rounding,
        fees=product.fees,
    )


def quote(product: Product, terms: Terms, on: date, ceilings: Ceilings | None = None) -> Quote:
    """What the loan costs if it is paid out on that day, held against the `ceilings`.

    Raises InvalidInput with all that the product does not offer.
    """
    product.check_wish(terms.amount, terms.tenor_months, terms.kind)
    request = request_schedule(product, terms, on)
    schedule = build_schedule(request)
    at_start = fee_at_start(request, FeeKind.UP_FRONT)
    withheld = fee_at_start(request, FeeKind.UP_FRONT, withheld=True)
    currency = terms.amount.currency
    effective, nominal = rates = both_annual_rates(schedule)
    return Quote(
        terms=terms,
        schedule=schedule,
        cost_effective=effective.quantize(_MILLIONTH, rounding=ROUND_HALF_EVEN),
        cost_nominal=nominal.quantize(_MILLIONTH, rounding=ROUND_HALF_EVEN),
        fees_at_start=Money(at_start, currency),
        fees_withheld=Money(withheld, currency),
        caps=() if ceilings is None else ceilings.check(schedule, rates),
    )


def instalment_of(product: Product, terms: Terms, on: date) -> tuple[Money, Money]:
    """(highest instalment, sum due in the first twelve months), without the cost rates: the quick half of a quote."""
    return heaviest(build_schedule(request_schedule(product, terms, on)))


def heaviest(schedule: Schedule) -> tuple[Money, Money]:
    """(highest instalment, sum due in the first twelve months) of a schedule."""
    most = max(schedule.payment_minor) if schedule.level_minor is None else schedule.level_minor
    return Money(most, schedule.currency), Money(sum(schedule.payment_minor[:12]), schedule.currency)


@dataclass(frozen=True, slots=True)
class OfferPolicy:
    """How long an offer binds, and how many are made."""

    valid_days: int
    count_max: int
    solve: bool = True

    def __post_init__(self) -> None:
        if not (1 <= self.valid_days <= 365 and 1 <= self.count_max <= OFFERS_MAX):
            raise ValueError("offers are valid for 1 to 365 days, and there are 1 to 3 of them")

    def expires_on(self, made_on: date) -> date:
        """The last day on which the offer can be accepted."""
        return made_on + timedelta(days=self.valid_days)


Passes = Callable[[Wish], bool]


def choose_wishes(product: Product, wish: Wish, passes: Passes, count_max: int) -> tuple[Wish, ...]:
    """The wish as granted and up to two neighbours that pass too: the other way of repaying, another tenor.

    `passes` tells whether the lender's policy approves a wish. None passes: no offers.
    """
    return tuple(islice((one for one in dict.fromkeys(_neighbours(product, wish)) if passes(one)), count_max))


def _neighbours(product: Product, wish: Wish) -> Iterator[Wish]:
    yield wish
    for kind in product.kinds:
        yield Wish(wish.amount, wish.tenor_months, kind)
    shorter = [months for months in product.tenors if months < wish.tenor_months]
    longer = [months for months in product.tenors if months > wish.tenor_months]
    for months in (*reversed(shorter), *longer):
        yield Wish(wish.amount, months, wish.kind)


def solve_wish(product: Product, wish: Wish, passes: Passes) -> Wish | None:
    """The nearest loan that passes when the wish does not: the largest smaller amount at the same tenor, else the
    largest amount at the next longer tenors; None when nothing passes.

    Amounts are searched by bisection in the product's steps. Policies need not be monotone in the amount, so the
    result is not proved the largest, but every result was itself approved.
    """
    tenors = [wish.tenor_months, *(months for months in product.tenors if months > wish.tenor_months)]
    for months in tenors:
        found = largest_wish(product, Wish(wish.amount, months, wish.kind), passes)
        if found is not None:
            return found
    return None


def largest_wish(product: Product, wish: Wish, passes: Passes) -> Wish | None:
    """The largest loan up to the wish that passes, at its tenor and kind, by bisection; None when the least fails."""
    step, low = product.amount_step.minor, product.amount_min.minor

    def at(steps: int) -> Wish:
        """The wish at the least amount and so many steps above it."""
        return Wish(Money(low + steps * step, wish.amount.currency), wish.tenor_months, wish.kind)

    if wish.amount.minor < low or not passes(at(0)):
        return None
    good, bad = 0, (wish.amount.minor - low) // step + 1
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if passes(at(middle)) else (good, middle)
    return at(good)


def offer_facts(terms: Terms) -> Facts:
    """The facts about the loan that terms fix."""
    return {
        "amount": terms.amount,
        "tenor_months": terms.tenor_months,
        "amortisation": terms.kind.value,
        "rate_annual": terms.rate_annual,
    }


def quote_to_dict(one: Quote) -> dict[str, Any]:
    """JSON-ready figures of a quote, in minor units and decimal text, with every row."""
    return {
        "amount_minor": one.terms.amount.minor,
        "currency": one.terms.amount.currency,
        "tenor_months": one.terms.tenor_months,
        "kind": one.terms.kind.value,
        "rate_annual": format(one.terms.rate_annual, "f"),
        "instalment_minor": one.instalment.minor,
        "total_minor": one.total.minor,
        "interest_minor": one.schedule.interest_total.minor,
        "fees_at_start_minor": one.fees_at_start.minor,
        "paid_out_minor": one.paid_out.minor,
        "cost_effective": format(one.cost_effective, "f"),
        "cost_nominal": format(one.cost_nominal, "f"),
        "rows": [
            {
                "number": row.number,
                "due_on": row.due_on.isoformat(),
                "principal_minor": row.principal_minor,
                "interest_minor": row.interest_minor,
                "fees_minor": row.fees_minor,
                "payment_minor": row.payment_minor,
                "balance_minor": row.balance_minor,
            }
            for row in one.schedule.instalments
        ],
    }
