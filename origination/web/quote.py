"""The quote page and the same as JSON: by GET, without an account, without a trace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request, url_for

from core.domain.errors import InvalidInput, NotFound
from core.domain.money import Money
from core.domain.texts import Text
from core.i18n import current_locale
from core.web.forms import Form
from core.web.guards import public
from core.web.work import read
from origination.domain.offer import Quote, quote_to_dict
from origination.domain.product import Product
from origination.queries.products import products_on_sale
from origination.steps.quote import Quoted, make_quote
from repayment.domain.schedule_request import Amortization

bp = Blueprint("quote", __name__)
KIND_NAMES = {
    Amortization.ANNUITY: Text("Level instalments"),
    Amortization.EQUAL_PRINCIPAL: Text("Equal principal, falling instalments"),
}
KIND_HINTS = {
    Amortization.ANNUITY: Text("The same sum every month: easy to plan"),
    Amortization.EQUAL_PRINCIPAL: Text("Higher at first, then less every month: costs less in all"),
}
TENOR_FIRST = 24


@bp.get("/quote")
@public
def calculator() -> tuple[str, int]:
    """Instalment, cost and schedule of a loan, both ways of repaying side by side."""
    with read() as r:
        products = products_on_sale(r)
        product = chosen_product(products, request.args.get("product"))
        if product is None:
            return render_template("quote/none.html"), 200
        form = Form(first_wish(product) | {k: v for k, v in request.args.items() if v.strip()})
        found: Quoted | None = None
        try:
            found = make_quote(r, product.code, form.values)
        except InvalidInput as refused:
            form.take(refused)
    page = render_template(
        "quote/calculator.html", products=products, product=product, form=form, quoted=found,
        locale=current_locale(), kind_names=KIND_NAMES, kind_hints=KIND_HINTS, side_by_side=_side_by_side,
        live=request.headers.get("X-Requested-With") == "fetch", apply_url=apply_url,
    )  # fmt: skip
    return page, 422 if form.errors else 200


def chosen_product(products: tuple[Product, ...], code: str | None) -> Product | None:
    """The product asked for, else the first; None when nothing is on sale. Raises NotFound for an unknown one."""
    if not code:
        return products[0] if products else None
    found = next((product for product in products if product.code == code), None)
    if found is None:
        raise NotFound(Text("This product is not on sale"))
    return found


def first_wish(product: Product) -> dict[str, Any]:
    """What the form shows before anything was typed: a quarter of the largest amount over two years."""
    step = product.amount_step.minor
    quarter = Money(product.amount_max.minor // 4 // step * step, product.currency)
    tenor = TENOR_FIRST if TENOR_FIRST in product.tenors else product.tenors[len(product.tenors) // 2]
    return {
        "amount": f"{max(quarter, product.amount_min).amount.to_integral_value():,}",
        "tenor_months": str(tenor),
        "amortisation": product.kinds[0].value,
    }


def apply_url(quoted: Quoted) -> str:
    """Where an application for exactly this begins."""
    terms = quoted.chosen.terms
    return url_for(
        "applicant.start", product=quoted.product.code, amount=str(terms.amount), tenor_months=terms.tenor_months,
        amortisation=terms.kind.value,
    )  # fmt: skip


def _side_by_side(one: Quote) -> Mapping[str, Any]:
    rows = one.schedule.instalments
    return {"first": rows[0], "last": rows[-1], "rows": rows}


@bp.get("/api/v1/quote")
@public
def quote_json() -> Response:
    """The same figures as JSON; what cannot be used answers 422 with the fields and their messages."""
    code = request.args.get("product", "")
    with read() as r:
        found = make_quote(r, code, request.args)
    product = found.product
    return jsonify(
        product={"code": product.code, "version": product.version, "names": dict(product.names)},
        paid_out_on=found.on.isoformat(),
        chosen=found.chosen.terms.kind.value,
        quotes=[quote_to_dict(one) for one in found.options],
        by_grade=[
            {
                "grade": price.grade,
                "rate_annual": format(price.rate_annual, "f"),
                "instalment_minor": price.instalment.minor,
            }
            for price in found.by_grade
        ],
        income_share=None if found.income_share is None else format(found.income_share, "f"),
    )
