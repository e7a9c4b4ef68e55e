"""What must be told before signing: the US box, the EU rate, China's table of the all-in financing cost.

Sources: 12 CFR 1026.18 and 1026.22 (amount financed, finance charge, total of payments, APR); Directive (EU) 2023/2225,
Annex III; NFRA and PBoC, rules on disclosing the all-in financing cost of personal loans, in force 1 August 2026: each
item with payee, basis and annualised level, the annualised whole under normal performance, contingent items apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from core.domain.dates import Unit
from core.domain.money import Money
from core.domain.texts import Text
from repayment.domain.apr_eu import YearFlow, eu_interval, eu_rate
from repayment.domain.apr_us import UnitFlow, periods_between, unit_period_of, us_rate
from repayment.domain.cost import cash_flows, cost_of
from repayment.domain.schedule import Fee, FeeKind, Schedule
from repayment.domain.schedule_fees import fee_at_start, fee_lines

NOTHING_ELSE = Text("Nothing else will be charged.")


@dataclass(frozen=True, slots=True)
class Disclosure:
    """The figures of 12 CFR 1026.18 and the yearly rates by each law, as fractions of one.

    Every fee counts as a finance charge; one the borrower would also pay in cash does not belong into the schedule.
    """

    amount_financed: Money
    finance_charge: Money
    total_of_payments: Money
    apr_us: Decimal
    aprc_eu: Decimal
    effective: Decimal
    nominal: Decimal


def disclose(schedule: Schedule) -> Disclosure:
    """All figures of a schedule. Raises NoRate or SeveralRates when its flows have no single rate."""
    flows = cash_flows(schedule)
    financed = -sum(minor for _, minor in flows if minor < 0)
    paid = sum(minor for _, minor in flows if minor > 0)
    currency = schedule.currency
    effective, nominal = cost_of(schedule, flows)
    return Disclosure(
        amount_financed=Money(financed, currency),
        finance_charge=Money(paid - financed, currency),
        total_of_payments=Money(paid, currency),
        apr_us=apr_us(schedule, flows),
        aprc_eu=aprc_eu(schedule, flows),
        effective=effective,
        nominal=nominal,
    )


def apr_us(schedule: Schedule, flows: Sequence[tuple[date, int]] | None = None) -> Decimal:
    """The APR of Regulation Z, Appendix J, to 1/100 of a percent; the unit-period is the schedule's frequency."""
    dated = flows if flows is not None else cash_flows(schedule)
    frequency = schedule.request.frequency
    unit = unit_period_of(frequency.periods_per_year)
    start = schedule.request.disbursed_on
    sides: tuple[list[UnitFlow], list[UnitFlow]] = ([], [])
    for day, minor in dated:
        if minor:
            sides[minor > 0].append(UnitFlow(Decimal(abs(minor)), *periods_between(start, day, unit)))
    rate = us_rate(*sides) * unit.per_year.numerator / unit.per_year.denominator
    return rate.quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)


