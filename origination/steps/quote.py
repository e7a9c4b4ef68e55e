"""A quote for a visitor: what a loan would cost, both ways of repaying, at every grade. Nothing is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from core.db import Work
from core.domain.errors import InvalidInput
from core.domain.money import Money, parse_amount
from origination.domain.affordability import ratio
from origination.domain.offer import Quote, Terms, quote
from origination.domain.product import Product
from origination.queries.rows import ceilings_for
from origination.schemas import NOT_OFFERED, plain, read_wish
from origination.steps.catalogue import product_on_sale
from repayment.domain.schedule_request import Amortization


@dataclass(frozen=True, slots=True)
class GradePrice:
    """What the same loan costs a borrower of one risk grade."""

    grade: str
    rate_annual: Decimal
    instalment: Money


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quote for a payout today at the middle grade's rate, beside the other way of repaying and the other grades.

    `income_share` is the highest instalment over the monthly income, when an income was named.
    """

    product: Product
    on: date
    chosen: Quote
    options: tuple[Quote, ...]
    by_grade: tuple[GradePrice, ...]
    income_share: Decimal | None


def make_quote(w: Work, product_code: str, values: Mapping[str, Any]) -> Quoted:
    """The quote for `amount`, `tenor_months`, `amortisation` and perhaps `income_monthly`, as typed or as JSON.

    Raises NotFound for a product that is not on sale, InvalidInput with everything that cannot be used and for a loan
    that would cost more than the law allows at that rate; grades at which it would are left out.
    """
    product = product_on_sale(w, product_code)
    wrong: dict[str, str | list[str]] = {}
    kind, income = product.kinds[0], None
    try:
        kind = _kind(product, values)
    except InvalidInput as refused:
        wrong |= refused.fields
    try:
        income = _income(product, values)
    except InvalidInput as refused:
        wrong |= refused.fields
    try:
        amount, tenor = read_wish(values, product.currency)
        product.check_wish(amount, tenor)
    except InvalidInput as refused:
        wrong |= refused.fields
    if wrong:
        raise InvalidInput(wrong)
    ceilings = ceilings_for(w, product)

    def priced(one: Amortization, rate: Decimal) -> Quote:
        return quote(product, Terms(amount, tenor, one, rate), w.today, ceilings)

    options = tuple(priced(one, product.rate_reference) for one in product.kinds)
    chosen = next(one for one in options if one.terms.kind is kind)
    if chosen.caps_exceeded:
        raise InvalidInput({"amount": [one.sentence for one in chosen.caps_exceeded]})
    graded = [(grade, priced(kind, rate)) for grade, rate in sorted(product.rates.items())]
    by_grade = tuple(
        GradePrice(grade, one.terms.rate_annual, one.instalment) for grade, one in graded if not one.caps_exceeded
    )
    share = ratio(chosen.instalment, income) if income is not None else None
    return Quoted(product, w.today, chosen, options, by_grade, share)


def _kind(product: Product, values: Mapping[str, Any]) -> Amortization:
    text = plain(values.get("amortisation") or "")
    if not text:
        return product.kinds[0]
    found = next((kind for kind in product.kinds if kind.value == text), None)
    if found is None:
        raise InvalidInput({"amortisation": NOT_OFFERED})
    return found


def _income(product: Product, values: Mapping[str, Any]) -> Money | None:
    text = plain(values.get("income_monthly") or "")
    return parse_amount(text, product.currency, "income_monthly") if text else None
