"""From a product and a schedule to the figures of a contract."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from core.domain.money import Money
from origination.domain.contract import Charge, ChargeKind, ContractData, ContractParty, ContractRow, ContractTerms
from origination.domain.product import Product
from repayment.domain.allocation import Direction
from repayment.domain.cost import effective_annual_rate, nominal_annual_rate
from repayment.domain.schedule import FeeKind, Schedule, build_schedule
from repayment.domain.schedule_fees import FeeLine, fee_at_start, fee_lines
from repayment.domain.terms import LoanTerms

_SHOWN = Decimal("0.0001")  # rates of cost are printed to a hundredth of a per cent


def contract_data(
    *,
    reference: str,
    application_reference: str,
    locale: str,
    product: Product,
    schedule: Schedule,
    lender: ContractParty,
    borrower: ContractParty,
    guarantors: tuple[ContractParty, ...] = (),
    purpose: str,
    terms: LoanTerms,
    made_on: date,
    complaints: str = "",
) -> ContractData:
    """The contract of that product over that schedule, to be served by `terms`; `purpose` in the contract's language.

    Raises NoRate when no yearly cost exists (see `repayment.domain.cost`).
    """
    request = schedule.request
    rate_annual = request.rate_annual if request.rate_annual is not None else Decimal(0)
    return ContractData(
        reference=reference,
        application_reference=application_reference,
        locale=locale,
        segment=product.segment,
        product_name=product.name_in(locale),
        product_version=product.version,
        made_on=made_on,
        lender=lender,
        borrower=borrower,
        guarantors=guarantors,
        principal=request.principal,
        withheld=Money(fee_at_start(request, FeeKind.UP_FRONT, withheld=True), schedule.currency),
        purpose=purpose,
        amortization=request.amortization.value,
        tenor_months=len(schedule.due_on),
        rate_annual=rate_annual,
        day_count=request.day_count.value,
        rate_effective=effective_annual_rate(schedule).quantize(_SHOWN),
        rate_nominal=nominal_annual_rate(schedule).quantize(_SHOWN),
        disbursed_on=request.disbursed_on,
        rows=contract_rows(schedule),
        charges=(*_regular(schedule, product, locale), *_contingent(terms)),
        terms=ContractTerms(
            grace_days=terms.grace_days,
            late_fee=terms.late_fee or None,
            penalty_rate_annual=terms.penalty_rate_annual,
            penalty_days_per_year=terms.penalty_days_per_year,
            charges_cap_rate=terms.charges_cap_rate,
            waterfall=tuple(part.value for part in terms.waterfall.order),
            by_component=terms.waterfall.direction is Direction.VERTICAL,
            rounding=request.rounding.mode.value,
            residual=request.rounding.residual.value,
            prepayment_fee_rate=terms.prepayment_fee_rate,
            prepayment_fee_rate_short=terms.prepayment_fee_rate_short,
            fee_rebate=terms.fee_rebate,
            withdrawal_days=terms.withdrawal_days,
            jurisdiction=terms.jurisdiction,
        ),
        complaints=complaints,
    )


def contract_rows(schedule: Schedule) -> tuple[ContractRow, ...]:
    """The schedule's lines as printed."""
    return tuple(
        ContractRow(row.number, row.due_on, row.payment, row.principal, row.interest, row.fees, row.balance)
        for row in schedule.instalments
    )


def _regular(schedule: Schedule, product: Product, locale: str) -> list[Charge]:
    """Interest and fees; what each adds to the yearly cost is the step it makes, so that the steps sum to the whole."""
    request = schedule.request
    bare = build_schedule(replace(request, fees=()))
    reached = nominal_annual_rate(bare).quantize(_SHOWN)
    interest = schedule.interest_total
    charges = [Charge(ChargeKind.INTEREST, rate=request.rate_annual, amount=interest, annualised=reached)]
    for count, line in enumerate(_lines(schedule), start=1):
        with_it = build_schedule(replace(request, fees=request.fees[:count]))
        rate = nominal_annual_rate(with_it).quantize(_SHOWN)
        charges.append(
            Charge(
                ChargeKind.FEE,
                name=product.fee_name_in(line.fee.name, locale),
                payee=line.fee.payee,
                when=line.fee.kind.value,
                rate=line.fee.rate,
                amount=Money(line.total_minor, schedule.currency),
                annualised=rate - reached,
            )
        )
        reached = rate
    return charges


def _lines(schedule: Schedule) -> tuple[FeeLine, ...]:
    openings = (schedule.opening_minor, *schedule.balance_minor[:-1])
    return fee_lines(schedule.request, schedule.due_on, openings)


def _contingent(terms: LoanTerms) -> list[Charge]:
    charges = []
    if terms.late_fee:
        charges.append(Charge(ChargeKind.LATE_FEE, amount=terms.late_fee))
    if terms.penalty_rate_annual:
        charges.append(Charge(ChargeKind.PENALTY_INTEREST, rate=terms.penalty_rate_annual))
    if terms.prepayment_fee_rate:
        charges.append(Charge(ChargeKind.PREPAYMENT_FEE, rate=terms.prepayment_fee_rate))
    return charges
