"""The next version of a product from a form: amounts, terms, rates, fees and days of grace; all else is taken over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

from core.domain.errors import InvalidInput, PolicyInvalid
from core.domain.money import Money
from core.domain.texts import Text
from core.web.forms import Form, read_choice, read_integer, read_money, read_percent, read_text
from origination.domain.offer import Quote, Terms, quote
from origination.domain.product import Product
from repayment.domain.caps import Ceilings
from repayment.domain.schedule_request import Fee


def typed(product: Product) -> dict[str, Any]:
    """The product as a form shows it, with a sample of its middle."""
    middle = sorted(product.rates)[len(product.rates) // 2]
    quarter = product.amount_max.minor // 4 // product.amount_step.minor * product.amount_step.minor
    return {
        "name_en": product.names["en"],
        "name_zh": product.names["zh"],
        "amount_min": _plain(product.amount_min),
        "amount_max": _plain(product.amount_max),
        "amount_step": _plain(product.amount_step),
        "tenors": ", ".join(map(str, product.tenors)),
        **{f"rate_{grade}": _percent(rate) for grade, rate in product.rates.items()},
        **{f"fee_{fee.name}": _percent(fee.rate) if fee.rate is not None else str(fee.amount) for fee in product.fees},
        "grace_days": str(product.late.grace_days),
        "late_fee": "" if product.late.late_fee is None else str(product.late.late_fee),
        "penalty_uplift": "" if product.late.penalty_uplift is None else _percent(product.late.penalty_uplift),
        "sample_amount": _plain(max(Money(quarter, product.currency), product.amount_min)),
        "sample_tenor": str(product.tenors[len(product.tenors) // 2]),
        "sample_grade": middle,
        "sample_kind": product.kinds[0].value,
    }


def _plain(amount: Money) -> str:
    whole = amount.amount.to_integral_value()
    return f"{whole:,}" if whole == amount.amount else f"{amount.amount:,}"


def _percent(rate: Decimal) -> str:
    return format((rate * 100).normalize(), "f")


def read_version(form: Form, base: Product) -> Product:
    """The version after `base` as typed. Raises InvalidInput with everything that cannot be used."""
    code = base.currency
    needed = Text("Enter an amount")
    low = form.read(read_money, "amount_min", code, missing=needed)
    high = form.read(read_money, "amount_max", code, missing=needed)
    step = form.read(read_money, "amount_step", code, missing=needed)
    names = {
        "en": form.read(read_text, "name_en", missing=Text("Enter the English name"), longest=80),
        "zh": form.read(read_text, "name_zh", missing=Text("Enter the Chinese name"), longest=80),
    }
    rates = {
        grade: form.read(read_percent, f"rate_{grade}", missing=Text("Enter the yearly rate"), high=100)
        for grade in base.rates
    }
    grace = form.read(read_integer, "grace_days", missing=Text("Enter a number of days, 0 for none"), high=60)
    late_fee = form.read(read_money, "late_fee", code)
    uplift = form.read(read_percent, "penalty_uplift", high=100)
    tenors = form.read(_read_tenors, "tenors")
    fees = tuple(_fee(form, fee, code) for fee in base.fees)
    if low is not None and high is not None and low > high:
        form.add("amount_max", Text("The largest amount is below the smallest"))
    _check_rates(form, rates)
    form.check()
    # After `check` nothing that was asked for is None any more.
    typed: dict[str, Any] = {
        "names": {**base.names, **names}, "amount_min": low, "amount_max": high, "amount_step": step,
        "tenors": tenors, "rates": rates, "fees": fees,
    }  # fmt: skip
    terms: dict[str, Any] = {"grace_days": grace, "late_fee": late_fee or None, "penalty_uplift": uplift}
    try:
        return replace(base, version=base.version + 1, late=replace(base.late, **terms), **typed)
    except PolicyInvalid as error:
        raise InvalidInput({"_": str(error.message)}) from None


def _read_tenors(values: Mapping[str, Any], name: str) -> tuple[int, ...]:
    text = str(values.get(name) or "")
    for mark in "，、;；":
        text = text.replace(mark, ",")
    parts = [part.strip() for part in text.replace(" ", ",").split(",") if part.strip()]
    wrong = [part for part in parts if not (part.isascii() and part.isdigit() and 1 <= int(part[:4]) <= 360)]
    if not parts or wrong:
        raise InvalidInput({name: Text("List numbers of months from 1 to 360, like 6, 12, 24")})
    return tuple(sorted({int(part) for part in parts}))


def _fee(form: Form, fee: Fee, code: str) -> Fee:
    name, missing = f"fee_{fee.name}", Text("Enter the fee, 0 for none")
    if fee.rate is not None:
        rate = form.read(read_percent, name, missing=missing, high=100)
        return fee if rate is None else replace(fee, rate=rate)
    amount = form.read(read_money, name, code, missing=missing)
    return fee if amount is None else replace(fee, amount=amount)


def _check_rates(form: Form, rates: Mapping[str, Decimal | None]) -> None:
    """A better grade never pays more than the one below it."""
    grades = sorted(rates)
    for better, worse in pairwise(grades):
        first, second = rates[better], rates[worse]
        if first is not None and second is not None and first > second:
            form.add(
                f"rate_{worse}", Text("Grade {worse} would pay less than grade {better}", worse=worse, better=better)
            )


def sample(form: Form, product: Product, on: Any, ceilings: Ceilings | None = None) -> Quote:
    """A loan of this version paid out on that day, held against the legal ceilings of cost. Raises InvalidInput."""
    kinds = {kind.value: kind for kind in product.kinds}
    amount = form.read(read_money, "sample_amount", product.currency, missing=Text("Enter an amount"))
    tenor = form.read(read_integer, "sample_tenor", missing=Text("Enter a number of months"))
    grade = form.read(read_choice, "sample_grade", product.rates, missing=Text("Choose a grade"))
    kind = form.read(read_choice, "sample_kind", kinds, missing=Text("Choose how it is repaid"))
    form.check()
    assert amount is not None
    assert tenor is not None
    try:
        return quote(product, Terms(amount, tenor, kinds[str(kind)], product.rates[str(grade)]), on, ceilings)
    except InvalidInput as error:
        names = {"amount": "sample_amount", "tenor_months": "sample_tenor"}
        raise InvalidInput({names.get(name, name): texts for name, texts in error.fields.items()}) from None
