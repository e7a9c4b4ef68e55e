"""JSON to a schedule request and a schedule to JSON: the contract of `flask loan schedule`.

Defaults: currency CNY, frequency every 1 month, first due date one period after disbursement, day count PERIOD,
month end anchor, rounding HALF_EVEN to 0.01 (the currency's smallest unit) with the residual in the last row, interest
rounded per period, no grace, no business-day adjustment, interest follows the shifted date, everything paid out on
`disbursed_on`.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from core.domain.calendars import BusinessCalendar, Convention, weekend_of
from core.domain.dates import DayCount, Frequency, MonthEnd, Unit, rolled_dates
from core.domain.errors import InvalidInput
from core.domain.money import Money, Rounding, exponent
from core.domain.texts import Text
from repayment.cli.reading import Fields
from repayment.domain.cost import cash_flows, cost_of
from repayment.domain.irr import NoRate, SeveralRates
from repayment.domain.rates import FloatingRate, IndexTable, promotional_changes, reset_dates
from repayment.domain.rounding import InterestRounding, Residual, RoundingRule
from repayment.domain.schedule import (
    Amortization,
    BusinessDays,
    Disbursement,
    Fee,
    FeeKind,
    Grace,
    InterestTreatment,
    PaymentHoliday,
    Prepayment,
    PrepaymentEffect,
    RateChange,
    Schedule,
    ScheduleRequest,
    Step,
    build_schedule,
)
from repayment.domain.schedule_explain import explain_rows
from repayment.domain.schedule_fees import fee_at_start
from repayment.domain.schedule_request import RATE_MAX

_FIELDS = (
    "principal", "currency", "annual_rate", "period_rate", "amortization", "instalments", "instalment", "frequency",
    "disbursed_on", "first_due_on", "day_count", "month_end", "anchor_day", "rounding", "grace", "business_days",
    "disbursements", "prepayments", "rate_changes", "floating", "promotional", "fees", "balloon", "balloon_percent",
    "steps", "principal_plan", "payment_holidays", "equalise", "explain",
)  # fmt: skip
# Other usual names of the kinds.
_KINDS = {
    "balloon": "annuity", "fixed_instalment": "annuity", "level": "annuity", "zero_rate": "annuity",
    "bullet": "interest_only", "interest_only_bullet": "interest_only", "flat_interest": "flat",
    "custom_principal": "custom",
}  # fmt: skip
_TREATMENTS = {
    "capitalise": "capitalised", "capitalize": "capitalised", "capitalized": "capitalised",
    "due_at_end_of_grace": "due_at_end", "at_maturity": "due_at_maturity",
}  # fmt: skip
_DAY_COUNTS = {
    "ACT/365": "ACT/365F", "ACT/365 FIXED": "ACT/365F", "ACTUAL/365": "ACT/365F", "ACTUAL/360": "ACT/360",
    "ACT/ACT": "ACT/ACT ISDA", "ACTUAL/ACTUAL": "ACT/ACT ISDA", "30/360 ISDA": "30/360", "30/360 US": "30U/360",
    "BOND BASIS": "30/360",
}  # fmt: skip


def read_day_count(fields: Fields, name: str, default: DayCount | None = None) -> DayCount:
    """A day count by its standard name, or by one of its usual other names."""
    if fields.has(name):
        given = str(fields.item[name]).upper()
        fields = Fields({name: _DAY_COUNTS.get(given, given)}, fields.path)
    return fields.choice(name, DayCount, default)


def read_unit(fields: Fields, default: Unit | None = None) -> Unit:
    """`month` or `months`."""
    if fields.has("unit"):
        fields = Fields({"unit": str(fields.item["unit"]).lower().rstrip("s")}, fields.path)
    return fields.choice("unit", Unit, default)


def read_frequency(fields: Fields) -> Frequency:
    """`{"every": 1, "unit": "month"}`."""
    fields.refuse_unknown("every", "unit")
    every, unit = fields.integer("every", 1), read_unit(fields, Unit.MONTH)
    try:
        return Frequency(every, unit)
    except InvalidInput as error:
        raise InvalidInput({fields.path + "every": error.fields["every"]}) from None


def read_calendar(fields: Fields) -> BusinessCalendar:
    """`weekend`, `holidays` (own closed days) and `calendar` of an object."""
    name = fields.text("calendar").upper() if fields.has("calendar") else None
    closed = frozenset(fields.days("holidays"))
    try:
        weekend = weekend_of(fields.items("weekend")) if fields.has("weekend") else None
        return BusinessCalendar(name, weekend, closed)
    except InvalidInput as error:
        raise InvalidInput({fields.path + field: texts for field, texts in error.fields.items()}) from None


def read_request(fields: Fields) -> ScheduleRequest:
    """A schedule request. Raises InvalidInput naming the field."""
    fields.refuse_unknown(*_FIELDS)
    currency = fields.currency("currency", "CNY")
    principal = fields.money("principal", currency)
    disbursed_on = fields.day("disbursed_on")
    rate = fields.decimal("annual_rate") if fields.has("annual_rate") else None
    changes = _rate_changes(fields)
    if fields.has("floating"):
        rate, floating = _floating(fields.part("floating"), disbursed_on, rate)
        changes += floating
    if fields.has("promotional"):
        changes += _promotional(fields, rate)
    return ScheduleRequest(
        principal=principal,
        amortization=read_kind(fields),
        disbursed_on=disbursed_on,
        rate_annual=rate,
        rate_period=fields.decimal("period_rate") if fields.has("period_rate") else None,
        instalments=fields.integer("instalments") if fields.has("instalments") else None,
        instalment=fields.money("instalment", currency) if fields.has("instalment") else None,
        first_due_on=fields.day("first_due_on") if fields.has("first_due_on") else None,
        frequency=read_frequency(fields.part("frequency")),
        month_end=fields.choice("month_end", MonthEnd, MonthEnd.ANCHOR),
        anchor_day=fields.integer("anchor_day") if fields.has("anchor_day") else None,
        day_count=read_day_count(fields, "day_count", DayCount.PERIOD),
        rounding=_rounding(fields, currency),
        business_days=_business_days(fields.part("business_days")),
        grace=read_grace(fields.part("grace")),
        payment_holidays=tuple(
            PaymentHoliday(item.integer("first"), item.integer("rows", 1))
            for item in fields.parts("payment_holidays", "first", "rows")
        ),
        disbursements=tuple(
            Disbursement(item.day("on"), item.money("amount", _same(item, currency)))
            for item in fields.parts("disbursements", "on", "amount", "currency")
        ),
        prepayments=tuple(
            Prepayment(
                item.day("on"),
                item.money("amount", _same(item, currency)),
                item.choice("effect", PrepaymentEffect, PrepaymentEffect.REDUCE_INSTALMENT),
            )
            for item in fields.parts("prepayments", "on", "amount", "currency", "effect")
        ),
        rate_changes=changes,
        fees=tuple(_fee(item, currency) for item in fields.parts("fees")),
        balloon=_balloon(fields, principal),
        steps=tuple(
            Step(item.integer("first"), item.decimal("factor")) for item in fields.parts("steps", "first", "factor")
        ),
        principal_plan=tuple(
            Fields({"principal_plan": item}).money("principal_plan", currency)
            for item in fields.items("principal_plan")
        ),
    )


def read_kind(fields: Fields) -> Amortization:
    """The kind, by its name or one of its usual other names."""
    return _known_as(fields, "amortization", _KINDS).choice("amortization", Amortization)


def _known_as(fields: Fields, name: str, others: dict[str, str]) -> Fields:
    """The field with another usual name of its value put right."""
    given = fields.item.get(name)
    plain = str(given).lower().replace("-", "_").replace(" ", "_")
    return Fields({name: others.get(plain, given)}, fields.path)


def _same(item: Fields, currency: str) -> str:
    """The currency of the loan; a part may repeat it but not change it."""
    if item.currency("currency", currency) != currency:
        given = item.item["currency"]
        raise item.fail("currency", Text("{one} does not go with {other}", one=given, other=currency))
    return currency


def _rounding(fields: Fields, currency: str) -> RoundingRule:
    rounding = fields.part("rounding")
    rounding.refuse_unknown("mode", "instalment_mode", "residual", "instalment_multiple", "interest", "equalise")
    multiple = 1
    if rounding.has("instalment_multiple"):
        multiple = rounding.money("instalment_multiple", currency).minor
    residual = rounding.choice("residual", Residual, Residual.LAST)
    if fields.flag("equalise", False) or rounding.flag("equalise", False):
        residual = Residual.EQUALISED
    return RoundingRule(
        rounding.choice("mode", Rounding, Rounding.HALF_EVEN),
        residual,
        multiple,
        rounding.choice("interest", InterestRounding, InterestRounding.PERIOD),
        rounding.choice("instalment_mode", Rounding) if rounding.has("instalment_mode") else None,
    )


def _business_days(fields: Fields) -> BusinessDays:
    fields.refuse_unknown("convention", "weekend", "holidays", "calendar", "interest_follows")
    convention = fields.choice("convention", Convention, Convention.NONE)
    follows = fields.flag("interest_follows", True)
    return BusinessDays(convention, read_calendar(fields), follows)


def read_grace(fields: Fields) -> Grace:
    """`{"principal", "interest", "interest_treatment"}`."""
    fields.refuse_unknown("principal", "interest", "interest_treatment")
    known = _known_as(fields, "interest_treatment", _TREATMENTS)
    treatment = known.choice("interest_treatment", InterestTreatment, InterestTreatment.DUE_AT_END)
    return Grace(fields.integer("principal", 0), fields.integer("interest", 0), treatment)


def _fee(fields: Fields, currency: str) -> Fee:
    fields.refuse_unknown("kind", "amount", "rate", "payee", "withheld", "currency")
    return Fee(
        name=fields.text("name", "fee"),
        kind=fields.choice("kind", FeeKind),
        amount=fields.money("amount", _same(fields, currency)) if fields.has("amount") else None,
        rate=fields.decimal("rate") if fields.has("rate") else None,
        payee=fields.text("payee", "lender"),
        withheld=fields.flag("withheld", False),
    )


def _balloon(fields: Fields, principal: Money) -> Money | None:
    """`"2000.00"`, `{"amount": "2000.00"}` or `{"percent": "20"}`; or `balloon_percent` beside it."""
    if isinstance(fields.item.get("balloon"), dict):
        inner = fields.part("balloon")
        inner.refuse_unknown("amount", "percent")
        if inner.has("amount"):
            return inner.money("amount", principal.currency)
        return _share(inner.decimal("percent"), principal)
    if fields.has("balloon"):
        return fields.money("balloon", principal.currency)
    return _share(fields.decimal("balloon_percent"), principal) if fields.has("balloon_percent") else None


def _share(percent: Decimal, principal: Money) -> Money:
    return Money.rounded(principal.minor * percent / 100, principal.currency, rounding=Rounding.HALF_EVEN)


def _rate_changes(fields: Fields) -> tuple[RateChange, ...]:
    parts = fields.parts("rate_changes", "on", "annual_rate")
    return tuple(RateChange(item.day("on"), _rate(item, "annual_rate")) for item in parts)


def _rate(fields: Fields, name: str, least: int = 0) -> Decimal:
    """A fraction of one a year, up to 1000 %."""
    found = fields.decimal(name)
    if not least <= found <= RATE_MAX:
        raise fields.fail(name, Text("The rate must be from 0 to 10 (1000 %)"))
    return found


def _floating(fields: Fields, start: date, rate: Decimal | None) -> tuple[Decimal, tuple[RateChange, ...]]:
    """`{"index": [{"on", "rate"}], "margin", "resets": [...] or "reset_every": {...}, "until", "floor", "cap"}`."""
    fields.refuse_unknown("index", "index_name", "margin", "resets", "reset_every", "until", "floor", "cap")
    values = tuple((item.day("on"), _rate(item, "rate", -1)) for item in fields.parts("index", "on", "rate"))
    floating = FloatingRate(
        IndexTable(fields.text("index_name", "index"), values),
        _rate(fields, "margin", -1) if fields.has("margin") else Decimal(0),
        _rate(fields, "floor") if fields.has("floor") else Decimal(0),
        _rate(fields, "cap") if fields.has("cap") else None,
    )
    resets = fields.days("resets")
    if fields.has("reset_every"):
        every = read_frequency(fields.part("reset_every"))
        # Once every value of the index has been read, resets change nothing any more.
        last = max(start, values[-1][0])
        until = fields.day("until") if fields.has("until") else rolled_dates(last, every, 1)[1]
        resets += reset_dates(start, every, until)
    changes = floating.changes(resets)
    first = floating.on(start) if rate is None else rate
    if any(one > RATE_MAX for one in (first, *(change.rate_annual for change in changes))):
        raise fields.fail("margin", Text("The rate must be from 0 to 10 (1000 %)"))
    return first, changes


def _promotional(fields: Fields, rate: Decimal | None) -> tuple[RateChange, ...]:
    if rate is None:
        raise fields.fail("annual_rate", Text("This field is missing"))
    periods = [
        (item.day("from"), item.day("until"), _rate(item, "annual_rate"))
        for item in fields.parts("promotional", "from", "until", "annual_rate")
    ]
    return promotional_changes(rate, periods)


def answer_schedule(fields: Fields) -> dict[str, Any]:
    """The answer of `flask loan schedule` to one object."""
    request = read_request(fields)
    schedule = build_schedule(request)
    explained = explain_rows(schedule) if fields.flag("explain", False) else ()
    rows = _rows(schedule)
    for row, explanation in zip(rows, explained, strict=False):
        row["explanation"] = [str(sentence) for sentence in explanation.sentences()]
    effective, nominal = _rates(schedule)
    answer = {
        "currency": schedule.currency,
        "instalments": rows,
        "totals": _totals(schedule),
        "effective_annual_rate": effective,
        "nominal_annual_rate": nominal,
    }
    if schedule.movements:
        answer["movements"] = [
            {
                "on": move.on.isoformat(),
                "kind": "disbursement" if move.minor > 0 else "prepayment",
                "principal": _major(abs(move.minor), schedule.currency),
                "interest": _major(move.interest_minor, schedule.currency),
                "before_row": move.before_row,
            }
            for move in schedule.movements
        ]
    return answer


def _major(minor: int, currency: str) -> str:
    return format(Decimal(minor).scaleb(-exponent(currency)), "f")


def _rows(schedule: Schedule) -> list[dict[str, Any]]:
    currency = schedule.currency
    rows = []
    for row in schedule.instalments:
        item: dict[str, Any] = {
            "number": row.number,
            "due_on": row.due_on.isoformat(),
            "principal": _major(row.principal_minor, currency),
            "interest": _major(row.interest_minor, currency),
            "fees": _major(row.fees_minor, currency),
            "payment": _major(row.payment_minor, currency),
            "balance": _major(row.balance_minor, currency),
        }
        if row.capitalised_minor:
            item["capitalised"] = _major(row.capitalised_minor, currency)
        rows.append(item)
    return rows


def _totals(schedule: Schedule) -> dict[str, str]:
    request, currency = schedule.request, schedule.currency
    up_front = fee_at_start(request, FeeKind.UP_FRONT)
    prepaid = sum(-move.minor + move.interest_minor for move in schedule.movements if move.minor < 0)
    payment = sum(schedule.payment_minor)
    totals = {
        "principal": sum(schedule.principal_minor),
        "interest": sum(schedule.interest_minor),
        "fees": sum(schedule.fees_minor),
        "payment": payment,
        "prepaid": prepaid,
        "capitalised": sum(schedule.capitalised_minor),
        "fees_up_front": up_front,
        "fees_financed": fee_at_start(request, FeeKind.FINANCED),
        "paid": payment + prepaid + up_front,
    }
    return {name: _major(minor, currency) for name, minor in totals.items()}


def _rates(schedule: Schedule) -> tuple[str | None, str | None]:
    """Effective and nominal rate, or nothing where the flows have no rate or more than one."""
    try:
        effective, nominal = cost_of(schedule, cash_flows(schedule))
    except (NoRate, SeveralRates):
        return None, None
    return format(effective, "f"), format(nominal, "f")
