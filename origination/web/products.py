"""The product catalogue: what is on sale, every version, and the next one with a live sample before it counts."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from core.domain.actor import Role
from core.domain.errors import Conflict, InvalidInput, NotFound
from core.domain.texts import Text
from core.i18n import current_locale, gettext
from core.web.forms import Form
from core.web.guards import allow
from core.web.work import actor, read, work
from origination.domain.offer import Quote
from origination.domain.product import Product
from origination.queries.products import ProductVersion, product_versions
from origination.queries.rows import ceilings_for
from origination.steps.catalogue import publish_product, withdraw_product
from origination.web.product_form import read_version, sample, typed
from repayment.domain.schedule_request import Amortization, FeeKind

bp = Blueprint("products", __name__, url_prefix="/products")
KEEPERS = (Role.ADMIN, Role.RISK_MANAGER)
READERS = (*KEEPERS, Role.AUDITOR)
KIND_NAMES = {
    Amortization.ANNUITY: Text("Level instalments"),
    Amortization.EQUAL_PRINCIPAL: Text("Equal principal, falling instalments"),
}
FEE_KIND_NAMES = {
    FeeKind.UP_FRONT: Text("once, at payout"),
    FeeKind.FINANCED: Text("once, added to the loan"),
    FeeKind.PER_INSTALMENT: Text("with every instalment"),
    FeeKind.ANNUAL: Text("every year"),
    FeeKind.INSURANCE: Text("insurance, with every instalment"),
}
SEGMENT_NAMES = {"consumer": Text("Consumers"), "sme": Text("Companies")}


@bp.get("/")
@allow(*READERS)
def listing() -> str:
    """The newest version of every product."""
    with read() as r:
        every = product_versions(r)
    newest: dict[str, ProductVersion] = {}
    for one in every:
        newest.setdefault(one.product.code, one)
    used = {code: sum(one.applications for one in every if one.product.code == code) for code in newest}
    return render_template("products/listing.html", products=list(newest.values()), used=used, **_words())


def _words() -> dict[str, Any]:
    return {
        "locale": current_locale(), "kind_names": KIND_NAMES, "fee_kinds": FEE_KIND_NAMES, "segments": SEGMENT_NAMES,
        "may_change": actor().has(*KEEPERS),
    }  # fmt: skip


@bp.get("/<code>")
@allow(*READERS)
def product(code: str) -> str:
    """One product with all its terms, in the version asked for or the newest."""
    with read() as r:
        versions = product_versions(r, code)
    asked = request.args.get("version", type=int)
    shown = next((one for one in versions if one.product.version == asked), versions[0])
    if asked is not None and shown.product.version != asked:
        raise NotFound(Text("There is no such version"))
    earlier = next((one for one in versions if one.product.version == shown.product.version - 1), None)
    return render_template(
        "products/product.html", one=shown, product=shown.product, versions=versions,
        changed=_changes(earlier.product, shown.product) if earlier else {}, newest=versions[0].product.version,
        **_words(),
    )  # fmt: skip


def _changes(before: Product, after: Product) -> dict[str, str]:
    """Fields of the form that differ: what they were before."""
    old, new = typed(before), typed(after)
    return {name: old.get(name, "") for name in new if not name.startswith("sample_") and old.get(name) != new[name]}


@bp.route("/<code>/new-version", methods=["GET", "POST"])
@allow(*KEEPERS)
def version(code: str) -> str | tuple[str, int] | Response:
    """The next version: what is typed shows a sample at once, saving puts it on sale. Loans made before keep theirs."""
    with read() as r:
        base, today = product_versions(r, code)[0].product, r.today
        ceilings = ceilings_for(r, base)
    sent = request.form if request.method == "POST" else request.args
    form = Form({**typed(base), **sent.to_dict()})
    found: Quote | None = None
    try:
        new = read_version(form, base)
        if request.method == "POST" and request.form.get("action") == "save":
            return _publish(new, request.form.get("base", type=int))
        found = sample(form, new, today, ceilings)
    except InvalidInput as error:
        if not form.errors:
            form.take(error)
    except Conflict as error:
        form.add("_", error.args[0])
    page = render_template(
        "products/version.html", base=base, form=form, quoted=found, live=bool(request.args), **_words()
    )
    return page, 422 if form.errors and request.method == "POST" else 200


def _publish(new: Product, base: int | None) -> Response:
    if base != new.version - 1:
        raise Conflict(Text("Somebody has put another version on sale meanwhile. Look at it first."))
    with work() as w:
        publish_product(w, new)
    flash(
        gettext("Version %(n)s is on sale. Loans and applications made before keep theirs.", n=new.version), "success"
    )
    return redirect(url_for("products.product", code=new.code), code=303)


@bp.post("/<code>/withdraw")
@allow(*KEEPERS)
def withdraw(code: str) -> Response:
    """Takes a product off sale; running loans are untouched."""
    with work() as w:
        withdraw_product(w, code)
    flash(gettext("The product is off sale. A new version puts it back."), "success")
    return redirect(url_for("products.product", code=code), code=303)