def aprc_eu(schedule: Schedule, flows: Sequence[tuple[date, int]] | None = None) -> Decimal:
    """The APRC of Directive (EU) 2023/2225, Annex III, to 1/10 of a percent, half up."""
    dated = flows if flows is not None else cash_flows(schedule)
    unit = schedule.request.frequency.unit
    start = schedule.request.disbursed_on
    counted = Unit.WEEK if unit is Unit.WEEK else Unit.MONTH
    sides: tuple[list[YearFlow], list[YearFlow]] = ([], [])
    for day, minor in dated:
        if minor:
            sides[minor > 0].append(YearFlow(Decimal(abs(minor)), eu_interval(start, day, counted)))
    return eu_rate(*sides).quantize(Decimal("0.001"), rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class CostLine:
    """One item of the all-in table. `annualised` is what the item adds to the nominal yearly cost.

    A contingent item falls due only when something goes wrong; its `amount` is None and its `annualised` the rate it
    would run at, if it is one.
    """

    name: str
    payee: str
    basis: Text
    amount: Money | None
    annualised: Decimal | None
    contingent: bool = False


@dataclass(frozen=True, slots=True)
class AllInTable:
    """China's table: what was lent and really received, every item, the annualised whole on both bases."""

    principal: Money
    received: Money
    lines: tuple[CostLine, ...]
    total_cost: Money
    annualised_nominal: Decimal
    annualised_effective: Decimal
    closing: Text = NOTHING_ELSE

    def __post_init__(self) -> None:
        certain = sum(line.amount.minor for line in self.lines if line.amount is not None and not line.contingent)
        if certain != self.total_cost.minor:
            raise ValueError(f"the items add up to {certain}, the cost is {self.total_cost.minor}")


@dataclass(frozen=True, slots=True)
class Contingent:
    """An item of default: penalty interest (a yearly rate) or a charge (an amount)."""

    name: str
    basis: Text
    payee: str = "lender"
    rate_annual: Decimal | None = None


def all_in_table(schedule: Schedule, contingent: Sequence[Contingent] = ()) -> AllInTable:
    """The table of the all-in financing cost under normal performance.

    An item's annualised level is the nominal rate of the flows with interest and the items before it, less the rate
    without the item; so the levels add up to the whole. Raises NoRate or SeveralRates.
    """
    request, currency = schedule.request, schedule.currency
    fees = fee_lines(request, schedule.due_on, schedule.opening_balances)
    lent = schedule.opening_minor - fee_at_start(request, FeeKind.FINANCED)
    lent += sum(move.minor for move in schedule.movements if move.minor > 0)
    interest = schedule.interest_total.minor + sum(schedule.capitalised_minor)
    flows = _flows_with(schedule, ())
    _, before = cost_of(schedule, flows)
    lines = [CostLine("interest", "lender", _interest_basis(schedule), Money(interest, currency), before)]
    for k, line in enumerate(fees):
        _, after = cost_of(schedule, _flows_with(schedule, tuple(fee.fee for fee in fees[: k + 1])))
        amount = Money(line.total_minor, currency)
        lines.append(CostLine(line.fee.name, line.fee.payee, _fee_basis(line.fee), amount, after - before))
        before = after
    lines += [
        CostLine(item.name, item.payee, item.basis, None, item.rate_annual, contingent=True) for item in contingent
    ]
    effective, nominal = cost_of(schedule, cash_flows(schedule))
    received = lent - fee_at_start(request, FeeKind.UP_FRONT, withheld=True)
    cost = interest + sum(line.total_minor for line in fees)
    return AllInTable(
        Money(lent, currency), Money(received, currency), tuple(lines), Money(cost, currency), nominal, effective
    )


def _flows_with(schedule: Schedule, fees: tuple[Fee, ...]) -> list[tuple[date, int]]:
    """The flows as if only these fees were charged: the schedule's own, with the other fees given back when paid.

    A financed fee left out counts as paid out to the borrower, since the instalments repay it.
    """
    request = schedule.request
    left_out = [fee for fee in request.fees if fee not in fees]
    flows = dict.fromkeys([request.disbursed_on], 0)
    for day, minor in cash_flows(schedule):
        flows[day] = flows.get(day, 0) + minor
    for line in fee_lines(request, schedule.due_on, schedule.opening_balances):
        if line.fee in left_out:
            flows[request.disbursed_on] -= line.at_start_minor
            for day, minor in zip(schedule.due_on, line.per_row_minor, strict=True):
                flows[day] -= minor
    return sorted(flows.items())


def _interest_basis(schedule: Schedule) -> Text:
    request = schedule.request
    if request.rate_annual is None:
        rate = (request.rate_period or Decimal(0)) * 100
        return Text("{rate}% of the balance per period", rate=f"{rate.normalize():f}")
    return Text("{rate}% of the balance per year", rate=f"{(request.rate_annual * 100).normalize():f}")


def _fee_basis(fee: Fee) -> Text:
    when = {
        FeeKind.UP_FRONT: Text("once at disbursement"),
        FeeKind.FINANCED: Text("once, added to the balance"),
        FeeKind.PER_INSTALMENT: Text("with every instalment"),
        FeeKind.ANNUAL: Text("once a year"),
        FeeKind.INSURANCE: Text("with every instalment"),
    }[fee.kind]
    if fee.amount is not None:
        return Text("{amount} {currency}, {when}", amount=str(fee.amount), currency=fee.amount.currency, when=when)
    rate = f"{((fee.rate or Decimal(0)) * 100).normalize():f}"
    if fee.kind is FeeKind.INSURANCE:
        return Text("{rate}% of the balance, {when}", rate=rate, when=when)
    return Text("{rate}% of the principal, {when}", rate=rate, when=when)
