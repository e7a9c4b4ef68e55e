"""An applicant's way in: choosing a product, one's applications, where one of them stands, coming back by link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from core.domain.actor import Role
from core.domain.errors import InvalidInput, NotFound
from core.domain.texts import Text
from core.i18n import current_locale, gettext
from core.web import demo
from core.web.guards import allow, public
from core.web.work import actor, house, read, work
from origination.domain.offer import Wish
from origination.domain.product import Product
from origination.queries.applicant import my_application, my_applications
from origination.queries.products import products_on_sale
from origination.schemas import read_wish
from origination.steps.draft import follow_link, start_application
from origination.steps.resume import mail_resume_link
from origination.web.device import device_of_request, remember_device
from origination.web.status import status_page
from origination.web.tasks import task_list_page
from repayment.domain.schedule_request import Amortization

bp = Blueprint("applicant", __name__)
WISH = "wish"
STATUS_KINDS = {
    "DRAFT": "plain", "SUBMITTED": "info", "KYC_PASSED": "info", "KYC_REFERRED": "wait", "SCORED": "info",
    "REFERRED": "wait", "APPROVED": "good", "DECLINED": "bad", "OFFERED": "good", "ACCEPTED": "wait", "SIGNED": "good",
    "BOOKED": "good", "WITHDRAWN": "plain", "EXPIRED": "plain",
}  # fmt: skip
WISH_FIELDS = ("product", "amount", "tenor_months", "amortisation")


@bp.get("/apply")
@public
def start() -> str | Response:
    """Which loan; with the wish of a quote carried on through sign-in and sign-up."""
    given = {name: request.args[name] for name in WISH_FIELDS if request.args.get(name)}
    if given:
        session[WISH] = given
    with read() as r:
        products = products_on_sale(r)
        drafts = [one for one in my_applications(r) if one.is_draft]
    wish = given or session.get(WISH, {})
    product = next((one for one in products if one.code == wish.get("product")), None)
    chosen = read_whole_wish(product, wish) if product is not None else None
    here = url_for("applicant.start", **wish)
    return render_template(
        "applicant/start.html", products=products, product=product, wish=chosen, drafts=drafts,
        locale=current_locale(), is_applicant=actor().has(Role.APPLICANT), is_known=actor().id is not None,
        sign_in=url_for("security.login", next=here), sign_up=url_for("security.register", next=here),
    )  # fmt: skip


def read_whole_wish(product: Product, values: Mapping[str, Any]) -> Wish | None:
    """The wish of a quote, None when it is not one this product offers: it can be typed anew on the first page."""
    try:
        amount, tenor = read_wish(values, product.currency)
        kind = Amortization(str(values.get("amortisation") or product.kinds[0].value))
        product.check_wish(amount, tenor, kind)
    except (InvalidInput, ValueError):
        return None
    return Wish(amount, tenor, kind)


@bp.post("/apply")
@allow(Role.APPLICANT)
def begin() -> Response:
    """Opens a draft. Nothing is sent yet."""
    code = request.form.get("product", "")
    with work() as w:
        product = next((one for one in products_on_sale(w) if one.code == code), None)
        if product is None:
            raise NotFound(Text("This product is not on sale"))
        device = device_of_request()
        row = start_application(
            w, code, locale=current_locale(), wish=read_whole_wish(product, request.form), device=device
        )
    session.pop(WISH, None)
    return remember_device(redirect(url_for("applicant.overview", application_id=row.id), code=303), device)


@bp.get("/applications")
@allow(Role.APPLICANT)
def home() -> str:
    """One's applications, and the way to a new one."""
    with read() as r:
        found = my_applications(r)
    return render_template(
        "applicant/home.html", applications=found, locale=current_locale(), has_wish=bool(session.get(WISH)),
        kinds=STATUS_KINDS,
    )  # fmt: skip


@bp.get("/applications/<uuid:application_id>")
@allow(Role.APPLICANT)
def overview(application_id: UUID) -> str:
    """A draft's task list; once sent, where the application stands."""
    with read() as r:
        view = my_application(r, application_id)
        return task_list_page(view) if view.is_draft else status_page(r, view)


@bp.get("/applications/<uuid:application_id>/sent")
@allow(Role.APPLICANT)
def sent(application_id: UUID) -> str | Response:
    """The receipt; may be bookmarked."""
    with read() as r:
        view = my_application(r, application_id)
    if view.reference is None:
        return redirect(url_for("applicant.overview", application_id=view.id))
    return render_template("applicant/sent.html", view=view, locale=current_locale())


@bp.get("/applications/<uuid:application_id>/leave")
@allow(Role.APPLICANT)
def leave(application_id: UUID) -> str:
    """Everything is saved; a link by mail leads back."""
    with read() as r:
        view = my_application(r, application_id)
    return render_template(
        "applicant/leave.html", view=view, mailbox=url_for("demo.mailbox") if demo.is_open() else None
    )


@bp.post("/applications/<uuid:application_id>/leave")
@allow(Role.APPLICANT)
def mail_link(application_id: UUID) -> Response:
    """Sends the link."""

    def link(token: str) -> str:
        return house().settings.public_url + url_for("applicant.resume", token=token)

    with work() as w:
        address = mail_resume_link(w, application_id, link)
    flash(gettext("We have sent a link to %(address)s.", address=address), "success")
    return redirect(url_for("applicant.leave", application_id=application_id), code=303)


@bp.get("/resume/<token>")
@allow(Role.APPLICANT)
def resume(token: str) -> Response:
    """Where a mailed link leads, after signing in."""
    with read() as r:
        found = follow_link(r, token)
        my_application(r, found)
    return redirect(url_for("applicant.overview", application_id=found))
