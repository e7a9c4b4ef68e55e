"""The portfolio on one page as of a chosen day; every number opens its loans, every table is a file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from core.domain.actor import Role
from core.domain.errors import NotFound
from core.domain.money import Money
from core.domain.texts import Text
from core.i18n import current_locale, gettext, translate
from core.i18n import day as day_text
from core.web.forms import Form, read_date
from core.web.guards import allow
from core.web.table_file import csv_file
from core.web.work import read
from origination.domain.decision import BUILT_IN
from origination.domain.policy import OriginationPolicy
from origination.queries.funnel import Funnel, funnel
from repayment.domain.arrears import Bucket
from repayment.queries.portfolio import (
    PAR_DAYS,
    CurrencyPortfolio,
    Portfolio,
    Roll,
    portfolio,
    quarterly,
    roll_rates,
    vintages,
)
from repayment.queries.portfolio_loans import LoanFilter, LoanOnDay, closed_day_before, ledger_principal, loans_on

bp = Blueprint("manager", __name__, url_prefix="/portfolio")
MANAGERS = (Role.RISK_MANAGER, Role.AUDITOR, Role.ADMIN)
PAGE = 50
CURVES = 4  # as many lines as can be told apart
FUNNEL_DAYS = 365
BUCKET_NAMES: dict[str, Text] = {
    Bucket.CURRENT.value: Text("In time"),
    Bucket.D1_30.value: Text("1–30 days"),
    Bucket.D31_60.value: Text("31–60 days"),
    Bucket.D61_90.value: Text("61–90 days"),
    Bucket.D90_PLUS.value: Text("Over 90 days"),
    "repaid": Text("Repaid"),
    "charged off": Text("Charged off"),
}
CLASS_NAMES: dict[str, Text] = {
    "NORMAL": Text("Normal"),
    "SPECIAL_MENTION": Text("Special mention"),
    "SUBSTANDARD": Text("Substandard"),
    "DOUBTFUL": Text("Doubtful"),
    "LOSS": Text("Loss"),
}
STAGES_OF_FUNNEL: tuple[tuple[str, Text], ...] = (
    ("started", Text("Applications started")),
    ("submitted", Text("Sent")),
    ("identified", Text("Identity checked")),
    ("approved", Text("Approved")),
    ("accepted", Text("Offer accepted")),
    ("paid_out", Text("Signed and paid out")),
)


@bp.get("/")
@allow(*MANAGERS)
def portfolio_page() -> tuple[str, int]:
    """Everything on one page; it prints on A4."""
    form = Form(request.args.to_dict())
    with read() as r:
        asked = form.read(read_date, "as_of", latest=r.today)
        found = portfolio(r, None if form.errors else asked)
        if found.as_of is None:
            return render_template("manager/empty.html", form=form), 422 if form.errors else 200
        current = _currency(found)
        values = _figures(r, found, current)
    if not form.errors:
        form.values = {"as_of": found.as_of.isoformat()}
    page = render_template("manager/portfolio.html", form=form, p=found, cur=current, **values)
    return page, 422 if form.errors else 200


bp.add_url_rule("/", "portfolio", portfolio_page)


def _currency(found: Portfolio) -> CurrencyPortfolio | None:
    asked = request.args.get("currency")
    chosen = [one for one in found.currencies if one.currency == asked] or list(found.currencies)
    return chosen[0] if chosen else None


def _figures(r: Any, found: Portfolio, current: CurrencyPortfolio | None) -> dict[str, Any]:
    assert found.as_of is not None
    day, code = found.as_of, current.currency if current else None
    trend = [point for point in found.trend if point.currency == code]
    months = [month for month in found.months if month.currency == code]
    booked = ledger_principal(r, day).get(code, None) if code else None
    return {
        "currencies": _currency_tabs(found, code),
        "trend": trend,
        "months": months[::-1],
        "before": trend[-2] if len(trend) > 1 else None,
        "par_days": PAR_DAYS,
        "booked": booked,
        "reconciled": current is not None and booked == current.outstanding,
        "rolls": _rolls(r, day, code),
        "vintages": _vintages(r, day),
        "funnel": (came := funnel(r, day - timedelta(days=FUNNEL_DAYS), day, currency=code)),
        "funnel_rows": _funnel_rows(came),
        "bucket_names": BUCKET_NAMES,
        "class_names": CLASS_NAMES,
        "loans_url": _loans_url(day, code),
        "file_url": lambda table: url_for("manager.table", name=table, as_of=day.isoformat(), currency=code),
        "reason_words": {code: _reason_words(r, code) for code, _ in came.reasons},
        "now": r.now,
    }


def _reason_words(r: Any, code: str) -> str:
    """What applicants are told for this reason, without the figures of one case."""
    texts = r.policy(OriginationPolicy).reason_texts(code)
    told = texts.get(current_locale()[:2]) or texts.get("en")
    if told is None:
        return translate(BUILT_IN[code]) if code in BUILT_IN else code
    return re.sub(r"\{\w+\}", "…", told)


def _currency_tabs(found: Portfolio, code: str | None) -> list[dict[str, Any]]:
    as_of = found.as_of.isoformat() if found.as_of else None
    return [
        {
            "label": one.currency,
            "url": url_for("manager.portfolio", as_of=as_of, currency=one.currency),
            "current": one.currency == code,
            "count": one.loans,
        }
        for one in found.currencies
    ]


def _loans_url(day: date, code: str | None) -> Any:
    def url(**asked: Any) -> str:
        return url_for("manager.loans", as_of=day.isoformat(), currency=code, **asked)

    return url


def _rolls(r: Any, day: date, code: str | None) -> dict[str, Any] | None:
    """The roll-rate matrix from the end of the month before (or 30 days ago) to `day`, rows adding up to one."""
    first = closed_day_before(r, day - timedelta(days=30))
    if first is None or code is None:
        return None
    found = [roll for roll in roll_rates(r, first, day) if roll.currency == code]
    names = [name for name in BUCKET_NAMES if any(name in {roll.before, roll.after} for roll in found)]
    rows = []
    for before in [name for name in names if any(roll.before == name for roll in found)]:
        of_row = {roll.after: roll for roll in found if roll.before == before}
        loans = sum(roll.loans for roll in of_row.values())
        whole = sum(roll.principal.minor for roll in of_row.values()) or 1
        cells = [_cell(of_row.get(after), whole) for after in names]
        rows.append({"name": BUCKET_NAMES[before], "loans": loans, "cells": cells})
    return {"first": first, "heads": [BUCKET_NAMES[name] for name in names], "rows": rows}


def _cell(roll: Roll | None, whole: int) -> tuple[int, Money, Decimal, int] | None:
    """Loans, principal, share of the row, heat from 0 to 5."""
    if roll is None:
        return None
    share = Decimal(roll.principal.minor) / whole
    return roll.loans, roll.principal, share, min(5, int(share * 5 + Decimal("0.999")))


def _vintages(r: Any, day: date) -> dict[str, Any]:
    found = vintages(r, day)
    steps = sorted({one.months_on_book for one in found})
    rows: dict[date, dict[int, Any]] = {}
    for one in found:
        rows.setdefault(one.month_on, {})[one.months_on_book] = one
    curves = sorted((quarter, curve) for quarter, curve in quarterly(found).items() if len(curve) > 1)[-CURVES:]
    return {
        "steps": steps,
        "rows": [(month, rows[month]) for month in sorted(rows, reverse=True)],
        "curves": [(quarter, [curve.get(step) for step in steps]) for quarter, curve in curves],
    }


def _funnel_rows(came: Funnel) -> list[tuple[Text, int, str | None]]:
    notes = {
        "submitted": Text("{n} are drafts still, withdrawn or expired", n=came.started - came.submitted),
        "approved": Text("{declined} declined, {waiting} under way", declined=came.declined, waiting=came.waiting),
    }
    return [(text, getattr(came, name), notes.get(name)) for name, text in STAGES_OF_FUNNEL]


def _asked() -> tuple[date | None, str, LoanFilter, str]:
    """The day, currency and filter of the address, and the filter in words."""
    form = Form(request.args.to_dict())
    on = form.read(read_date, "as_of")
    buckets = {bucket.value: bucket for bucket in Bucket}
    bucket = buckets.get(request.args.get("bucket", ""))
    risk_class = request.args.get("class") if request.args.get("class") in CLASS_NAMES else None
    month = form.read(read_date, "month")
    form.check()
    late = max(0, min(request.args.get("dpd", 0, type=int), 9999))
    words = [
        translate(text)
        for text, given in (
            (Text("at least {n} days late", n=late), late),
            (Text("days late: {bucket}", bucket=translate(BUCKET_NAMES[bucket.value]) if bucket else ""), bucket),
            (Text("class: {name}", name=translate(CLASS_NAMES[risk_class]) if risk_class else ""), risk_class),
            (Text("restructured"), request.args.get("restructured")),
            (Text("paid out in {month}", month=day_text(month, "month") if month else ""), month),
        )
        if given
    ]
    asked = LoanFilter(late, bucket, risk_class, bool(request.args.get("restructured")), month)
    return on, request.args.get("currency", ""), asked, "; ".join(words) or gettext("all loans")


@bp.get("/loans")
@allow(*MANAGERS)
def loans() -> str:
    """The loans behind a number."""
    on, code, asked, words = _asked()
    page = max(1, request.args.get("page", 1, type=int))
    with read() as r:
        day = _closed(r, on)
        found, count = loans_on(r, day, code, asked, limit=PAGE, offset=(page - 1) * PAGE)
    args: dict[str, Any] = {name: value for name, value in request.args.items() if name != "page"}
    return render_template(
        "manager/loans.html", loans=found, total=count, day=day, currency=code, words=words, page=page,
        pages=-(-count // PAGE), page_url=url_for("manager.loans", **args) + "&page={page}",
        file_url=url_for("manager.loans_file", **args), bucket_names=BUCKET_NAMES, class_names=CLASS_NAMES,
        locale="zh" if current_locale().startswith("zh") else "en",
    )  # fmt: skip


def _closed(r: Any, on: date | None) -> date:
    day = closed_day_before(r, on or r.today)
    if day is None:
        raise NotFound(Text("No day was closed by then"))
    return day


@bp.get("/loans.csv")
@allow(*MANAGERS)
def loans_file() -> Response:
    """The same loans as a file."""
    on, code, asked, words = _asked()
    with read() as r:
        day = _closed(r, on)
        found, _ = loans_on(r, day, code, asked, limit=None)
    header = [
        Text("Loan"), Text("Borrower"), Text("Segment"), Text("Grade"), Text("Paid out"), Text("Amount lent"),
        Text("Principal owed"), Text("Overdue"), Text("Days late"), Text("Bucket"), Text("Class"), Text("Stage"),
    ]  # fmt: skip
    rows: Iterable[Sequence[object]] = (_loan_cells(one) for one in found)
    return csv_file(f"loans-{code}-{day.isoformat()}", _about(Text("Loans"), day, code, words), header, rows)


def _loan_cells(one: LoanOnDay) -> tuple[object, ...]:
    return (
        one.reference, one.borrower_name, one.segment, one.grade, one.disbursed_on, one.lent, one.principal,
        one.overdue, one.dpd, BUCKET_NAMES[one.bucket.value], CLASS_NAMES.get(one.risk_class, one.risk_class),
        one.stage,
    )  # fmt: skip


def _about(title: Text, day: date, code: str, words: str) -> list[tuple[str, str]]:
    return [
        (translate(Text("Table")), translate(title)),
        (translate(Text("As of")), day.isoformat()),
        (translate(Text("Currency")), code),
        (translate(Text("Filter")), words),
    ]


@bp.get("/<name>.csv")
@allow(*MANAGERS)
def table(name: str) -> Response:
    """A table of the page as a file."""
    makers = {"buckets": _buckets_table, "months": _months_table, "trend": _trend_table, "vintages": _vintages_table}
    if name not in makers:
        raise NotFound(Text("There is no such table"))
    on = Form(request.args.to_dict()).read(read_date, "as_of")
    with read() as r:
        found = portfolio(r, on)
        current = _currency(found)
        if found.as_of is None or current is None:
            raise NotFound(Text("No day was closed by then"))
        title, header, rows = makers[name](r, found, current)
    about = _about(title, found.as_of, current.currency, gettext("all loans"))
    return csv_file(f"{name}-{current.currency}-{found.as_of.isoformat()}", about, header, rows)


Table = tuple[Text, list[Text], Sequence[tuple[object, ...]]]


def _buckets_table(_r: Any, _found: Portfolio, current: CurrencyPortfolio) -> Table:
    rows = [(BUCKET_NAMES[bucket.value], count, total) for bucket, (count, total) in current.buckets.items()]
    return Text("Principal by days late"), [Text("Days late"), Text("Loans"), Text("Principal owed")], rows


def _months_table(_r: Any, found: Portfolio, current: CurrencyPortfolio) -> Table:
    rows = [
        (one.month_on, one.loans, one.disbursed, one.received)
        for one in found.months if one.currency == current.currency
    ]  # fmt: skip
    return Text("New loans by month"), [Text("Month"), Text("Loans"), Text("Paid out"), Text("Received")], rows


def _trend_table(_r: Any, found: Portfolio, current: CurrencyPortfolio) -> Table:
    rows = [
        (one.day_on, one.loans, one.outstanding, one.par30) for one in found.trend if one.currency == current.currency
    ]
    return Text("Trend"), [Text("Day"), Text("Loans"), Text("Outstanding"), Text("PAR30")], rows


def _vintages_table(r: Any, found: Portfolio, _current: CurrencyPortfolio) -> Table:
    assert found.as_of is not None
    rows = [(one.month_on, one.months_on_book, one.loans, one.ever_30, one.ever_90) for one in vintages(r, found.as_of)]
    header = [
        Text("Month"),
        Text("Months on book"),
        Text("Loans"),
        Text("Ever over 30 days"),
        Text("Ever over 90 days"),
    ]
    return Text("Vintages (all currencies)"), header, rows
